#include "support/http.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <cctype>

namespace hitless::test {
namespace {

namespace asio = boost::asio;
namespace http_ns = boost::beast::http;
using asio::ip::tcp;

/// Runs one asynchronous operation started by `start(handler)` to its end.
template <class Start>
boost::system::error_code complete(asio::io_context& context, Start start) {
    boost::system::error_code result;
    start([&](boost::system::error_code error, auto&&...) { result = error; });
    context.restart();
    context.run();
    return result;
}

HttpAnswer failure(const std::string& what, const boost::system::error_code& error) {
    return {0, {}, what + ": " + error.message()};
}

HttpAnswer answer_of(http_ns::response<http_ns::string_body>& response) {
    HttpAnswer answer{response.result_int(), {}, std::move(response.body())};
    for (const auto& field : response) {
        std::string name(field.name_string());
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        answer.headers.emplace(std::move(name), std::string(field.value()));
    }
    return answer;
}

} // namespace

HttpAnswer http(const std::string& method, const std::string& url, const std::string& body,
                std::chrono::milliseconds limit, const std::string& content_type) {
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed)
        return failure("not a URL: " + url, parsed.error());
    http_ns::request<http_ns::string_body> request{
        http_ns::string_to_verb(method),
        parsed->encoded_target().empty() ? "/" : std::string(parsed->encoded_target()), 11, body};
    request.set(http_ns::field::host, parsed->encoded_host_and_port());
    if (!body.empty())
        request.set(http_ns::field::content_type, content_type);
    request.prepare_payload();

    asio::io_context context;
    boost::beast::tcp_stream stream(context);
    stream.expires_after(limit);
    tcp::resolver resolver(context);
    boost::system::error_code error;
    const auto endpoints = resolver.resolve(
        parsed->host_address(), parsed->has_port() ? std::string(parsed->port()) : "80", error);
    if (error)
        return failure("can't resolve " + url, error);
    error = complete(context, [&](auto done) { stream.async_connect(endpoints, std::move(done)); });
    if (error)
        return failure("can't connect to " + url, error);
    error = complete(context,
                     [&](auto done) { http_ns::async_write(stream, request, std::move(done)); });
    if (error)
        return failure("can't write to " + url, error);
    boost::beast::flat_buffer buffer;
    http_ns::response_parser<http_ns::string_body> parser;
    parser.body_limit(boost::none);
    error = complete(
        context, [&](auto done) { http_ns::async_read(stream, buffer, parser, std::move(done)); });
    if (error)
        return failure("no answer from " + url, error);
    return answer_of(parser.get());
}

std::string url_encoded(const std::string& text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars + '/');
}

} // namespace hitless::test
