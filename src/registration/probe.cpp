#include "registration/probe.hpp"

#include "base/network.hpp"
#include "registration/value.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace hitless::registration {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds limit{2};

asio::awaitable<Result<unsigned>> get(boost::beast::tcp_stream& stream, const Probe& probe) {
    http::request<http::empty_body> request(http::verb::get, probe.path, 11);
    request.set(http::field::host, base::host_port(probe.host, probe.port));
    request.set(http::field::user_agent, "hitless-register");
    request.set(http::field::connection, "close");
    const auto [write_error, written] = co_await http::async_write(stream, request, use_tuple);
    if (write_error)
        co_return fail("{}", write_error.message());
    boost::beast::flat_buffer buffer;
    http::response_parser<http::empty_body> parser;
    parser.skip(true);
    const auto [error, read] = co_await http::async_read_header(stream, buffer, parser, use_tuple);
    if (error)
        co_return fail("{}", error.message());
    co_return parser.get().result_int();
}

} // namespace

std::string to_string(const Probe& probe) {
    const bool is_http = probe.kind == Probe::Kind::http;
    return fmt::format("{}:{}{}", is_http ? "http" : "tcp", base::host_port(probe.host, probe.port),
                       is_http ? probe.path : "");
}

Result<Probe> parse_probe(std::string_view text) {
    Probe probe;
    std::string_view rest = text;
    if (rest.starts_with("http:")) {
        probe.kind = Probe::Kind::http;
        rest.remove_prefix(5);
        if (rest.starts_with("//"))
            rest.remove_prefix(2);
        const std::size_t slash = rest.find('/');
        if (slash != std::string_view::npos)
            probe.path = rest.substr(slash);
        rest = rest.substr(0, slash);
    } else if (rest.starts_with("tcp:")) {
        rest.remove_prefix(4);
    } else {
        return Error{"must be tcp:PORT, tcp:HOST:PORT, http:PORT/PATH or http:HOST:PORT/PATH"};
    }
    const bool has_host = rest.find(':') != std::string_view::npos;
    const auto place =
        parse_host_port(has_host ? std::string(rest) : fmt::format("{}:{}", probe.host, rest));
    if (!place)
        return place.error();
    probe.host = place->host;
    probe.port = place->port;
    if (probe.path.find_first_of(" \t\r\n") != std::string::npos)
        return Error{"a path has no blanks"};
    return probe;
}

asio::awaitable<Result<void>> ask(const Probe& probe) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::resolver resolver(executor);
    const auto [unknown, endpoints] =
        co_await resolver.async_resolve(probe.host, std::to_string(probe.port), use_tuple);
    if (unknown)
        co_return fail("{}", unknown.message());
    boost::beast::tcp_stream stream(executor);
    stream.expires_after(limit);
    const auto [error, endpoint] = co_await stream.async_connect(endpoints, use_tuple);
    if (error)
        co_return fail("{}", error.message());
    if (probe.kind == Probe::Kind::tcp)
        co_return Result<void>{};
    const auto status = co_await get(stream, probe);
    if (!status)
        co_return status.error();
    if (*status < 200 || *status > 399)
        co_return fail("it answers with {}", *status);
    co_return Result<void>{};
}

} // namespace hitless::registration
