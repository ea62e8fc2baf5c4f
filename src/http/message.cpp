#include "http/message.hpp"

#include "hitless/base/text.hpp"

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include <array>
#include <ctime>

namespace hitless::http {
namespace {

/// What each answer has. Nothing may be asked of another host, nobody may show the page in a frame
/// of theirs, and no other site gets to read an answer: there is no CORS.
constexpr std::string_view fields_of_all =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

void add_field(std::string& head, std::string_view name, std::string_view value) {
    if (!value.empty())
        head.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

std::string_view Request::parameter(std::string_view name) const {
    for (const std::string_view part : base::split(query, '&')) {
        const std::size_t equals = part.find('=');
        if (equals != std::string_view::npos && part.substr(0, equals) == name)
            return part.substr(equals + 1);
    }
    return {};
}

Response plain(unsigned status, std::string sentence) {
    Response response;
    response.status = status;
    sentence += '\n';
    response.body = Body(std::move(sentence));
    return response;
}

Response json(Body body, unsigned status) {
    Response response;
    response.status = status;
    response.type = "application/json";
    response.body = std::move(body);
    return response;
}

std::string head_of(const Response& response, std::string_view date, bool keep_alive,
                    bool is_stream) {
    const auto reason = boost::beast::http::obsolete_reason(
        static_cast<boost::beast::http::status>(response.status));
    std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, std::string_view(reason));
    add_field(head, "Date", date);
    add_field(head, "Content-Type", response.status == 304 ? "" : response.type);
    if (!is_stream && response.status != 304)
        add_field(head, "Content-Length", fmt::to_string(response.body.text().size()));
    add_field(head, "Cache-Control", response.cache);
    add_field(head, "ETag", response.etag);
    add_field(head, "Allow", response.allow);
    add_field(head, "Retry-After", response.retry_after);
    if (is_stream) // a proxy on the way must not gather the events
        add_field(head, "X-Accel-Buffering", "no");
    add_field(head, "Connection", keep_alive ? "keep-alive" : "close");
    head += fields_of_all;
    head += "\r\n";
    return head;
}

std::string date_field(long seconds) {
    constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t time = seconds;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                       days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                       months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

} // namespace hitless::http
