#include "haproxy/endpoint.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>

namespace hitless::haproxy {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;

std::string_view advice(const boost::system::error_code& error) {
    if (error == boost::system::errc::no_such_file_or_directory)
        return "; there is no such socket, so perhaps HAProxy does not run with this configuration";
    if (error == boost::system::errc::connection_refused)
        return "; nobody listens there, so perhaps HAProxy does not run";
    if (error == boost::system::errc::permission_denied)
        return "; this user may not open it: see 'mode', 'user' and 'group' of the stats socket "
               "line";
    return "";
}

/// An abstract socket by HAProxy's rules: `abns` fills its name with NULs up to the full length,
/// `abnsz` ends it where it ends.
Result<void> abstract_endpoint(std::string_view name, bool filled,
                               stream_protocol::endpoint& endpoint) {
    sockaddr_un address{};
    if (name.empty() || name.size() + 1 > sizeof(address.sun_path))
        return fail("'{}' is not the name of an abstract socket", base::printable(name, 120));
    address.sun_family = AF_UNIX;
    std::ranges::copy(name, address.sun_path + 1);
    const std::size_t length = filled ? sizeof(address.sun_path) : name.size() + 1;
    endpoint = {&address, offsetof(sockaddr_un, sun_path) + length, 0};
    return {};
}

Result<void> tcp_endpoint(std::string_view address, stream_protocol::endpoint& endpoint) {
    const std::size_t colon = address.rfind(':');
    std::string host(address.substr(0, colon));
    const auto port = colon == std::string_view::npos ? std::nullopt
                                                      : base::parse_port(address.substr(colon + 1));
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    if (host.empty() || host == "*" || host == "0.0.0.0")
        host = "127.0.0.1";
    if (host == "::")
        host = "::1";
    boost::system::error_code error;
    const auto ip = asio::ip::make_address(host, error);
    if (error || !port)
        return fail("'{}' is not the address of a stats socket: a path or IP:PORT is, "
                    "with a port from 1 to 65535",
                    base::printable(address, 100));
    endpoint = asio::ip::tcp::endpoint(ip, *port);
    return {};
}

} // namespace

Result<void> parse_endpoint(std::string_view address, stream_protocol::endpoint& endpoint) {
    if (address.starts_with("abns@"))
        return abstract_endpoint(address.substr(5), true, endpoint);
    if (address.starts_with("abnsz@"))
        return abstract_endpoint(address.substr(6), false, endpoint);
    if (!address.starts_with('/'))
        return tcp_endpoint(address, endpoint);
    if (address.size() >= sizeof(sockaddr_un::sun_path))
        return fail("the path of the stats socket is too long: {}", address);
    endpoint = asio::local::stream_protocol::endpoint(address);
    return {};
}

Error cannot_connect(const std::string& address, const boost::system::error_code& error) {
    return fail("can't connect to HAProxy's socket {}: {}{}", address, error.message(),
                advice(error));
}

} // namespace hitless::haproxy
