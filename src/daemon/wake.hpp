#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace hitless::daemon {

/// What one coroutine waits for and others of its thread call: "there is something to do". A call
/// while nobody waits is kept.
class Wake {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Wake(const boost::asio::any_io_executor& executor) : timer_(executor) {}

    void notify() {
        called_ = true;
        timer_.cancel();
    }

    /// Returns when called, at the deadline, or when cancelled.
    boost::asio::awaitable<void> wait_until(Clock::time_point deadline) {
        if (!called_) {
            timer_.expires_at(deadline);
            co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        }
        called_ = false;
    }

  private:
    boost::asio::steady_timer timer_;
    bool called_ = false;
};

} // namespace hitless::daemon
