#pragma once

#include "daemon/statistics_reader.hpp"
#include "daemon/wake.hpp"
#include "http/events.hpp"
#include "http/message.hpp"
#include "monitor/monitor.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hitless::daemon {

/// Makes /status and the events of /events, and only while somebody asks for them. What is known is
/// copied from the event loop, which takes a millisecond or two for thousands of servers; the texts
/// are made of it in another thread, and shared by all who ask at the same time.
class Publisher {
  public:
    /// What there is to tell, now.
    struct Source {
        std::function<monitor::SiteStatus()> site;
        /// Of the HAProxies, in the order of the site.
        std::function<std::vector<monitor::Fleet>()> fleets;
    };

    Publisher(const boost::asio::any_io_executor& executor, monitor::Monitor& monitor,
              Source source);

    [[nodiscard]] http::EventHub& hub() { return hub_; }
    /// /status, a fifth of a second old at most.
    boost::asio::awaitable<http::Response> status();

    /// Sends events to those who listen, until stop().
    boost::asio::awaitable<void> run();
    void stop();

  private:
    using Clock = Wake::Clock;
    using HaproxyId = std::pair<std::string, std::string>; ///< dest, socket
    using Texts = std::map<HaproxyId, monitor::FleetText>;

    [[nodiscard]] std::vector<http::Frame> greeting(std::string_view after) const;
    monitor::SiteStatus site() const;
    std::vector<monitor::Fleet> fleets(const monitor::SiteStatus& site) const;
    boost::asio::awaitable<http::Body> make_status();
    boost::asio::awaitable<void> send();
    void send_summary();
    boost::asio::awaitable<void> send_servers();

    boost::asio::any_io_executor executor_;
    monitor::Monitor& monitor_;
    Source source_;
    http::EventHub hub_;
    StatisticsReader statistics_;
    Wake wake_;
    bool stopped_ = false;
    bool is_idle_ = false;   ///< nobody listens
    bool is_making_ = false; ///< /status
    http::Body status_;
    Clock::time_point status_of_ = Clock::time_point::min(); ///< what it tells was so then
    Clock::time_point next_status_ = Clock::time_point::min();
    std::string last_summary_; ///< without the time
    Texts last_servers_;       ///< as they were sent last
    Clock::time_point next_servers_ = Clock::time_point::min();
};

} // namespace hitless::daemon
