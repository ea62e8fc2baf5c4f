#pragma once

#include "hitless/daemon/daemon.hpp"

#include "daemon/publisher.hpp"
#include "http/listening.hpp"
#include "http/server.hpp"
#include "monitor/monitor.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hitless::daemon {

class Generation;

/// What hitlessd tells over HTTP (-http): the page, /status, /events, /metrics, /healthz and
/// /readyz. It lives as long as the process, over all readings of the confdir.
class Web final : private http::Observer {
  public:
    /// The options have addresses of -http.
    Web(boost::asio::any_io_executor executor, const Options& options);

    /// Listens from now on, or as soon as that is possible: that somebody else has the port must
    /// not keep HAProxy from being served.
    void start();
    void stop();

    /// Tells of that one from now on; nullptr: there is none.
    void show(const Generation* generation) { generation_ = generation; }
    /// hitlessd is about to end, and not ready any more.
    void note_ending() { is_ending_ = true; }

    [[nodiscard]] monitor::Monitor& monitor() { return monitor_; }

  private:
    void answered(std::string_view route, unsigned status) override;
    void rejected(http::Rejection why) override;

    boost::asio::awaitable<void> watch_state();
    monitor::SiteStatus site();
    [[nodiscard]] http::Response metrics();
    [[nodiscard]] http::Response readiness();
    void count_backends();

    boost::asio::any_io_executor executor_;
    const Options& options_;
    const std::string host_;
    monitor::Monitor monitor_;
    const Generation* generation_ = nullptr;
    bool is_ending_ = false;
    bool is_stopped_ = false;
    Publisher publisher_;
    http::Server server_;
    http::Listening listening_;
    boost::asio::steady_timer next_look_; ///< at the state
};

} // namespace hitless::daemon
