#pragma once

#include "hitless/apply/lookups.hpp"
#include "hitless/apply/proxy.hpp"
#include "hitless/apply/reload.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/plan.hpp"

#include "daemon/complaints.hpp"
#include "daemon/flapping.hpp"
#include "daemon/newcomers.hpp"
#include "daemon/owed_reload.hpp"
#include "daemon/refusals.hpp"
#include "daemon/waits.hpp"
#include "daemon/work.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Keeps the servers of one running HAProxy as they are wanted: plans the difference, carries it
/// out at the stats socket, reads back and repairs. What no runtime command can do is told as
/// reasons for a reload. Calls `work.wake` when something has changed.
class ProxyKeeper {
  public:
    /// The configuration that a process met now was started from. An Error: that can't be told now.
    using StartedFrom = std::function<Result<haproxy::Config>(const haproxy::Info&)>;

    ProxyKeeper(const boost::asio::any_io_executor& executor, Work& work, std::string socket,
                haproxy::Config loaded, StartedFrom started_from);

    [[nodiscard]] const std::string& socket() const { return proxy_.socket(); }
    /// What answered there last; major 0 before anything has.
    [[nodiscard]] const haproxy::Info& info() const { return proxy_.info(); }

    /// Runs until stop().
    boost::asio::awaitable<void> run();
    void stop();
    [[nodiscard]] bool ended() const { return ended_; }

    /// The wanted configuration, how it differs from the one before (nullptr: not known), and when
    /// the oldest change in it was received.
    void want(const haproxy::Config& config, const plan::Difference* difference,
              std::optional<Wake::Clock::time_point> since);

    /// Looks names up again and compares everything.
    void reconcile();

    /// A reload has started a process with this configuration.
    void note_reloaded(const haproxy::Config& config);

    /// Why HAProxy has to be reloaded.
    [[nodiscard]] plan::Obstacles obstacles() const;

    /// The process that would be replaced by a reload; pid 0 while none answers.
    [[nodiscard]] apply::Process process() const;

    /// HAProxy answers, as far as that is known, and is told of changes.
    [[nodiscard]] bool answers() const {
        return proxy_.info().major != 0 && !complaints_.raised("socket");
    }

    /// HAProxy is about to be told of a change.
    [[nodiscard]] bool busy() const;

    /// The running servers have the options that are wanted, as far as commands can do that.
    [[nodiscard]] bool has_options() const;

    /// All that can be done now is done: for -onetime.
    [[nodiscard]] bool settled() const;
    /// HAProxy has been read back and has all that is wanted.
    [[nodiscard]] bool in_step() const;
    [[nodiscard]] bool in_trouble() const { return complaints_.any() || waits_in_vain(); }

  private:
    using Clock = Wake::Clock;
    using Servers = std::set<plan::ServerChange>;

    // One step after the other (proxy_keeper.cpp)
    boost::asio::awaitable<void> converge();
    boost::asio::awaitable<bool> look();
    boost::asio::awaitable<bool> probe();
    boost::asio::awaitable<bool> carry_out_pending();
    boost::asio::awaitable<bool> read_back();
    boost::asio::awaitable<bool> collect();
    boost::asio::awaitable<void> look_at_newcomers();
    boost::asio::awaitable<void> tell_waits(std::vector<plan::Remark> waits);
    boost::asio::awaitable<void> pause();

    // What they note (proxy_keeper_notes.cpp)
    plan::Difference compare_with_loaded();
    Result<void> meet_process();
    void lose(const Error& error);
    std::vector<plan::ServerChange> take_pending();
    void plan_soon(std::vector<plan::ServerChange> servers);
    std::vector<plan::Remark> note_findings(const plan::Plan& plan,
                                            const std::vector<plan::ServerChange>& servers);
    void settle_complaints(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers,
                           const std::map<plan::ServerChange, plan::Cause>& hopeless);
    void need_reload(const plan::ServerChange& server, const plan::Cause& cause);
    void complain_of_hopeless(const plan::ServerChange& server, const plan::Cause& cause);
    bool note_repairs(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers);
    [[nodiscard]] bool is_in_steps(const plan::ServerChange& server) const;
    void follow_up(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers);
    void note_refusals(const std::vector<apply::Refusal>& refused,
                       const std::vector<plan::ServerChange>& servers);
    [[nodiscard]] bool waits_in_vain() const;
    bool note_holds();
    void forget_released(const std::vector<plan::ServerChange>& planned);
    void note_options(const plan::Plan& plan);
    void watch(const plan::Action& action);

    // Names of servers (proxy_keeper_names.cpp)
    void set_aside_unresolved(std::vector<plan::ServerChange>& servers);
    bool note_answer(const std::string& name);
    void plan_renamed();
    void look_names_up_again();

    // What they tell of it (proxy_keeper_log.cpp)
    void tell_plan(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers,
                   bool is_repair) const;
    void tell_cut_off();
    static void tell_removal(const apply::Removal& removal);
    void show(const plan::Plan& plan);

    Work& work_;
    StartedFrom started_from_;
    Wake wake_;
    Complaints complaints_;
    Flapping flapping_;
    Refusals refusals_;
    Newcomers newcomers_;
    Waits waits_;
    apply::Proxy proxy_;

    std::optional<haproxy::Config> wanted_;
    haproxy::Config loaded_;      ///< what the running process was started or reloaded with
    plan::Obstacles other_lines_; ///< how they differ beyond servers
    OwedReload owed_;             ///< the servers that no runtime command can do

    std::vector<plan::Remark> long_waits_; ///< to be told, with the checks' answers
    std::set<plan::Remark> told_;          ///< how added servers differ from those of the file

    bool knows_holds_ = false;
    plan::ManualStates by_hand_; ///< of servers that are held, or were and are to be planned
    apply::Lookups lookups_;
    plan::Names names_;                   ///< as servers were last planned with them
    std::set<std::string> changed_names_; ///< whose servers are to be planned
    /// Servers that are planned when this name is known, or when it counts as not resolving.
    std::map<plan::ServerChange, std::string> unresolved_;
    Servers pending_;    ///< to be planned
    Servers unverified_; ///< carried out, to be read back
    Servers in_steps_;   ///< on their way to other options
    std::chrono::milliseconds step_pause_{};
    std::map<plan::ServerChange, int> repairs_;
    bool repairing_ = false;  ///< what is pending came from reading back
    bool look_needed_ = true; ///< read who HAProxy is and all its servers
    bool reconnect_ = false;  ///< the process behind the connection was replaced
    bool own_reload_ = false; ///< by our reload
    bool met_early_ = false;  ///< its process was met while reload_cmd still ran
    bool unmet_ = false;      ///< it isn't known yet what the process was started from
    bool unread_ = true;      ///< its servers have not been read yet
    bool stopping_ = false;
    bool ended_ = false;
    std::optional<Clock::time_point> since_; ///< when the change in hand was received
    Clock::time_point paced_until_ = Clock::time_point::min(); ///< all that is pending flaps
    Clock::time_point read_back_at_ = Clock::time_point::max();
    Clock::duration reading_time_{}; ///< of the last reading back
    Clock::time_point resync_at_ = Clock::time_point::min();
    Clock::time_point probe_at_ = Clock::time_point::min();
    Clock::time_point retry_at_ = Clock::time_point::min();
    std::chrono::milliseconds retry_pause_;
    std::vector<std::string> last_noop_; ///< what -noop has told last
};

} // namespace hitless::daemon
