#include "http/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Message, EachAnswerKeepsOtherSitesOut) {
    for (const unsigned status : {200U, 400U, 503U}) {
        const std::string head = head_of(plain(status, "text"), "now", true);
        EXPECT_THAT(head, HasSubstr("\r\nContent-Security-Policy: default-src 'none'; "));
        EXPECT_THAT(head, HasSubstr("frame-ancestors 'none'\r\n"));
        EXPECT_THAT(head, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
        EXPECT_THAT(head, HasSubstr("\r\nReferrer-Policy: no-referrer\r\n"));
        EXPECT_THAT(head, HasSubstr("\r\nX-Frame-Options: DENY\r\n"));
        EXPECT_THAT(head, HasSubstr("\r\nCache-Control: no-store\r\n"));
        EXPECT_THAT(head, Not(HasSubstr("Access-Control")));
        EXPECT_THAT(head, EndsWith("\r\n\r\n"));
    }
}

TEST(Message, HeadHasTheLengthOfTheBody) {
    const std::string head = head_of(plain(404, "gone"), "now", false);
    EXPECT_THAT(head, StartsWith("HTTP/1.1 404 Not Found\r\nDate: now\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 5\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nConnection: close\r\n"));
}

TEST(Message, AStreamHasNoLength) {
    const std::string head = head_of(Response{}, "now", false, true);
    EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(head, HasSubstr("\r\nX-Accel-Buffering: no\r\n"));
}

TEST(Message, DatesAreThoseOfHttp) {
    EXPECT_EQ(date_field(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT"); // RFC 9110, 5.6.7
}

} // namespace
} // namespace hitless::http
