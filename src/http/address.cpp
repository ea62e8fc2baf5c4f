#include "http/address.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace hitless::http {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using asio::ip::tcp;
using boost::system::error_code;

constexpr mode_t mode_of_socket = 0660;

Result<Address> unix_address(const std::string& path) {
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return fail("the path of a Unix socket has {} bytes at most: {}",
                    sizeof(sockaddr_un::sun_path) - 1, base::printable(path));
    return Address{path, path,
                   stream_protocol::endpoint(asio::local::stream_protocol::endpoint(path))};
}

/// Port 0 has the kernel choose one.
std::optional<std::uint16_t> port_of(std::string_view text) {
    return text == "0" ? std::optional<std::uint16_t>(0) : base::parse_port(text);
}

/// Nobody listens at the socket, which a program that was killed has left.
bool is_stale(const Address& address) {
    struct stat status {};
    if (::lstat(address.path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    asio::io_context context;
    asio::basic_stream_socket<stream_protocol> probe(context);
    error_code error;
    probe.connect(address.endpoint, error);
    return error == asio::error::connection_refused;
}

std::string advice(const error_code& error, const Address& address) {
    if (error == asio::error::address_in_use && address.is_unix())
        return "; another program listens there, or it is no socket";
    if (error == asio::error::address_in_use)
        return "; another program listens there: give it another port";
    if (error.value() == EADDRNOTAVAIL)
        return "; this machine doesn't have that address";
    return "";
}

error_code open_and_bind(Acceptor& acceptor, const Address& address) {
    error_code error;
    acceptor.open(address.endpoint.protocol(), error);
    if (error)
        return error;
    // A program that is started from here must not keep the address.
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    if (address.is_unix())
        // The socket's file gets this mode, less the umask, so that it never has a wider one.
        ::fchmod(acceptor.native_handle(), mode_of_socket);
    else
        acceptor.set_option(asio::socket_base::reuse_address(true), error);
    acceptor.bind(address.endpoint, error);
    return error;
}

} // namespace

Result<Address> parse_address(const std::string& text) {
    if (text.find('/') != std::string::npos)
        return unix_address(text);
    const std::size_t colon = text.rfind(':');
    const std::string_view all = text;
    std::string_view host = all.substr(0, colon == std::string::npos ? text.size() : colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos)
        host = {};
    const auto port = colon == std::string::npos ? std::nullopt : port_of(all.substr(colon + 1));
    error_code error;
    const auto ip = asio::ip::make_address(std::string(host), error);
    if (error || !port)
        return fail("must be IP:PORT, as in 127.0.0.1:9690 or [::1]:9690, or the path of a Unix "
                    "socket, and not '{}'",
                    base::printable(text, 100));
    return Address{text, {}, stream_protocol::endpoint(tcp::endpoint(ip, *port))};
}

Result<Acceptor> listen(const asio::any_io_executor& executor, const Address& address) {
    Acceptor acceptor(executor);
    error_code error = open_and_bind(acceptor, address);
    if (error == asio::error::address_in_use && address.is_unix() && is_stale(address)) {
        ::unlink(address.path.c_str());
        acceptor = Acceptor(executor);
        error = open_and_bind(acceptor, address);
    }
    if (!error && address.is_unix() && ::chmod(address.path.c_str(), mode_of_socket) != 0)
        error = error_code(errno, boost::system::system_category());
    if (!error)
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return fail("can't listen at {}: {}{}", address.text, error.message(),
                    advice(error, address));
    return acceptor;
}

std::string listens_at(const Acceptor& acceptor, const Address& address) {
    if (address.is_unix())
        return address.path;
    error_code error;
    const auto local = acceptor.local_endpoint(error);
    tcp::endpoint endpoint;
    if (error || local.size() > endpoint.capacity())
        return address.text;
    std::memcpy(endpoint.data(), local.data(), local.size());
    endpoint.resize(local.size());
    return base::host_port(endpoint.address().to_string(), endpoint.port());
}

} // namespace hitless::http
