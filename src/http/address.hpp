#pragma once

#include "hitless/base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <optional>
#include <string>

namespace hitless::http {

/// Where a server listens: an IP address with a port, or a Unix socket.
struct Address {
    std::string text; ///< as it was given
    std::string path; ///< of a Unix socket; empty: it is an IP address
    boost::asio::generic::stream_protocol::endpoint endpoint;

    [[nodiscard]] bool is_unix() const { return !path.empty(); }
};

/// "127.0.0.1:9690", "[::1]:9690", or a path with a slash in it. Names aren't looked up.
Result<Address> parse_address(const std::string& text);

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

/// Listens there. A Unix socket that nobody listens at any more is replaced; the new one is for its
/// owner and group. The Error says what to do.
Result<Acceptor> listen(const boost::asio::any_io_executor& executor, const Address& address);

/// Where it listens, with the port that the kernel has chosen: "127.0.0.1:41234".
[[nodiscard]] std::string listens_at(const Acceptor& acceptor, const Address& address);

} // namespace hitless::http
