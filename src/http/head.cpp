#include "http/head.hpp"

#include "hitless/base/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace hitless::http {
namespace {

namespace beast = boost::beast::http;
using Fields = beast::request<beast::empty_body>;

constexpr std::array<std::string_view, rejections> names_of_rejections = {
    "bad_request", "bad_host", "method",      "head_size", "timeout",
    "connections", "streams",  "slow_stream", "idle",      "broken"};

Refused refuse(Rejection why, unsigned status, std::string sentence) {
    Refused refused{why, plain(status, std::move(sentence))};
    refused.response.close = true;
    return refused;
}

Refused bad_request(std::string sentence) {
    return refuse(Rejection::bad_request, 400, std::move(sentence));
}

/// An old client may have none, such as the checks of HAProxy. A browser, and so a web page, always
/// sends one.
bool needs_host(const Fields& fields) {
    return fields.version() >= 11;
}

template <class Name>
std::string text_of(const Fields& fields, Name name) {
    const auto value = fields[name];
    return {value.data(), value.size()};
}

/// Nothing where it is allowed.
std::optional<Refused> judge_host(const Fields& fields, const Hosts& hosts) {
    const auto count = fields.count(beast::field::host);
    if (count > 1)
        return bad_request("The request has more than one Host.");
    if (count == 0 && needs_host(fields))
        return bad_request("The request has no Host.");
    const std::string host = text_of(fields, beast::field::host);
    if (count == 0 || hosts.allows(host))
        return std::nullopt;
    return refuse(Rejection::bad_host, 421,
                  fmt::format("The Host '{}' isn't served here. Ask by the address or as "
                              "localhost, or start the program with -http-host and that name.",
                              base::printable(host, 100)));
}

bool has_body(const beast::request_parser<beast::empty_body>& parser) {
    return parser.chunked() || parser.content_length().value_or(0) > 0 ||
           parser.get().count(beast::field::transfer_encoding) > 0;
}

std::optional<Refused> judge_method(const Fields& fields) {
    if (fields.method() == beast::verb::get || fields.method() == beast::verb::head)
        return std::nullopt;
    Refused refused = refuse(Rejection::method, 405, "This server only tells: use GET or HEAD.");
    refused.response.allow = "GET, HEAD";
    return refused;
}

} // namespace

std::string_view to_string(Rejection rejection) {
    return names_of_rejections[static_cast<std::size_t>(rejection)];
}

std::size_t end_of_head(std::string_view bytes, std::size_t searched) {
    constexpr std::string_view end = "\r\n\r\n";
    const std::size_t from = searched - std::min(searched, end.size() - 1);
    const std::size_t found = bytes.find(end, from);
    return found == std::string_view::npos ? found : found + end.size();
}

std::variant<Request, Refused> judge(std::string_view head, const Hosts& hosts) {
    if (head.size() > most_of_head)
        return refuse(Rejection::head_size, 431,
                      fmt::format("The request's head has more than {} bytes.", most_of_head));
    beast::request_parser<beast::empty_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(most_of_head));
    boost::system::error_code error;
    parser.put(boost::asio::buffer(head.data(), head.size()), error);
    if (error || !parser.is_header_done())
        return bad_request("This is no HTTP/1.1 request.");
    const Fields& fields = parser.get();
    if (fields.version() != 10 && fields.version() != 11)
        return bad_request("Only HTTP/1.0 and HTTP/1.1 are spoken here.");
    if (auto refused = judge_host(fields, hosts))
        return std::move(*refused);
    if (auto refused = judge_method(fields))
        return std::move(*refused);
    if (has_body(parser))
        return bad_request("A request has no body here.");
    const std::string_view target(fields.target().data(), fields.target().size());
    if (!target.starts_with('/') || target.find('#') != std::string_view::npos)
        return bad_request("The request's target must begin with a slash.");
    Request request;
    request.is_head = fields.method() == beast::verb::head;
    const std::size_t query = std::min(target.find('?'), target.size());
    request.path = target.substr(0, query);
    request.query = target.substr(std::min(query + 1, target.size()));
    request.keep_alive = fields.keep_alive();
    request.if_none_match = text_of(fields, beast::field::if_none_match);
    request.last_event_id = text_of(fields, "Last-Event-ID");
    return request;
}

} // namespace hitless::http
