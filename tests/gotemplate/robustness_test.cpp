#include "gotemplate/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::gotemplate::test {
namespace {

using ::testing::HasSubstr;

std::string repeated(std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i)
        out += text;
    return out;
}

TEST(Robustness, EndlessRecursionOfTemplates) {
    EXPECT_THAT(render("{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}"),
                HasSubstr("exceeded maximum template depth"));
    // As deep as it gets: control structures, parentheses and calls at once.
    EXPECT_THAT(render("{{define \"x\"}}" + repeated("{{with 1}}{{if (((1)))}}{{range 1}}", 50) +
                       "{{template \"x\" (((1)))}}" + repeated("{{end}}{{end}}{{end}}", 50) +
                       "{{end}}{{template \"x\"}}"),
                HasSubstr("exceeded maximum template depth"));
}

TEST(Robustness, DeepNesting) {
    const std::string deep = "{{" + repeated("(", 400) + "1" + repeated(")", 400) + "}}";
    EXPECT_EQ(render(deep), "1");
    EXPECT_THAT(render("{{" + repeated("(", 100'000)),
                HasSubstr("levels of actions or parentheses"));
    EXPECT_THAT(render(repeated("{{if 1}}", 100'000)),
                HasSubstr("levels of actions or parentheses"));
    EXPECT_THAT(render("{{if 0}}" + repeated("{{else if 0}}", 100'000) + "{{end}}"),
                HasSubstr("levels of actions or parentheses"));
}

TEST(Robustness, EndlessLoops) {
    EXPECT_THAT(render("{{range 1000000000000}}{{end}}"), HasSubstr("steps"));
    EXPECT_THAT(render("{{range 1000000}}{{range 1000000}}{{end}}{{end}}"), HasSubstr("steps"));
    EXPECT_THAT(render("{{define \"x\"}}{{template \"y\"}}{{template \"y\"}}{{end}}"
                       "{{define \"y\"}}{{range 9999}}{{range 9999}}{{end}}{{end}}{{end}}"
                       "{{template \"x\"}}"),
                HasSubstr("steps"));
}

TEST(Robustness, Memory) {
    EXPECT_THAT(render("{{range 1000000000}}0123456789 0123456789 0123456789{{end}}"),
                HasSubstr("bytes"));
    EXPECT_THAT(render("{{$x := \"0123456789\"}}{{range 100}}{{$x = print $x $x}}{{end}}"),
                HasSubstr("too long"));
    EXPECT_THAT(render("{{range 1000}}{{$x := printf \"%1000000d\" 1}}{{end}}"),
                HasSubstr("too long"));
    EXPECT_THAT(
        render("{{printf \"" + repeated("%1000000d", 1000) + "\"" + repeated(" 1", 1000) + "}}"),
        HasSubstr("too long"));
    EXPECT_EQ(render("{{printf \"%99999999999999999999d\" 1}}"), "%!(NOVERB)%!(EXTRA int=1)");
    EXPECT_THAT(render("{{" + repeated("1 ", 1'000'000) + "}}"), HasSubstr("words and signs"));
    EXPECT_THAT(render("{{print" + repeated(" 1", 200'000) + "}}"), HasSubstr("operands"));
    EXPECT_THAT(render(repeated("{{$x := 1}}", 2000)), HasSubstr("variables"));
}

/// Functions that read much and give little are steps as well.
TEST(Robustness, FunctionsThatTakeTime) {
    EXPECT_THAT(
        render("{{$x := printf \"%1000000d\" 1}}{{range 1000000000}}{{if eq $x $x}}{{end}}{{end}}"),
        HasSubstr("steps"));
    EXPECT_THAT(
        render("{{$x := printf \"%1000000d\" 1}}{{range 1000000000}}{{printf \"%.0s\" $x}}{{end}}"),
        HasSubstr("steps"));
}

TEST(Robustness, Lists) {
    EXPECT_THAT(
        render("{{range 1000000000}}{{$x := slice $ 0 100000}}{{end}}", Value(List(100'000))),
        HasSubstr("lists of more than"));
}

TEST(Robustness, DeepValues) {
    Value deep(List{});
    for (int i = 0; i < 2000; ++i)
        deep = Value(List{deep});
    EXPECT_THAT(render("{{.}}", deep), HasSubstr("too deep"));
    EXPECT_THAT(render("{{print .}}", deep), HasSubstr("too deep"));
    EXPECT_THAT(render("{{printf \"%d\" .}}", deep), HasSubstr("too deep"));
}

TEST(Robustness, BytesThatAreNotUtf8) {
    EXPECT_EQ(render("\xff{{\"a\xff\"}}"), "\xff"
                                           "a\xef\xbf\xbd");
    EXPECT_EQ(render("{{`\xff`}}"), "\xff");
    EXPECT_THAT(render("{{\xff}}"), HasSubstr("unrecognized character in action"));
    EXPECT_EQ(render(std::string_view("a\0b", 3)), std::string("a\0b", 3));
}

/// No prefix of a template that uses everything crashes the parser.
TEST(Robustness, CutOffTemplates) {
    const std::string text =
        "a {{- /* c */ -}} {{define \"d\"}}{{$}}{{end}}{{range $i, $x := .list}}{{if and (eq $x "
        "`a`) "
        "(not false)}}{{printf \"%d\\n\" 'c' | print 0x1p-2 .map.sub}}{{else if (.x).y}}{{break}}"
        "{{else}}{{continue}}{{end}}{{end}}{{with $y := 1}}{{template \"d\" $y}}{{end}}";
    for (std::size_t i = 0; i <= text.size(); ++i) {
        EXPECT_NE(render(text.substr(0, i)), "never");
        EXPECT_NE(render(text.substr(i)), "never");
    }
}

} // namespace
} // namespace hitless::gotemplate::test
