#include "etcd/transport.hpp"

#include "base/look_up_host.hpp"
#include "etcd/tls.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace hitless::etcd {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string_view advice(const error_code& error) {
    if (error == asio::error::connection_refused)
        return "; nobody listens there, so perhaps etcd does not run";
    if (error == boost::beast::error::timeout)
        return "; it is silent: is the address right, and is there a firewall?";
    return "";
}

asio::awaitable<Result<std::vector<tcp::endpoint>>> look_up(const Node& node,
                                                            std::chrono::milliseconds limit) {
    error_code not_an_address;
    const auto address = asio::ip::make_address(node.host, not_an_address);
    if (!not_an_address) // no thread is needed for these
        co_return std::vector<tcp::endpoint>{{address, node.port}};
    auto answer = co_await base::look_up_host(node.host, node.port, limit);
    if (!answer)
        co_return fail("can't look up the name {}: no answer", node.host);
    if (answer->error)
        co_return fail("can't look up the name {}: {}", node.host, answer->error.message());
    co_return std::move(answer->endpoints);
}

/// A request leaves at once, and a peer that has vanished is noticed by the kernel too.
void tune(tcp::socket& socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(tcp::socket::keep_alive(true), ignored);
    const auto set = [&](int option, int value) {
        ::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
    };
    set(TCP_KEEPIDLE, 10);
    set(TCP_KEEPINTVL, 5);
    set(TCP_KEEPCNT, 3);
    set(TCP_USER_TIMEOUT, 20'000);
}

} // namespace

boost::beast::tcp_stream& Transport::tcp() {
    return with([](auto& stream) -> Plain& { return boost::beast::get_lowest_layer(stream); });
}

void Transport::close() {
    tcp().close();
}

Result<std::unique_ptr<Transport>> Transport::create(const asio::any_io_executor& executor,
                                                     const Node& node, const Settings& settings) {
    if (!node.secure)
        return std::unique_ptr<Transport>(new Transport(Plain(executor)));
    auto context = make_tls_context(settings);
    if (!context)
        return context.error();
    Secure stream(Plain(executor), *context); // keeps what it needs of the context
    expect_host(stream.native_handle(), node.host);
    return std::unique_ptr<Transport>(new Transport(std::move(stream)));
}

asio::awaitable<Result<void>> Transport::connect_tcp(const Node& node,
                                                     std::chrono::milliseconds limit) {
    auto endpoints = co_await look_up(node, limit);
    if (!endpoints)
        co_return endpoints.error();
    tcp().expires_after(limit);
    const auto [error, endpoint] = co_await tcp().async_connect(*endpoints, use_tuple);
    if (error)
        co_return fail("can't connect: {}{}", error.message(), advice(error));
    tune(tcp().socket());
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Transport::shake_hands(Secure& stream, const Node& node) {
    const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, use_tuple);
    if (!error)
        co_return Result<void>{};
    const std::string trouble = certificate_trouble(stream.native_handle());
    if (!trouble.empty())
        co_return fail(
            "TLS: its certificate is not accepted: {}; see -client-ca-keys, and that the "
            "certificate names {}",
            trouble, node.host);
    co_return fail("TLS: {}; does it speak https, and does it want a client certificate "
                   "(-client-cert, -client-key)?",
                   error.message());
}

asio::awaitable<Result<void>> Transport::connect(std::unique_ptr<Transport>& transport,
                                                 asio::any_io_executor executor, const Node& node,
                                                 const Settings& settings) {
    auto created = create(executor, node, settings);
    if (!created)
        co_return created.error();
    transport = std::move(*created);
    if (auto connected = co_await transport->connect_tcp(node, settings.timing.connect); !connected)
        co_return connected;
    if (auto* secure = std::get_if<Secure>(&transport->stream_)) {
        transport->tcp().expires_after(settings.timing.connect);
        co_return co_await transport->shake_hands(*secure, node);
    }
    co_return Result<void>{};
}

} // namespace hitless::etcd
