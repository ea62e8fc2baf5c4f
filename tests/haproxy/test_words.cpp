#include "hitless/haproxy/words.hpp"

#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

using testing::ElementsAreArray;

struct SplitCase {
    std::string_view line;
    std::vector<std::string> words;
};

class Split : public testing::TestWithParam<SplitCase> {};

TEST_P(Split, GivesTheWordsThatHaproxySees) {
    const auto words = split_words(GetParam().line);
    ASSERT_TRUE(words) << words.error().message;
    EXPECT_THAT(*words, ElementsAreArray(GetParam().words));
}

// The test Words.AreThoseOfHaproxy asks a real HAProxy.
INSTANTIATE_TEST_SUITE_P(
    Words, Split,
    testing::Values(
        SplitCase{"server web1 10.0.0.1:80 check", {"server", "web1", "10.0.0.1:80", "check"}},
        SplitCase{"  a \t b  ", {"a", "b"}}, SplitCase{"", {}}, SplitCase{"# all", {}},
        SplitCase{"a b # c", {"a", "b"}}, SplitCase{"a b#c d", {"a", "b"}},
        SplitCase{R"(a "b # c" d)", {"a", "b # c", "d"}},
        SplitCase{R"(a 'b c' d)", {"a", "b c", "d"}}, SplitCase{R"(a "" '' b)", {"a", "", "", "b"}},
        SplitCase{R"(a x"y z"w)", {"a", "xy zw"}},
        SplitCase{R"(a b\ c \#d \"e \'f)", {"a", "b c", "#d", "\"e", "'f"}},
        SplitCase{R"(a b\\c)", {"a", "b\\c"}}, SplitCase{R"(a \n\r\t)", {"a", "\n\r\t"}},
        SplitCase{R"(a "\n\x41")", {"a", "\nA"}}, SplitCase{R"(a \x2F\x2f)", {"a", "//"}},
        // A backslash before anything else stands for itself, also at the end.
        SplitCase{R"(a \1 \; \$ b\)", {"a", "\\1", "\\;", "\\$", "b\\"}},
        SplitCase{R"(a "\$X" "\1")", {"a", "$X", "\\1"}},
        // Nothing is special within single quotes.
        SplitCase{R"(a '\n"#$X')", {"a", "\\n\"#$X"}}, SplitCase{R"(a "it's")", {"a", "it's"}},
        SplitCase{"a b\r", {"a", "b"}}, SplitCase{"a b\rc", {"a", "b"}}));

TEST(Words, TellWhereAnEnvironmentVariableIs) {
    const auto words = parse_words(R"(server "${NAME}" '$B' $C "x\$D" "1$E")");
    ASSERT_TRUE(words);
    std::vector<bool> environment;
    for (const Word& word : *words)
        environment.push_back(word.environment);
    EXPECT_THAT(environment, ElementsAreArray({false, true, false, false, false, true}));
    EXPECT_EQ((*words)[1].text, "${NAME}");
}

TEST(Words, KeepWhatWasWritten) {
    const auto words = parse_words(R"( a  "b c"\ d 'e'#f)");
    ASSERT_TRUE(words);
    ASSERT_EQ(words->size(), 3U);
    EXPECT_EQ((*words)[1].written, R"("b c"\ d)");
    EXPECT_EQ((*words)[1].text, "b c d");
    EXPECT_EQ((*words)[2].written, "'e'");
}

class Broken : public testing::TestWithParam<std::pair<std::string_view, std::string_view>> {};

TEST_P(Broken, IsAnError) {
    const auto words = split_words(GetParam().first);
    ASSERT_FALSE(words);
    EXPECT_THAT(words.error().message, testing::HasSubstr(GetParam().second));
}

INSTANTIATE_TEST_SUITE_P(Words, Broken,
                         testing::Values(std::pair{R"(a "b)", "quote"}, std::pair{"a 'b", "quote"},
                                         std::pair{R"(a "b\")", "quote"},
                                         std::pair{R"(a \x4)", "\\x"},
                                         std::pair{R"(a \xg0)", "\\x"},
                                         std::pair{R"(a \x)", "\\x"}));

TEST(Words, FirstWord) {
    EXPECT_EQ(first_word("  option httplog"), "option");
    EXPECT_EQ(first_word("global#x"), "global");
    EXPECT_EQ(first_word("  # x"), "");
    EXPECT_EQ(first_word(""), "");
    EXPECT_EQ(first_word("\"default-server\" check"), "default-server");
    EXPECT_EQ(first_word(" 'ser'ver x"), "server");
    EXPECT_EQ(first_word("\\x73erver x"), "server");
    EXPECT_EQ(first_word("\"server x\" y"), "server x");
    EXPECT_EQ(first_word("\"server x"), "\"server"); // the quote isn't closed
}

TEST(Words, HasVariable) {
    EXPECT_TRUE(has_variable("server \"$X\" 1:1", 1));
    EXPECT_TRUE(has_variable("server a\"${X}\" 1:1", 1));
    EXPECT_FALSE(has_variable("server \"$X\" 1:1", 0));
    EXPECT_FALSE(has_variable("server \"$X\" 1:1", 5));
    EXPECT_FALSE(has_variable("server $X 1:1", 1));
    EXPECT_FALSE(has_variable("server '$X' 1:1", 1));
}

TEST(Words, TakeWord) {
    std::string_view text = " server  \"web 1\"\t'web2' x#y";
    EXPECT_EQ(take_word(text), "server");
    EXPECT_EQ(take_word(text), "\"web"); // a name has no blank
    EXPECT_EQ(take_word(text), "1\"");
    EXPECT_EQ(take_word(text), "web2");
    EXPECT_EQ(take_word(text), "x");
    EXPECT_EQ(take_word(text), "");
}

} // namespace
} // namespace hitless::haproxy
