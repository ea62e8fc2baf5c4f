#include "http/get.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <string_view>
#include <utility>

namespace hitless::http {
namespace {

namespace asio = boost::asio;
namespace protocol = boost::beast::http;
using boost::system::error_code;
using GetStream = boost::beast::basic_stream<asio::generic::stream_protocol>;

constexpr auto with_error = asio::as_tuple(asio::use_awaitable);

Error trouble_of(const Address& address, const error_code& error) {
    if (error == asio::error::connection_refused ||
        error == boost::system::errc::no_such_file_or_directory)
        return fail("nobody listens at {}", address.text);
    if (error == boost::beast::error::timeout)
        return fail("{} doesn't answer in time", address.text);
    if (error == protocol::error::body_limit || error == protocol::error::header_limit ||
        error == protocol::error::buffer_overflow)
        return fail("the answer of {} is too large", address.text);
    if (error.category() == make_error_code(protocol::error::bad_version).category())
        return fail("what {} answers is no whole answer of HTTP: {}", address.text,
                    error.message());
    return fail("can't ask {}: {}", address.text, error.message());
}

protocol::request<protocol::empty_body> request_for(const Address& address,
                                                    const std::string& path) {
    protocol::request<protocol::empty_body> request(protocol::verb::get, path, 11);
    const std::string_view host = address.is_unix() ? "localhost" : std::string_view(address.text);
    request.set(protocol::field::host, host);
    request.set(protocol::field::connection, std::string_view("close"));
    return request;
}

} // namespace

asio::awaitable<Result<Answer>> get(Address address, std::string path, GetLimits limits) {
    GetStream stream(co_await asio::this_coro::executor);
    stream.expires_after(limits.time); // for all that follows
    const auto [refused] = co_await stream.async_connect(address.endpoint, with_error);
    if (refused)
        co_return trouble_of(address, refused);
    const protocol::request<protocol::empty_body> request = request_for(address, path);
    const auto [unsent, sent] = co_await protocol::async_write(stream, request, with_error);
    if (unsent)
        co_return trouble_of(address, unsent);
    boost::beast::flat_buffer buffer(std::size_t(1) << 20U);
    protocol::response_parser<protocol::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.head));
    parser.body_limit(limits.body);
    const auto [broken, read] = co_await protocol::async_read(stream, buffer, parser, with_error);
    if (broken)
        co_return trouble_of(address, broken);
    Answer answer;
    answer.status = parser.get().result_int();
    answer.body = std::move(parser.get().body());
    co_return answer;
}

} // namespace hitless::http
