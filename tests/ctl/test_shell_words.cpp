#include "ctl/shell_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::ctl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string help = "The following commands are valid at this level:\n"
                         "  add server <bk>/<srv>                   : create a new server\n"
                         "  disable frontend <frontend>             : temporarily disable\n"
                         "  enable server  (DEPRECATED)             : enable a disabled server\n"
                         "  set profiling <what> {auto|on|off}      : enable/disable profiling\n"
                         "  set server <bk>/<srv> [opts]            : change a server's state\n"
                         "  show servers state [<backend>]          : dump volatile information\n"
                         "  show stat [desc|json|no-maint|typed|up]*: report counters: all\n"
                         "  show table <table> [<filter>]*          : report table usage\n"
                         "  show errors [<px>] [request|response]   : report last errors\n"
                         "  help [<command>]                        : list commands\n"
                         "\n";

const ProxyNames names = {{"api", "app", "web"}, {"api/a1", "app/s1", "app/s2", "web/s1"}};

TEST(ShellWords, ReadsHelp) {
    const auto patterns = parse_help(help);
    ASSERT_EQ(patterns.size(), 10U);
    EXPECT_THAT(patterns[2], ElementsAre("enable", "server"));
    EXPECT_THAT(patterns[6], ElementsAre("show", "stat", "[desc|json|no-maint|typed|up]*"));
    EXPECT_THAT(parse_help("Unknown command: 'x'\n"), IsEmpty());
    EXPECT_THAT(parse_help(""), IsEmpty());
}

TEST(ShellWords, CompletesWhatMayStandThere) {
    struct Case {
        std::string before;
        std::vector<std::string> expected;
    };
    const Case cases[] = {
        {"", {"add", "del", "disable", "enable", "get", "help", "set", "show", "shutdown"}},
        {"sh", {"show", "shutdown"}},
        {"show ", {"errors", "servers", "stat", "table"}},
        {"  show   se", {"servers"}},
        {"show servers ", {"conn", "state"}},
        {"show servers state ", {"api", "app", "web"}},
        {"show servers state a", {"api", "app"}},
        {"show servers state app ", {}},
        {"show table w", {"web"}},
        {"show stat ty", {"typed"}},
        {"show stat typed n", {"no-maint"}}, // it may be repeated
        {"show errors api re", {"request", "response"}},
        {"set profiling tasks o", {"off", "on"}},
        {"set server ", {"api/", "app/", "web/"}},
        {"set server app/", {"app/s1", "app/s2"}},
        {"set server app/s1 st", {"state"}},
        {"set server app/s1 state ", {"drain", "maint", "ready"}},
        {"enable server we", {"web/"}},
        {"add server a", {"api/", "app/"}},
        {"add server app/", {"app/"}}, // its name is a new one
        {"show info;show servers state w", {"web"}},
        {"nonsense ", {}},
        {"show stat\\;x ", {}},
    };
    const auto patterns = parse_help(help);
    for (const Case& one : cases)
        EXPECT_EQ(complete_command(patterns, names, one.before), one.expected) << one.before;
    EXPECT_THAT(complete_command({}, names, "set server app/s1 state d"), ElementsAre("drain"))
        << "also without help";
}

TEST(ShellWords, KnowsWhatWordsHaveInCommon) {
    EXPECT_EQ(common_start({}), "");
    EXPECT_EQ(common_start(std::vector<std::string>{"show"}), "show");
    EXPECT_EQ(common_start(std::vector<std::string>{"show", "shutdown"}), "sh");
    EXPECT_EQ(common_start(std::vector<std::string>{"app/s1", "app/s2", "web/"}), "");
}

TEST(ShellWords, ListsInColumns) {
    const std::vector<std::string> words = {"a", "bb", "ccc", "dd", "e"};
    EXPECT_EQ(in_columns(words, 80), "a    bb   ccc  dd   e\n");
    EXPECT_EQ(in_columns(words, 12), "a    dd\nbb   e\nccc\n")
        << "the last column is not written in";
    EXPECT_EQ(in_columns(words, 1), "a\nbb\nccc\ndd\ne\n");
    EXPECT_EQ(in_columns({}, 80), "");
    EXPECT_EQ(in_columns(std::vector<std::string>{"\x1b[2J"}, 80), "\\x1b[2J\n");
}

TEST(ShellWords, SplitsBatches) {
    struct Case {
        std::string line;
        std::vector<std::string> expected;
    };
    const Case cases[] = {
        {"show info", {"show info"}},
        {" show info ; show stat;", {"show info", "show stat"}}, // an empty one prints all help
        {"add map x a\\;b c;show info", {"add map x a\\;b c", "show info"}},
        {";;", {}},
        {"x\\", {"x\\"}},
    };
    for (const Case& one : cases)
        EXPECT_EQ(split_batch(one.line), one.expected) << one.line;
}

TEST(ShellWords, KnowsPlainNames) {
    for (const char* const good : {"app", "web-1", "a_b.c:80"})
        EXPECT_TRUE(is_plain_name(good)) << good;
    for (const char* const bad : {"", "a b", "a/b", "$(id)", "a\x1b[2J", "ä", "`x`", "a;b"})
        EXPECT_FALSE(is_plain_name(bad)) << bad;
}

} // namespace
} // namespace hitless::ctl
