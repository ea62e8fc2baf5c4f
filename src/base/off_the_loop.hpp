#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace hitless::base {

/// Runs `work`, which waits for the disk, on another thread and goes on in the caller's with its
/// result.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> off_the_loop(Work work) {
    std::optional<std::invoke_result_t<Work>> result;
    co_await boost::asio::co_spawn(
        boost::asio::system_executor(),
        [&]() -> boost::asio::awaitable<void> {
            result = work();
            co_return;
        },
        boost::asio::use_awaitable);
    co_return std::move(*result);
}

} // namespace hitless::base
