#include "hitless/apply/screen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::apply {
namespace {

using testing::HasSubstr;

struct Case {
    std::string value;
    std::string screened; ///< empty: refused
    std::string said = {};
};

TEST(ScreenValue, Table) {
    const Case cases[] = {
        {"10.0.0.1:80", "10.0.0.1:80"},
        {"10.0.0.1:80 weight 5\tcheck", "10.0.0.1:80 weight 5\tcheck"},
        {"zürich", "zürich"},
        {R"({"host":"10.0.0.1","port":80})", R"({"host":"10.0.0.1","port":80})"},
        {"{\n  \"host\": \"10.0.0.1\"\r\n}\n", "{   \"host\": \"10.0.0.1\"  } "},
        {"[1,\n2]", "[1, 2]"},
        {R"({"a":"b\u0041\"\\"})", R"({"a":"b\u0041\"\\"})"},
        {"a\nb", "", "line break"},
        {"a\rb", "", "line break"},
        {std::string("a\0b", 3), "", "control character"},
        {"a\x1b[2J", "", "control character"},
        {"a\x7f", "", "control character"},
        {"a\xff", "", "UTF-8"},
        {"\xc0\xaf", "", "UTF-8"},
        {R"({"host":"10.0.0.1\n bind :9999"})", "", "line break"},
        {R"({"a":[{"b\r":1}]})", "", "line break"},
        {R"(["\u000a"])", "", "line break"},
        {R"(["\u0000"])", "", "control character"},
        {"{\"a\":\n", "", "line break"},
        {std::string(100, '[') + "\n" + std::string(100, ']'), "", "nested too deeply"},
    };
    for (const Case& test : cases) {
        SCOPED_TRACE(test.value);
        const auto screened = screen_value(test.value);
        ASSERT_EQ(screened.has_value(), !test.screened.empty());
        if (screened)
            EXPECT_EQ(*screened, test.screened);
        else
            EXPECT_THAT(screened.error().message, HasSubstr(test.said));
    }
    EXPECT_EQ(screen_value("").value(), "");
}

TEST(ScreenKey, Table) {
    EXPECT_TRUE(screen_key("/app/servers/web 1;x"));
    EXPECT_FALSE(screen_key("/app/servers/web\n1"));
    EXPECT_FALSE(screen_key("/app/servers/web\xff"));
}

} // namespace
} // namespace hitless::apply
