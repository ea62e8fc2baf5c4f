#pragma once

#include "hitless/registration/registration.hpp"

#include "registration/docker/engine.hpp"
#include "registration/docker/keeper.hpp"
#include "registration/docker/note.hpp"
#include "registration/docker/tasks.hpp"
#include "registration/web.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>

namespace hitless::registration::docker {

/// Keeps the keys of all containers of this machine that ask for one.
class Host {
  public:
    Host(const boost::asio::any_io_executor& executor, const Options& options);

    /// Until a signal; what to exit with.
    boost::asio::awaitable<int> run();
    /// False when something couldn't be cancelled (a name that is looked up): then neither this nor
    /// the event loop may be destroyed.
    [[nodiscard]] bool is_over() const { return tasks_.idle(); }

  private:
    using Clock = std::chrono::steady_clock;

    struct Entry {
        unsigned events = 0;   ///< so many have come: what was asked before the last is outdated
        unsigned failures = 0; ///< so often the engine hasn't told about it, since it last did
        bool queued = false;   ///< to be looked at
        bool looking = false;
        bool waits = false;      ///< to be looked at again, as the engine hasn't told
        bool unknown = true;     ///< the engine hasn't told yet what it is
        bool ending = false;     ///< it was told to end; it may still run for a while
        std::string started_at;  ///< of the run that we know
        std::string stop_signal; ///< empty: the usual one
        std::string name;        ///< of the container
        std::string told;        ///< the last complaint
        std::string blocked;     ///< the key that it waits for, which another container has
        std::unique_ptr<Keeper> keeper;
    };

    // Following the engine
    boost::asio::awaitable<void> follow();
    boost::asio::awaitable<Result<void>> follow_once();
    boost::asio::awaitable<void> list_from_time_to_time();
    boost::asio::awaitable<Result<void>> list();
    boost::asio::awaitable<void> find_address();
    void take(const Event& event);
    void tell_trouble(const std::string& text);

    // Each container
    boost::asio::awaitable<void> look_on_and_on();
    /// After a failure.
    void look_later(const std::string& id, const std::string& trouble);
    boost::asio::awaitable<void> look_after(std::string id, std::chrono::milliseconds pause);
    void look_at(const std::string& id);
    void leave(Entry& entry);
    void apply(const std::string& id, const Container& container);
    void complain(Entry& entry, const std::string& name, const std::string& complaint);
    /// What to complain of when another container has the key, or is to have it; nullopt: it is
    /// free.
    std::optional<std::string> rival_of(const std::string& id, const std::string& key);
    void begin(const std::string& id, const std::string& name, Service service);
    void end(const std::string& id, const std::string& key);

    // What is told over HTTP (host_report.cpp)
    void describe(Report& report) const;
    [[nodiscard]] static ContainerReport describe(const std::string& id, const Entry& entry);
    /// What the engine has told is settled, as far as etcd allows it.
    [[nodiscard]] bool is_settled(const Report& report) const;

    // The note of our keys (host_note.cpp)
    Result<void> load_note();
    void hold(const std::string& id, const std::string& key,
              const std::optional<etcd::Holding>& holding);
    void remove_leftovers();
    boost::asio::awaitable<void> write_on_and_on();
    [[nodiscard]] Note note() const;

    // The end
    void wait_for_signals();
    boost::asio::awaitable<void> stop_all();
    boost::asio::awaitable<void> until(std::function<bool()> condition,
                                       std::chrono::milliseconds limit);
    void spawn(boost::asio::awaitable<void> work);

    const Options& options_;
    boost::asio::any_io_executor executor_;
    Engine engine_;
    std::unique_ptr<Engine::Events> events_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer changed_; ///< cancelled when anything below has changed
    boost::asio::steady_timer relist_;  ///< cancelled to list at once
    Web web_;
    Tasks tasks_;
    std::map<std::string, Entry> entries_;    ///< by ids of containers
    std::map<std::string, std::string> keys_; ///< key → the container whose keeper has it
    std::deque<std::string> queue_;           ///< of ids to look at
    Result<std::string> address_ = fail("not looked for yet"); ///< this machine's
    std::string trouble_;                                      ///< with the engine, as told
    using Keys = std::map<std::string, Note::Key>;
    Keys held_;              ///< what is ours
    Keys former_;            ///< what was ours in an earlier run, and nobody has asked for yet
    base::Hold note_file_;   ///< as long as it is in use
    bool dirty_ = false;     ///< the note's file differs
    bool writing_ = false;   ///< the note, just now
    bool loss_told_ = false; ///< that the engine says something too long
    bool listed_ = false;
    bool connected_ = false;         ///< to the engine's events
    mutable bool was_ready_ = false; ///< what comes later doesn't take that back
    bool stopping_ = false;
};

} // namespace hitless::registration::docker
