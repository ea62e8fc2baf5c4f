#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace hitless::base {

/// What the work threw leaves run() of the event loop, so that the program ends with a message
/// instead of going on without a part of itself. A handler for co_spawn().
inline void rethrow(const std::exception_ptr& thrown) {
    if (thrown)
        std::rethrow_exception(thrown);
}

/// Starts `work`, which nobody waits for, on an executor or in an io_context. With asio::detached,
/// nobody would learn what it throws.
template <class Executor>
void spawn(Executor&& executor, boost::asio::awaitable<void> work) {
    boost::asio::co_spawn(std::forward<Executor>(executor), std::move(work), rethrow);
}

} // namespace hitless::base
