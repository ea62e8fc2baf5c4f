#include "confd/shell_quoting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace hitless::confd {
namespace {

TEST(ShellQuoting, KnowsPlainWords) {
    for (const char* const plain : {"/etc/haproxy/haproxy.cfg", "a", "-x_1.2@%+=:,Z/"})
        EXPECT_TRUE(is_plain_word(plain)) << plain;
    for (const char* const other :
         {"",    "a b", "a'b", "a\"b", "$a",  "`a`", "a\\b", "a;b", "~a", "a*",
          "a\n", "é",   "#a",  "a&b",  "a|b", "(a)", "{a}",  "[a]", "a?", "!"})
        EXPECT_FALSE(is_plain_word(other)) << other;
}

TEST(ShellQuoting, FindsAnUnusedWord) {
    EXPECT_EQ(unused_word("haproxy -c -f", "Word"), "Word");
    EXPECT_EQ(unused_word("Word Wordx", "Word"), "Wordxx");
}

/// P stands for the path.
std::string with_path(std::string_view command, const std::string& path) {
    const std::array<StandIn, 1> stand_ins{{{"P", path}}};
    const auto replaced = replace_stand_ins(command, stand_ins);
    return replaced ? *replaced : "error: " + replaced.error().message;
}

TEST(ShellQuoting, DependsOnThePlace) {
    struct Case {
        const char* command;
        const char* replaced; ///< Q stands for the path in single quotes, D for it in double ones
    };
    const std::string path = "/a'b\"c$d`e\\f g";
    const std::string single = R"('/a'\''b"c$d`e\f g')";
    const std::string within_single = single.substr(1, single.size() - 2);
    const std::string within_double = R"(/a'b\"c\$d\`e\\f g)";
    for (const auto& [command, replaced] : {
             Case{"", ""},
             Case{"check -f x", "check -f x"},
             // outside of quotes
             Case{"P", "Q"},
             Case{"check -f P -q", "check -f Q -q"},
             Case{"f=P.new", "f=Q.new"},
             Case{R"(\"P)", R"(\"Q)"},
             Case{R"(\'P)", R"(\'Q)"},
             Case{R"('x'P"y")", R"('x'Q"y")"},
             Case{R"('it'\''s' P)", R"('it'\''s' Q)"},
             Case{R"("say \"" P)", R"("say \"" Q)"},
             Case{R"('\' P)", R"('\' Q)"},
             Case{"(P) P", "(Q) Q"},
             Case{R"(echo `echo "x"` P)", R"(echo `echo "x"` Q)"},
             // after a backslash, which has no other sign to take the meaning of
             Case{R"(\P)", "Q"},
             Case{R"(\\P)", R"(\\Q)"},
             // between single quotes
             Case{"'P'", "'S'"},
             Case{R"('"P"')", R"('"S"')"},
             Case{R"("'" 'P')", R"("'" 'S')"},
             Case{R"('\P')", R"('\S')"},
             // between double quotes
             Case{"\"P\" P", "\"D\" Q"},
             Case{"\"'P'\"", "\"'D'\""},
             Case{R"("\"P")", R"("\"D")"},
             Case{"\"(P)\"", "\"(D)\""},
             Case{"\"\\$(P)\"", "\"\\$(D)\""},
             Case{R"("\P")", R"("\\D")"},
             Case{R"("\\P")", R"("\\D")"},
             // in $(…)
             Case{"$(cat P)P", "$(cat Q)Q"},
             Case{"\"$(cat P)P\"", "\"$(cat Q)D\""},
             Case{"\"$(cat \"P\" | (cat) )P\"P", "\"$(cat \"D\" | (cat) )D\"Q"},
             Case{"\"$(cat 'P')\" P", "\"$(cat 'S')\" Q"},
             // comments
             Case{"true # it's P", "true # it's C"},
             Case{"# it's\nP", "# it's\nQ"},
             Case{"echo a#'P'", "echo a#'S'"},
             Case{"echo $#'P'", "echo $#'S'"},
             Case{"echo \\#'P'", "echo \\#'S'"},
             Case{"echo P#'P'", "echo Q#'S'"},
         }) {
        std::string wanted;
        for (const char sign : std::string_view(replaced))
            wanted += sign == 'Q'   ? single
                      : sign == 'S' ? within_single
                      : sign == 'D' ? within_double
                      : sign == 'C' ? path
                                    : std::string(1, sign);
        EXPECT_EQ(with_path(command, path), wanted) << command;
    }
}

TEST(ShellQuoting, LeavesPlainWordsAsTheyAre) {
    for (const std::string command : {"check P", "'P'", "\"P\"", "\\P", "\"\\P\"", "`P`", "# P",
                                      "\"`echo P`\"", "$(P)", "P\nP"}) {
        std::string wanted = command;
        for (std::size_t at = 0; (at = wanted.find('P', at)) != std::string::npos;)
            wanted.replace(at, 1, "/etc/a.cfg");
        EXPECT_EQ(with_path(command, "/etc/a.cfg"), wanted);
    }
}

TEST(ShellQuoting, IsRefusedInBackquotes) {
    for (const char* const command : {"`P`", "x `echo 'P'`", "\"`echo P`\"", "`echo \"P\"`"})
        EXPECT_EQ(with_path(command, "a b"), "error: the path a b can't be quoted within "
                                             "backquotes; write $(…) instead of `…`");
    EXPECT_EQ(with_path("'`P`' \\`P \"\\`P\"", "a b"), "'`a b`' \\`'a b' \"\\`a b\"");
}

TEST(ShellQuoting, SpecialTexts) {
    EXPECT_EQ(with_path("P", ""), "''");
    EXPECT_EQ(with_path("P", "a\nb"), "'a\nb'");
    EXPECT_EQ(with_path("# P\n'P'", "a\nb'"), "# a b'\n'a\nb'\\'''");
    EXPECT_EQ(with_path("P", "P P"), "'P P'") << "is not replaced again";
    EXPECT_EQ(with_path("\"\\P\"", "$(x)"), "\"\\\\\\$(x)\"") << "nothing takes its \\ away";
}

TEST(ShellQuoting, TakesSeveralStandIns) {
    const std::array<StandIn, 2> stand_ins{{{"SRC", "/a b"}, {"DEST", "/c"}}};
    EXPECT_EQ(replace_stand_ins("cmp SRC DEST SRCDEST", stand_ins).value(),
              "cmp '/a b' /c '/a b'/c");
}

} // namespace
} // namespace hitless::confd
