#pragma once

#include "hitless/base/result.hpp"

#include "http/address.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace hitless::http {

/// What a server has answered.
struct Answer {
    unsigned status = 0;
    std::string body;
};

/// What an answer may have at most, since it isn't trusted.
struct GetLimits {
    std::chrono::milliseconds time{5'000}; ///< from the connecting to the last byte
    std::size_t head = 16'384;
    std::size_t body = std::size_t(64) << 20U;
};

/// Asks a server once, on a connection of its own. The Error names the address and says what is
/// wrong; it doesn't have what the server says.
boost::asio::awaitable<Result<Answer>> get(Address address, std::string path, GetLimits limits);

} // namespace hitless::http
