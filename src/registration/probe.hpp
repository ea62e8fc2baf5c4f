#pragma once

#include "hitless/registration/registration.hpp"

#include <boost/asio/awaitable.hpp>

namespace hitless::registration {

/// Asks once. The error says what is missing.
boost::asio::awaitable<Result<void>> ask(const Probe& probe);

/// "tcp:127.0.0.1:8080"
std::string to_string(const Probe& probe);

} // namespace hitless::registration
