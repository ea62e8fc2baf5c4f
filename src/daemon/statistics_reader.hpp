#pragma once

#include "monitor/fleet.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Reads what HAProxies count of their servers (`show stat`), each time on a connection of its own:
/// changes never wait for it, and it is always the process that serves now. Only for somebody who
/// looks.
class StatisticsReader {
  public:
    using Clock = std::chrono::steady_clock;

    explicit StatisticsReader(boost::asio::any_io_executor executor)
        : state_(std::make_shared<State>(std::move(executor))) {}

    /// Reads those again that are older than two seconds, without waiting. The others are
    /// forgotten.
    void refresh(const std::vector<std::string>& sockets);
    /// The same, and returns when all have been read, or after this time.
    boost::asio::awaitable<void> refresh(std::vector<std::string> sockets,
                                         std::chrono::milliseconds limit);

    /// What was read last; nullptr: nothing, or HAProxy doesn't answer.
    [[nodiscard]] std::shared_ptr<const monitor::Statistics> of(const std::string& socket) const;

  private:
    struct One {
        std::shared_ptr<const monitor::Statistics> last;
        Clock::time_point began = Clock::time_point::min();
        bool is_under_way = false;
    };
    /// Readings that are under way outlive the reader.
    struct State {
        explicit State(boost::asio::any_io_executor on) : executor(std::move(on)) {}
        boost::asio::any_io_executor executor;
        std::map<std::string, One> all;
    };
    static boost::asio::awaitable<void> read(std::shared_ptr<State> state, std::string socket);
    [[nodiscard]] bool is_reading() const;

    std::shared_ptr<State> state_;
};

} // namespace hitless::daemon
