#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace hitless::daemon {

/// Calls `heed` for each signal until the set is cancelled. What it throws is told in the log, and
/// the next signal is heeded all the same. `is_over`: the set has been cancelled; a signal that had
/// arrived before that isn't heeded.
boost::asio::awaitable<void> heed_signals(boost::asio::signal_set& signals,
                                          std::function<void(int)> heed,
                                          std::function<bool()> is_over);

} // namespace hitless::daemon
