#include "hitless/haproxy/check_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const char* const text = "backend app\n server a 10.0.0.1:80\n server b 10.0.0.2:+9 check\n";

std::map<int, std::string> read(std::string_view output) {
    return refused_lines(output, "/tmp/.h.cfgX", Config::parse(text).value());
}

TEST(CheckOutput, NamesLines) {
    // As HAProxy 2.6 and 3.0 say it.
    EXPECT_THAT(
        read("[NOTICE]   (1) : haproxy version is 2.6.12\n"
             "[ALERT]    (1) : config : parsing [/tmp/.h.cfgX:2] : 'server a' : 'inter' expects a "
             "positive delay\n"
             "[ALERT]    (1) : config : Fatal errors found in configuration.\n"),
        ElementsAre(Pair(2, HasSubstr("'inter' expects a positive delay"))));
    EXPECT_THAT(read("[ALERT] (1) : config : [/tmp/.h.cfgX:3] : 'server app/b' : unknown host"),
                ElementsAre(Pair(3, HasSubstr("unknown host"))));
}

TEST(CheckOutput, ReadsWrittenLineBreaks) {
    EXPECT_THAT(read("failed with status 1: [ALERT] (1) : config : [/tmp/.h.cfgX:2] : one\\n"
                     "[ALERT] (1) : config : [/tmp/.h.cfgX:3] : two\\n"),
                ElementsAre(Pair(2, HasSubstr("one")), Pair(3, HasSubstr("two"))));
}

TEST(CheckOutput, FindsServersByTheirNames) {
    EXPECT_THAT(read("[ALERT] (1) : config : config: backend 'app': server 'b' has neither service "
                     "port nor check port.\n"),
                ElementsAre(Pair(3, HasSubstr("neither service port"))));
    EXPECT_THAT(read("[ALERT] (1) : config : server app/a: unknown proxy\n"),
                ElementsAre(Pair(2, HasSubstr("unknown proxy"))));
}

TEST(CheckOutput, PassesOverTheRest) {
    for (const char* const other :
         {"", "\n\\n\n", "[WARNING] (1) : config : [/tmp/.h.cfgX:2] : only a warning",
          "[ALERT] (1) : config : [/etc/other.cfg:2] : in another file",
          "[ALERT] (1) : config : [/tmp/.h.cfgX:] : no number", "[ALERT] (1) : [/tmp/.h.cfgX:2",
          "[ALERT] (1) : config : server app/nosuch: unknown", "[ALERT] server '"})
        EXPECT_THAT(read(other), IsEmpty()) << other;
}

TEST(CheckOutput, TellsANameWithoutAnAddress) {
    const auto lines = read("[ALERT] (1) : config : [/tmp/.h.cfgX:2] : 'server app/a' : could not "
                            "resolve address 'web.example'.\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(unresolved_name(lines.begin()->second), "web.example");
    for (const char* const of_option :
         {"'server b/a' : 'addr' : invalid address: 'web.example' in 'web.example'.",
          "'server b/a' : parsing agent-addr failed. Check if 'web.example' is correct address.."})
        EXPECT_EQ(unresolved_name(of_option), "web.example") << of_option;
    for (const char* const other :
         {"", "unknown keyword 'x'", "invalid address: '10.0.0' in '10.0.0'",
          "could not resolve address", "could not resolve address 'web", "resolve address 'web'"})
        EXPECT_EQ(unresolved_name(other), "") << other;
}

/// Two tries are told in the same words.
TEST(CheckOutput, IsToldWithoutWhatDiffersAtEachTry) {
    EXPECT_EQ(
        as_told("[NOTICE]   (12) : haproxy version is 2.6\n"
                "[ALERT]    (1234) : config : parsing [/etc/h/.h.cfg.staged-g879qP:2] : 'a' (5)\n"
                "[ALERT] (1) : config : Error(s) found in .h.cfg.staged-g879qP [x] (7)",
                "/etc/h/.h.cfg.staged-g879qP", "/etc/h/h.cfg"),
        "[NOTICE] : haproxy version is 2.6\n"
        "[ALERT] : config : parsing [/etc/h/h.cfg:2] : 'a' (5)\n"
        "[ALERT] : config : Error(s) found in h.cfg [x] (7)");
    for (const char* const other : {"", "[ALERT]", "[ALERT] (", "[ALERT] (12", "[ALERT] ()", "]"})
        EXPECT_EQ(as_told(other, "", "/h.cfg"), other);
}

} // namespace
} // namespace hitless::haproxy
