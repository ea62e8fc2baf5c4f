#pragma once

#include "hitless/apply/proxy.hpp"
#include "hitless/apply/vet.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/plan.hpp"

#include "daemon/complaints.hpp"
#include "daemon/fallback.hpp"
#include "daemon/work.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Keeps one HAProxy, and its configuration file, in step with the keys: renders, plans the
/// difference, carries it out at the stats socket, reads back and repairs, and lets the Fallback
/// write and reload.
class Reconciler {
  public:
    Reconciler(const boost::asio::any_io_executor& executor, Work& work);

    /// Runs until `work.stopping`.
    boost::asio::awaitable<void> run();

  private:
    using Clock = Wake::Clock;
    using Servers = std::set<plan::ServerChange>;

    // What is wanted (reconciler_wanted.cpp)
    void load_file();
    void refresh();
    void take_over(apply::Vetter::Vetted vetted);
    void report(const apply::Vetter::Vetted& vetted);
    void compare_with_loaded();
    void hand_to_fallback();
    bool choose_socket();
    void show(const plan::Plan& plan);
    [[nodiscard]] std::vector<std::string> reload_reasons() const;
    void note_reloaded(const haproxy::Config& config);

    // What HAProxy has (reconciler.cpp)
    boost::asio::awaitable<void> converge();
    boost::asio::awaitable<bool> look();
    boost::asio::awaitable<bool> carry_out_pending();
    void pass_over_missing_backends();
    void meet_process();
    void note_problems(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers);
    void need_reload(const std::string& server, const std::string& reason);
    boost::asio::awaitable<bool> read_back();
    boost::asio::awaitable<bool> collect();
    boost::asio::awaitable<void> pause();
    void lose(const Error& error);
    [[nodiscard]] bool is_in_steps(const plan::ServerChange& server) const;
    void follow_up(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers);
    void note_refusal(const apply::Refusal& refusal);
    bool note_repairs(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers);
    [[nodiscard]] bool settled() const;
    static void log_done(const plan::Action& action, std::optional<Clock::time_point> since);

    boost::asio::any_io_executor executor_;
    Work& work_;
    Complaints complaints_;
    apply::Vetter vetter_;
    Fallback fallback_;

    std::optional<haproxy::Config> wanted_; ///< what the keys make of the template
    haproxy::Config loaded_; ///< what the running process was started or reloaded with
    std::vector<std::string> line_reasons_; ///< how they differ beyond servers
    std::map<std::string, std::string>
        server_reasons_; ///< what no runtime command can do: server → why

    std::map<std::string, std::string> hopeless_; ///< those that a reload has not mended
    bool owed_reload_ = false;                    ///< by the run before this one

    std::optional<apply::Proxy> proxy_;
    plan::Names names_;
    Servers pending_;    ///< to be planned
    Servers unverified_; ///< carried out, to be read back
    Servers in_steps_;   ///< on their way to other options
    std::chrono::milliseconds step_pause_{};
    std::map<plan::ServerChange, int> repairs_;
    bool repairing_ = false;                 ///< what is pending came from reading back
    bool look_needed_ = true;                ///< read who HAProxy is and all its servers
    bool reconnect_ = false;                 ///< the process behind the connection was replaced
    bool own_reload_ = false;                ///< by our reload
    std::optional<Clock::time_point> since_; ///< when the change in hand was received
    Clock::time_point read_back_at_ = Clock::time_point::max();
    Clock::time_point resync_at_ = Clock::time_point::min();
    Clock::time_point retry_at_ = Clock::time_point::min();
    std::chrono::milliseconds retry_pause_;
    std::string last_noop_;
};

} // namespace hitless::daemon
