#pragma once

#include "hitless/apply/vet.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/difference.hpp"

#include "daemon/complaints.hpp"
#include "daemon/file_history.hpp"
#include "daemon/file_keeper.hpp"
#include "daemon/guard.hpp"
#include "daemon/haproxy_keeper.hpp"
#include "daemon/work.hpp"

#include <boost/asio/awaitable.hpp>

#include <list>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Keeps HAProxy, and its configuration file, in step with the keys: renders, vets, asks the guard,
/// and hands what is wanted to a HaproxyKeeper for each HAProxy and to the FileKeeper, which writes
/// and reloads.
class Reconciler {
  public:
    Reconciler(const boost::asio::any_io_executor& executor, Work& work);

    /// Runs until `work.stopping`.
    boost::asio::awaitable<void> run();

    // For /status (reconciler_status.cpp)
    void describe(monitor::ResourceStatus& status) const;
    [[nodiscard]] std::vector<monitor::Fleet> fleets() const;
    [[nodiscard]] bool is_verified();
    [[nodiscard]] bool in_step();

  private:
    using Clock = Wake::Clock;

    boost::asio::awaitable<void> gather_changes();
    void take_turn();
    [[nodiscard]] Clock::time_point guard_turn() const;
    void note_untold(const haproxy::Config& config);
    void forget_live_note();
    void tell_when_in_step();
    void tell_rendered(const plan::Difference* difference) const;
    void complain_of_missing_socket(const std::set<std::string>& missing);
    boost::asio::awaitable<bool> begin();
    Result<void> load_file();
    Result<haproxy::Config> started_from(const haproxy::Info& process);
    void refresh();
    bool leave_out_refused(const haproxy::Config& config, const apply::Published& refused);
    void take_over(haproxy::Config config, const plan::Difference* difference);
    void choose_proxies();
    void start_keeper(const std::string& socket);
    void hand_to_file_keeper();
    void show_noop();
    const haproxy::Config& file();
    [[nodiscard]] haproxy::Info oldest_haproxy() const;
    [[nodiscard]] plan::Obstacles obstacles();
    [[nodiscard]] bool is_told_first();
    void note_reloaded(const haproxy::Config& config);
    [[nodiscard]] std::vector<apply::Process> processes() const;
    [[nodiscard]] bool settled() const;
    [[nodiscard]] bool all_ended() const;

    boost::asio::any_io_executor executor_;
    Work& work_;
    Complaints complaints_;
    apply::Vetter vetter_;
    Guard guard_;
    FileKeeper file_keeper_;
    std::list<HaproxyKeeper> keepers_; ///< one that was told to stop stays until it has ended
    std::vector<std::string> sockets_;

    FileHistory history_;
    std::optional<haproxy::Config> wanted_; ///< what the keys make of the template
    bool is_rendered_ = true;               ///< the last rendering came to something
    bool guarded_ = false;   ///< the guard holds a part of it, so that wanted_ lacks that part
    haproxy::Config loaded_; ///< what HAProxy was started or reloaded with, as the file has it
    /// wanted_ with its spare servers, as it belongs on disk, and what it was made from.
    struct File {
        haproxy::Config wanted;
        std::string version;
        haproxy::Config config;
    };
    std::optional<File> file_;
    std::vector<std::string> last_noop_;     ///< what -noop has told last
    long begin_seconds_ = 0;                 ///< when this run began, since 1970
    bool owed_reload_ = false;               ///< an earlier run has owed it, and it isn't done yet
    std::optional<Clock::time_point> since_; ///< when the change in hand was received
    std::optional<Clock::time_point> busy_since_; ///< with telling a HAProxy
    /// When the file waits no longer for that; max(): it doesn't wait.
    Clock::time_point head_start_ends_ = Clock::time_point::max();
    Clock::duration turn_time_{}; ///< that the last change took
};

} // namespace hitless::daemon
