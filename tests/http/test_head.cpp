#include "http/head.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace hitless::http {
namespace {

const Hosts hosts;

std::string get(const std::string& target, const std::string& fields = "") {
    return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", target, fields);
}

TEST(Head, OfARequestIsTakenApart) {
    const auto judged =
        judge(get("/events?after=17&x=%20", "If-None-Match: \"a\"\r\nlast-event-id: 5\r\n"), hosts);
    ASSERT_TRUE(std::holds_alternative<Request>(judged));
    const auto& request = std::get<Request>(judged);
    EXPECT_FALSE(request.is_head);
    EXPECT_TRUE(request.keep_alive);
    EXPECT_EQ(request.path, "/events");
    EXPECT_EQ(request.query, "after=17&x=%20");
    EXPECT_EQ(request.parameter("after"), "17");
    EXPECT_EQ(request.parameter("x"), "%20");
    EXPECT_EQ(request.parameter("y"), "");
    EXPECT_EQ(request.if_none_match, "\"a\"");
    EXPECT_EQ(request.last_event_id, "5");
}

TEST(Head, SaysWhetherTheConnectionStays) {
    const auto keeps = [](const std::string& head) {
        const auto judged = judge(head, hosts);
        return std::holds_alternative<Request>(judged) && std::get<Request>(judged).keep_alive;
    };
    EXPECT_TRUE(keeps(get("/")));
    EXPECT_FALSE(keeps(get("/", "Connection: close\r\n")));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"));
    EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

/// HAProxy's own checks are such requests. A web page can't have a browser send one.
TEST(Head, OfHttp10NeedsNoHost) {
    EXPECT_TRUE(std::holds_alternative<Request>(judge("GET /readyz HTTP/1.0\r\n\r\n", hosts)));
}

struct Case {
    std::string head;
    unsigned status;
    Rejection why;
};

TEST(Head, OfWhatIsNoRequestHereIsRefused) {
    const Case cases[] = {
        {"", 400, Rejection::bad_request},
        {"\r\n\r\n", 400, Rejection::bad_request},
        {"GET\r\n\r\n", 400, Rejection::bad_request},
        {"GET / HTTP/1.1\r\n\r\n", 400, Rejection::bad_request}, // no Host
        {"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 400, Rejection::bad_request},
        {"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400,
         Rejection::bad_request},
        {"GET / HTTP/1.1\r\nHost: localhost\r\nbad field\r\n\r\n", 400, Rejection::bad_request},
        {get("http://localhost/"), 400, Rejection::bad_request},
        {get("*"), 400, Rejection::bad_request},
        {get("/a#b"), 400, Rejection::bad_request},
        {get("/", "Content-Length: 3\r\n"), 400, Rejection::bad_request},
        {get("/", "Transfer-Encoding: chunked\r\n"), 400, Rejection::bad_request},
        {get("/", "Content-Length: 3\r\nContent-Length: 4\r\n"), 400, Rejection::bad_request},
        {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, Rejection::bad_host},
        {"GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n", 421, Rejection::bad_host},
        {"POST / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, Rejection::bad_host},
        {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n", 405, Rejection::method},
        {"PUT /status HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, Rejection::method},
        {"OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, Rejection::method},
        {"NONSENSE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, Rejection::method},
        {std::string(most_of_head + 1, 'x'), 431, Rejection::head_size},
        {get("/", "X: " + std::string(most_of_head, 'x') + "\r\n"), 431, Rejection::head_size},
    };
    for (const Case& each : cases) {
        const auto judged = judge(each.head, hosts);
        ASSERT_TRUE(std::holds_alternative<Refused>(judged)) << each.head;
        const auto& refused = std::get<Refused>(judged);
        EXPECT_EQ(refused.response.status, each.status) << each.head;
        EXPECT_EQ(refused.why, each.why) << each.head << to_string(refused.why);
        EXPECT_EQ(refused.response.allow, each.status == 405 ? "GET, HEAD" : "");
    }
}

TEST(Head, EndsBehindItsEmptyLineHoweverItComes) {
    const std::string head = get("/");
    const std::string two = head + head;
    EXPECT_EQ(end_of_head(two), head.size());
    for (std::size_t size = 0; size < head.size(); ++size) {
        EXPECT_EQ(end_of_head(std::string_view(head).substr(0, size)), std::string::npos);
        // All before that was searched already.
        EXPECT_EQ(end_of_head(head, size), head.size());
    }
}

} // namespace
} // namespace hitless::http
