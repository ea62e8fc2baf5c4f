#include "daemon/signals.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <cstring>
#include <exception>

namespace hitless::daemon {

namespace asio = boost::asio;

asio::awaitable<void> heed_signals(asio::signal_set& signals, std::function<void(int)> heed,
                                   std::function<bool()> is_over) {
    while (!is_over()) {
        const auto [error, signal] =
            co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        if (error || is_over())
            co_return;
        try {
            heed(signal);
        } catch (const std::exception& fault) {
            spdlog::error(
                "signal {} ({}) could not be obeyed, and everything goes on as before: {}", signal,
                ::strsignal(signal), fault.what());
        }
    }
}

} // namespace hitless::daemon
