#pragma once

#include "hitless/base/result.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>

#include <string>
#include <string_view>

namespace hitless::haproxy {

/// Where HAProxy listens: a path, "abns@name", "abnsz@name" or "IP:PORT".
Result<void> parse_endpoint(std::string_view address,
                            boost::asio::generic::stream_protocol::endpoint& endpoint);

/// Says that, why, and what to look at.
Error cannot_connect(const std::string& address, const boost::system::error_code& error);

} // namespace hitless::haproxy
