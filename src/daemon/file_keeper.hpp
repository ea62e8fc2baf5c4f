#pragma once

#include "hitless/apply/publish.hpp"
#include "hitless/apply/reload.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/obstacle.hpp"

#include "converge/file_and_reload.hpp"
#include "daemon/complaints.hpp"
#include "daemon/kept_resource.hpp"
#include "daemon/key_dump.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Keeps haproxy.cfg on disk as it is wanted, and reloads HAProxy when runtime commands aren't
/// enough: does what converge::FileAndReload decides. Runtime commands never wait for it.
class FileKeeper {
  public:
    /// What the FileKeeper asks its owner, and tells it.
    struct Owner {
        /// Called before each reload, and after one that failed.
        std::function<void()> reload_begins;
        std::function<void()> reload_failed;
        /// Called after each successful reload with the configuration that the new process has.
        std::function<void(const haproxy::Config&)> reloaded;
        /// The processes that a reload has to replace.
        std::function<std::vector<apply::Process>()> processes;
        /// The admin sockets, whether someone answers there or not.
        std::function<std::vector<std::string>()> sockets;
        /// True while some HAProxy gets changes by commands as they come.
        std::function<bool()> any_answers;
        /// Called before the file is written with this, if it is accepted.
        std::function<void(const haproxy::Config&)> writes;
        /// Called when the file has been written, or put back.
        std::function<void(const haproxy::Config&)> written;
        /// Called when check_cmd has refused a configuration. True when another one will be wanted
        /// in its place, without what was refused.
        std::function<bool(const haproxy::Config&, const apply::Published&)> refused;
    };

    /// check_cmd looks at so many files in a row, each without what it has refused in the one
    /// before.
    static constexpr int most_refused_in_a_row = 100;

    FileKeeper(const boost::asio::any_io_executor& executor, KeptResource& kept, Owner owner);

    /// What is on disk when hitlessd starts. HAProxy counts as running it, unless a reload is owed.
    void start_from(const haproxy::Config& on_disk);

    /// The newest configuration, and why it needs a reload; no obstacles: it needs none. `held`:
    /// the guard holds a part of the change, so that the keys say more than this. No reload begins
    /// before that time, since another file that HAProxy reads is about to be written.
    void want(const haproxy::Config& config, plan::Obstacles obstacles, bool held,
              converge::Clock::time_point no_reload_before);

    /// Another file that the configuration names was written: check_cmd may accept now what it has
    /// refused. `needs_reload`: the obstacles that come next have it.
    void note_used_file(const std::string& path, bool needs_reload);

    /// The keys have changed: they are kept beside the file.
    void note_keys();
    /// A note beside dest may not be as it was left.
    void look_at_notes();

    /// Compares with the disk, and runs check_cmd, even if nothing has changed.
    void check_again();
    /// The same, and check_cmd is run also where the file is as wanted: names in it may have lost
    /// their addresses.
    void check_current();

    /// Somebody else has started the process that answers now, from this configuration (nullptr:
    /// that isn't known). A file that was refused for lack of environment variables is tried again,
    /// since the process may have them.
    void note_process(const haproxy::Config* started_from);

    /// Why an earlier run owed a reload when it ended; empty: it owed none.
    [[nodiscard]] const plan::Obstacles& owed() const { return machine_.owed(); }

    /// What this run has written, or has found on disk when it was to be written; nullptr: neither
    /// yet.
    [[nodiscard]] const haproxy::Config* on_disk() const { return machine_.on_disk(); }

    /// What is on disk, also while something else is wanted there; nullptr: that isn't known.
    [[nodiscard]] const haproxy::Config* now_on_disk() const { return machine_.now_on_disk(); }

    /// The file that is on disk is what is wanted, or was refused, and no reload is under way.
    [[nodiscard]] bool idle() const { return machine_.idle(); }

    /// The file can't be written or was refused, or a reload failed.
    [[nodiscard]] bool in_trouble() const { return complaints_.any(); }

    [[nodiscard]] bool reloading() const { return machine_.is_reloading(); }
    [[nodiscard]] bool writing() const { return machine_.is_writing(); }

    /// For /status (reconciler_status.cpp).
    void describe(monitor::ResourceStatus& status) const;

    /// run() has returned.
    [[nodiscard]] bool ended() const { return ended_; }

    /// What check_cmd says of a configuration before anybody is told of it (apply::try_out()).
    /// `sockets`: of HAProxies that may have variables which it names.
    boost::asio::awaitable<Result<apply::Published>> try_out(haproxy::Config config,
                                                             std::vector<std::string> sockets);
    [[nodiscard]] std::string why_refused(const apply::Published& published) const;

    /// Runs until stop(); what is wanted by then is on disk afterwards.
    boost::asio::awaitable<void> run();
    void stop();

  private:
    using Clock = converge::Clock;
    using Machine = converge::FileAndReload;
    static constexpr std::size_t most_reasons = 10; ///< in a line of the log

    // The steps. They return false when the step was cut off since hitlessd is stopping.
    boost::asio::awaitable<bool> bring_to_disk(haproxy::Config config);
    boost::asio::awaitable<bool> reload(haproxy::Config config, plan::Obstacles why);
    boost::asio::awaitable<void> put_back(haproxy::Config config);
    boost::asio::awaitable<void> wait(Clock::time_point until);

    boost::asio::awaitable<void> keep_note();
    boost::asio::awaitable<void> remove_foreign_note();
    boost::asio::awaitable<void> complete_environment(haproxy::Config config,
                                                      std::vector<std::string> sockets);
    void note_outcome(const haproxy::Config& config, const apply::Published& published,
                      Clock::time_point began);
    void note_refused(const haproxy::Config& config, const apply::Published& published);

    // What it tells (file_keeper_log.cpp)
    void tell_turn();
    void tell_wait();
    [[nodiscard]] std::optional<Clock::time_point> next_reload() const;
    void settle_reload();
    void note_owed_reload();
    void tell_written(Clock::duration took) const;
    void tell_failed_reload(const std::string& what);
    [[nodiscard]] std::string due_in_words() const;

    KeptResource& kept_;
    Owner owner_;
    apply::ReloadNote note_;
    plan::Obstacles noted_;            ///< what the note says now
    std::vector<std::string> unnoted_; ///< used files whose keepers wait for this note
    std::vector<std::string> coming_;  ///< the same; their obstacles haven't come yet
    Machine machine_;
    KeyDump dump_;
    Wake wake_;
    Complaints complaints_;
    std::vector<std::string> environment_; ///< that only HAProxy has, for the commands
    std::set<std::string> missing_;        ///< variables that the file names and nobody has
    std::string told_turn_;                ///< what was told at debug
    Clock::time_point told_wait_;          ///< until when a reload waits, as it was told last
    plan::Obstacles told_owed_;            ///< why a reload is owed, as hitlessctl was told last
    bool told_trouble_ = false;            ///< in_trouble(), as the owner was told last
    bool is_put_back_told_ = false;
    bool is_first_reload_ = true; ///< none was tried since the start or the last SIGHUP
    bool looks_at_note_ = false;  ///< it may be somebody else's
    bool checks_current_ = false;
    std::optional<std::chrono::system_clock::time_point> check_began_; ///< of the file in hand
    int refused_in_a_row_ = 0;
    int reloads_ = 0;
    bool ended_ = false;
};

} // namespace hitless::daemon
