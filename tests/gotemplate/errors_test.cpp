#include "gotemplate/rendering.hpp"

namespace hitless::gotemplate::test {
namespace {

using testing::ValuesIn;
using Cases = std::vector<Case>;

/// A template that doesn't parse, and Go's message after "template: t:".
class ParseErrors : public Rendering {};

TEST_P(ParseErrors, SayWhatAndWhere) {
    EXPECT_EQ(render(GetParam().text), "template: t:" + GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseErrors,
    ValuesIn(Cases{
        {"{{", "1: unclosed action"},
        {"a\n{{if\n .x", "3: unclosed action started at t:2"},
        {"{{if .x}}", "1: unexpected EOF"},
        {"{{end}}", "1: unexpected {{end}}"},
        {"{{else}}", "1: unexpected {{else}}"},
        {"\n{{nosuch 1}}", "2: function \"nosuch\" not defined"},
        {"{{$x}}", "1: undefined variable \"$x\""},
        {"{{if}}x{{end}}", "1: missing value for if"},
        {"{{}}", "1: missing value for command"},
        {"{{1 | 2}}", "1: non executable command in pipeline stage 2"},
        {"{{| print}}", "1: unexpected \"|\" in command"},
        {"{{1.5.x}}", "1: unexpected . after term \"1.5\""},
        {"{{1x}}", "1: bad number syntax: \"1x\""},
        {"{{\"a\".x}}", "1: unexpected . after term \"\\\"a\\\"\""},
        {"{{\"a}}", "1: unterminated quoted string"},
        {"{{`a}}", "1: unterminated raw quoted string"},
        {"{{'a}}", "1: unterminated character constant"},
        {"{{'ab'}}", "1: malformed character constant: 'ab'"},
        {"{{\"\\q\"}}", "1: invalid syntax"},
        {"{{(1}}", "1: unclosed left paren"},
        {"{{1)}}", "1: unexpected \")\" in command"},
        {"{{a#b}}", "1: bad character U+0023 '#'"},
        {"{{/* x }}", "1: unclosed comment"},
        {"{{/* x */ 1}}", "1: comment ends before closing delimiter"},
        {"{{break}}", "1: {{break}} outside {{range}}"},
        {"{{range .list}}{{else}}{{continue}}{{end}}", "1: {{continue}} outside {{range}}"},
        {"{{define \"x\"}}1{{end}}{{define \"x\"}}2{{end}}",
         "1: template: multiple definition of template \"x\""},
        {"{{define 1}}{{end}}", "1: unexpected \"1\" in define clause"},
        {"{{if 1}}{{define \"x\"}}{{end}}{{end}}", "1: unexpected <define> in command"},
        {"{{$x, $y := 1}}", "1: too many declarations in command"},
        {"{{range $x, $y, $z := .list}}{{end}}", "1: too many declarations in range"},
        {"{{range $x, 1}}{{end}}", "1: range can only initialize variables"},
        {"{{if 1}}{{else}}{{else}}{{end}}", "1: expected end; found {{else}}"},
        {"{{08}}", "1: integer overflow: \"08\""},
        {"{{1__0}}", "1: illegal number syntax: \"1__0\""},
        {"{{2i}}", "1: complex numbers are not supported: 2i"},
        {"{{print a_very_long_name_of_a_function=}}", "1: bad character U+003D '='"},
        {"{{print 1 = \"a long string\"}}", "1: unexpected \"=\" in operand"},
    }));

/// A template that fails when executed, and Go's message after "template: t:".
class ExecutionErrors : public Rendering {};

TEST_P(ExecutionErrors, SayWhatAndWhere) {
    EXPECT_EQ(render(GetParam().text), "template: t:" + GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, ExecutionErrors,
    ValuesIn(Cases{
        {"a\n b{{.str.x}}",
         "2:8: executing \"t\" at <.str.x>: can't evaluate field x in type string"},
        {"{{.null.x}}", "1:7: executing \"t\" at <.null.x>: nil pointer evaluating interface {}.x"},
        {"{{nil}}", "1:2: executing \"t\" at <nil>: nil is not a command"},
        {"{{refuse 1}}", "1:2: executing \"t\" at <refuse 1>: error calling refuse: refused"},
        {"{{index .list 5}}",
         "1:2: executing \"t\" at <index .list 5>: error calling index: index out of range: 5"},
        {"{{index .list 3}}",
         "1:2: executing \"t\" at <index .list 3>: error calling index: index out of range: 3"},
        {"{{index .list \"x\"}}",
         "1:2: executing \"t\" at <index .list \"x\">: error calling index: "
         "cannot index slice/array with type string"},
        {"{{index .map 1}}", "1:2: executing \"t\" at <index .map 1>: error calling index: "
                             "value has type int; should be string"},
        {"{{slice .list 2 1}}", "1:2: executing \"t\" at <slice .list 2 1>: error calling slice: "
                                "invalid slice index: 2 > 1"},
        {"{{len 1}}", "1:2: executing \"t\" at <len 1>: error calling len: len of type int"},
        {"{{len}}", "1:2: executing \"t\" at <len>: wrong number of args for len: want 1 got 0"},
        {"{{printf 1}}", "1:9: executing \"t\" at <1>: expected string; found 1"},
        {"{{printf .int}}", "1:9: executing \"t\" at <.int>: "
                            "wrong type for value; expected string; got int"},
        {"{{eq 1 \"1\"}}", "1:2: executing \"t\" at <eq 1 \"1\">: error calling eq: "
                           "incompatible types for comparison"},
        {"{{eq 1 1.0}}", "1:2: executing \"t\" at <eq 1 1.0>: error calling eq: "
                         "incompatible types for comparison"},
        {"{{eq 1}}",
         "1:2: executing \"t\" at <eq 1>: error calling eq: missing argument for comparison"},
        {"{{lt true false}}", "1:2: executing \"t\" at <lt true false>: error calling lt: "
                              "invalid type for comparison"},
        {"{{range .int | printf \"%d\"}}{{end}}",
         "1:22: executing \"t\" at <\"%d\">: range can't iterate over 7"},
        {"{{1 2}}", "1:2: executing \"t\" at <1>: can't give argument to non-function 1"},
        {"{{.map.a 1}}", "1:6: executing \"t\" at <.map.a>: a is not a method but has arguments"},
        {"{{.pair.Key 1}}", "1:7: executing \"t\" at <.pair.Key>: "
                            "Key has arguments but cannot be invoked as function"},
        {"{{.pair.Nope}}",
         "1:7: executing \"t\" at <.pair.Nope>: can't evaluate field Nope in type memkv.KVPair"},
        {"{{.greeter.Fail}}",
         "1:10: executing \"t\" at <.greeter.Fail>: error calling Fail: no luck"},
        {"{{template \"nope\"}}",
         "1:11: executing \"t\" at <{{template \"nope\"}}>: template \"nope\" not defined"},
        {"{{define \"d\"}}{{.str.x}}{{end}}\n{{template \"d\" .}}",
         "1:20: executing \"d\" at <.str.x>: can't evaluate field x in type string"},
        {"{{$x = 1}}", "1:7: executing \"t\" at <1>: undefined variable: $x"},
        {"{{if false}}{{$y := 1}}{{else}}{{$y}}{{end}}",
         "1:33: executing \"t\" at <$y>: undefined variable: $y"},
        {"{{9223372036854775808}}",
         "1:2: executing \"t\" at <9223372036854775808>: 9223372036854775808 overflows int"},
        {"{{call 1}}", "1:2: executing \"t\" at <call 1>: error calling call: "
                       "non-function of type int"},
        {"{{range $i, $v := 3}}{{end}}", "1:18: executing \"t\" at <3>: "
                                         "can't use 3 to iterate over more than one variable"},
    }));

} // namespace
} // namespace hitless::gotemplate::test
