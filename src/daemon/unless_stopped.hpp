#pragma once

#include "base/spawn.hpp"
#include "daemon/kept_resource.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

namespace hitless::daemon {

/// After `kept` was told to stop, a check or a reload may go on for this long. After SIGTERM,
/// hitlessd ends earlier all the same (longest_stop in daemon.cpp).
inline constexpr std::chrono::seconds grace_of_check{1};
inline constexpr std::chrono::seconds grace_of_reload{10};

/// Returns that time after `kept` was told to stop.
inline boost::asio::awaitable<void> long_stopped(const KeptResource& kept,
                                                 std::chrono::seconds grace) {
    constexpr std::chrono::milliseconds between_looks{50};
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (!kept.stopping) {
        timer.expires_after(between_looks);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    timer.expires_after(grace);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

/// What `step` returns or throws, as a value: an operator that waits for the first success of two
/// takes no exception for an end.
template <class Result>
boost::asio::awaitable<std::pair<std::optional<Result>, std::exception_ptr>>
caught(boost::asio::awaitable<Result> step) {
    std::pair<std::optional<Result>, std::exception_ptr> end;
    try {
        Result result = co_await std::move(step);
        end.first = std::move(result);
    } catch (...) {
        end.second = std::current_exception();
    }
    co_return end;
}

/// The result of `step`, which runs a command; nullopt when it was cut off after that time. Whoever
/// takes over does it again.
template <class Result>
boost::asio::awaitable<std::optional<Result>> unless_stopped(const KeptResource& kept,
                                                             std::chrono::seconds grace,
                                                             boost::asio::awaitable<Result> step) {
    using boost::asio::experimental::awaitable_operators::operator||;
    auto done = co_await (caught(std::move(step)) || long_stopped(kept, grace));
    if (done.index() != 0)
        co_return std::nullopt;
    auto& [result, thrown] = std::get<0>(done);
    base::rethrow(thrown);
    co_return std::move(result);
}

} // namespace hitless::daemon
