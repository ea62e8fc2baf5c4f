#include "hitless/base/text.hpp"
#include "hitless/haproxy/runtime_client.hpp"

#include "haproxy/endpoint.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>

namespace hitless::haproxy {

namespace asio = boost::asio;

asio::awaitable<Result<std::string>> ask_once(std::string address, std::vector<Command> commands,
                                              std::chrono::milliseconds limit) {
    const auto text = to_wire(commands);
    if (!text)
        co_return text.error();
    const std::string command = base::printable(in_one_line(commands));
    constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
    asio::generic::stream_protocol::endpoint endpoint;
    if (auto parsed = parse_endpoint(address, endpoint); !parsed)
        co_return parsed.error();
    boost::beast::basic_stream<asio::generic::stream_protocol> stream(
        co_await asio::this_coro::executor);
    stream.expires_after(limit);
    const auto [refused] = co_await stream.async_connect(endpoint, use_tuple);
    if (refused)
        co_return cannot_connect(address, refused);
    const auto [unsent, sent] = co_await asio::async_write(stream, asio::buffer(*text), use_tuple);
    if (unsent)
        co_return fail("can't send '{}' to {}: {}", command, address, unsent.message());
    // The master's CLI waits for more until it is told that there is none.
    boost::system::error_code ignored;
    stream.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    std::string answer;
    const auto [ended, size] = co_await asio::async_read(
        stream, asio::dynamic_buffer(answer, SocketBounds().answer), use_tuple);
    if (answer.size() >= SocketBounds().answer)
        co_return fail("'{}' to {} has an answer of more than {} bytes", command, address,
                       answer.size());
    if (ended != asio::error::eof && ended != asio::error::connection_reset)
        co_return fail("'{}' to {} has no answer: {}", command, address, ended.message());
    co_return answer;
}

} // namespace hitless::haproxy
