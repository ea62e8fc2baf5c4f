#pragma once

#include "hitless/registration/registration.hpp"

#include <boost/asio/awaitable.hpp>

/// hitless-register for scripts: one step, with the exit code.
namespace hitless::registration {

/// Sets the key, or renews it when it has our value.
boost::asio::awaitable<int> register_once(const Options& options);

/// Removes the key when it has our value, or in any case with `takeover`.
boost::asio::awaitable<int> deregister(const Options& options);

} // namespace hitless::registration
