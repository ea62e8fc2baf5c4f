#include "gotemplate/rendering.hpp"

namespace hitless::gotemplate::test {
namespace {

using testing::ValuesIn;
using Cases = std::vector<Case>;

TEST_P(Rendering, Gives) {
    EXPECT_EQ(render(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Text, Rendering,
                         ValuesIn(Cases{
                             {"", ""},
                             {"plain } text {", "plain } text {"},
                             {"a{{/* nothing */}}b", "ab"},
                             {"a {{- /* nothing */ -}} b", "ab"},
                             {"a \n {{- 1 -}} \t\r\n b", "a1b"},
                             {"a {{- 1}} b", "a1 b"},
                             {"a {{1 -}} b", "a 1b"},
                             {"{{-3}} {{- 3}}", "-33"},
                             {"{{1\n-}}\n x", "1x"},
                             {"x\n{{- \"\" }}\ny", "x\ny"},
                             {"{{print 1}}}}", "1}}"},
                         }));

INSTANTIATE_TEST_SUITE_P(
    Constants, Rendering,
    ValuesIn(Cases{
        {"{{1}} {{-1}} {{+1}} {{1_000}} {{0x1F}} {{0o17}} {{017}} {{0b101}}",
         "1 -1 1 1000 31 15 15 5"},
        {"{{1e3}} {{1.5}} {{.5}} {{1e6}} {{2.0}} {{0x1p4}} {{1e-7}}",
         "1000 1.5 0.5 1e+06 2 16 1e-07"},
        {"{{9223372036854775807}} {{-9223372036854775808}}",
         "9223372036854775807 -9223372036854775808"},
        {"{{'a'}} {{'\\n'}} {{'\\''}} {{'ä'}} {{'\\x41'}} {{'\\u00e4'}}", "97 10 39 228 65 228"},
        {R"({{"a\tb\"c\\\x41\101\u00e4\U0001F600"}})", "a\tb\"c\\AA\xc3\xa4\xf0\x9f\x98\x80"},
        {"{{`raw \\n \"`}}", "raw \\n \""},
        {"{{true}} {{false}}", "true false"},
        {"{{print nil}}", "<nil>"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Data, Rendering,
    ValuesIn(Cases{
        {"{{.str}} {{.int}} {{.float}} {{.big}} {{.yes}}", "abc 7 8080 1e+06 true"},
        {"{{.missing}} {{.missing.deeper}} {{.null}}", "<no value> <no value> <no value>"},
        {"{{.map.sub.deep}} {{.map.sub}} {{$.map.a}}", "down map[deep:down] 1"},
        {"{{(index .list 1)}} {{(.map).sub.deep}}", "b down"},
        {"{{.list}} {{.none}} {{.map}}", "[a b c] [] map[a:1 b:2 sub:map[deep:down]]"},
        {"{{.mixed}}", "[1 x 2.5 <nil> true [] map[]]"},
        {"{{.pair.Key}} {{.pair.Value}} {{.pair}}", "/app/a 10.0.0.1:80 {/app/a 10.0.0.1:80}"},
        {"{{.greeter.Greet}} {{.greeter.Greet \"you\" .str}} {{\"x\" | .greeter.Greet .str}}",
         "hello hello you abc hello abc x"},
        {"{{.greeter}} {{(.greeter).Greet}}", "a greeter hello"},
        {"{{.missing.method 1 2}}", "<no value>"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Control, Rendering,
    ValuesIn(Cases{
        {"{{if .yes}}a{{else}}b{{end}}{{if .no}}a{{else}}b{{end}}", "ab"},
        {"{{if .no}}a{{else if .int}}b{{else}}c{{end}}", "b"},
        {"{{if .no}}a{{else if .empty}}b{{else}}c{{end}}", "c"},
        {"{{if .null}}x{{end}}{{if .none}}x{{end}}{{if 0}}x{{end}}{{if 0.0}}x{{end}}{{if "
         ".pair}}y{{end}}",
         "y"},
        {"{{with .map}}{{.a}}{{.b}}{{end}}{{with .empty}}x{{else}}{{.int}}{{end}}", "127"},
        {"{{with .empty}}x{{else with .str}}{{.}}{{else}}y{{end}}", "abc"},
        {"{{with $x := .str}}{{$x}}{{.}}{{$.int}}{{end}}", "abcabc7"},
        {"{{range .list}}{{.}},{{end}}", "a,b,c,"},
        {"{{range $x := .list}}{{$x}}{{.}} {{end}}", "aa bb cc "},
        {"{{range $i, $x := .list}}{{$i}}={{$x}} {{end}}", "0=a 1=b 2=c "},
        {"{{range $k, $v := .map}}{{$k}}={{$v}} {{end}}", "a=1 b=2 sub=map[deep:down] "},
        {"{{range .none}}x{{else}}empty{{end}}{{range .missing}}x{{else}}nothing{{end}}",
         "emptynothing"},
        {"{{range 3}}{{.}}{{end}}{{range $i := 2}}<{{$i}}>{{end}}{{range 0}}x{{else}}-{{end}}",
         "012<0><1>-"},
        {"{{range .list}}{{if eq . \"b\"}}{{continue}}{{end}}{{.}}{{end}}", "ac"},
        {"{{range .list}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "a"},
        {"{{range .list}}{{range $.list}}{{break}}{{end}}{{.}}{{end}}", "abc"},
        {"{{range .pairs}}{{.Key}}:{{.Value}} {{end}}", "/k/a:1 /k/b:2 "},
        {"{{range .mixed}}{{.}}|{{end}}", "1|x|2.5|<no value>|true|[]|map[]|"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Variables, Rendering,
    ValuesIn(Cases{
        {"{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "12"},
        {"{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"},
        {"{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"},
        {"{{$x := 0}}{{range .list}}{{$x = .}}{{end}}{{$x}}", "c"},
        {"{{$x := .map}}{{$x.a}}{{$x.sub.deep}}", "1down"},
        {"{{$x := .map}}{{$x = $x.sub}}{{$x}}", "map[deep:down]"},
        {"{{$x := .map}}{{with $x.sub}}{{$x = 1}}{{.deep}}{{end}}", "down"},
        {"{{$x := .list}}{{range $x}}{{$x = 1}}{{.}}{{end}}{{$x}}", "abc1"},
        {"{{$x := \"long enough to live on the heap\"}}{{print $x ($x = 1)}}",
         "long enough to live on the heap1"},
        {"{{$x := 0}}{{$x := and false ($x := 1)}}{{$x}}", "false"},
        {"{{$y := 0}}{{or true ($y := 1)}}{{$y}}{{or false ($y := 2)}}{{$y}}", "true022"},
        {"{{$y := 0}}{{if false}}{{$y := 1}}{{else}}{{$y}}{{end}}", "0"},
        {"{{$ = 5}}{{$}} {{.int}}", "5 7"},
        {"{{$i := 9}}{{$x := 9}}{{range $i, $x = .list}}{{end}}{{$i}}{{$x}}", "2c"},
        {"{{$x := 1}}{{define \"d\"}}{{$x := 2}}{{$x}}{{end}}{{template \"d\"}}{{$x}}", "21"},
        {"{{range $i, $v := .list}}{{$v := $i}}{{$v}}{{end}}", "012"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Templates, Rendering,
    ValuesIn(Cases{
        {"{{define \"x\"}}<{{.}}>{{end}}{{template \"x\" .str}}{{template \"x\"}}",
         "<abc><<no value>>"},
        {"{{template \"x\" 1}}{{define `x`}}{{$}}{{end}}", "1"},
        {"{{block \"b\" .list}}{{len .}}{{end}}{{template \"b\" .str}}", "33"},
        {"{{define \"x\"}}{{end}}{{define \"x\"}}full{{end}}{{template \"x\"}}", "full"},
        {"{{define \"x\"}}full{{end}}{{define \"x\"}} {{end}}{{template \"x\"}}", "full"},
        {"{{define \"t\"}}in place of the file{{end}}  ", "in place of the file"},
        {"{{define \"n\"}}{{if .}}{{len .}}{{template \"n\" slice . 1}}{{end}}{{end}}{{template "
         "\"n\" .list}}",
         "321"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Functions, Rendering,
    ValuesIn(Cases{
        {"{{and 1 0 2}} {{and 1 2}} {{or 0 \"\" 3}} {{or 0 \"\"}} {{not 0}} {{not .str}}",
         "0 2 3  true false"},
        {"{{and false refuse}} {{or true refuse}}", "false true"},
        {"{{1 | and 0}} {{1 | or 0}}", "0 1"},
        {"{{len .str}} {{len .list}} {{len .map}}", "3 3 3"},
        {"{{index .list 1}} {{index .map \"sub\" \"deep\"}} {{index .map \"none\"}} {{index .str "
         "1}}",
         "b down <no value> 98"},
        {"{{index .mixed 3}} {{index .list}}", "<no value> [a b c]"},
        {"{{slice .list 1}} {{slice .list 1 2}} {{slice .str 1}} {{slice .str 0 2}} {{slice .list "
         "0 1 2}}",
         "[b c] [b] bc ab [a]"},
        {"{{print 1 2 \"a\" \"b\" 3 4}} {{print}}|{{println 1 \"a\"}}", "1 2ab3 4 |1 a\n"},
        {"{{html \"<a href='x'>&\\\"\" 1}} {{html nil}}",
         "&lt;a href=&#39;x&#39;&gt;&amp;&#34;1 &lt;no value&gt;"},
        {"{{js \"'\\\"\\\\<>&=\\n\\u00e4\"}}", R"(\'\"\\\u003C\u003E\u0026\u003D\u000A)"
                                               "\xc3\xa4"},
        {"{{urlquery \"a b&c=d/\\u00e4~\"}}", "a+b%26c%3Dd%2F%C3%A4~"},
        {"{{eq 1 1}} {{eq 1 2 3 1}} {{eq .str \"abc\"}} {{eq 1.0 1.0}} {{eq nil nil}} {{eq .str "
         "nil}}",
         "true true true true true false"},
        {"{{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge \"b\" \"a\"}} {{lt 1.5 2.5}}",
         "true true true false true true"},
        {"{{eq .pair .pair}} {{eq .pair (index .pairs 0)}}", "true false"},
        {"{{echo 1 | echo}} {{\"x\" | join \"a\" \"b\"}} {{count}} {{count 1 2 3}}",
         "1 a;b;x; 0 3"},
        {"{{.str | printf \"%s-%d\" .str 2 | len}}", "25"},
        {"{{echo .missing}} {{echo nil}} {{(echo .map).a}}", "<no value> <no value> 1"},
    }));

} // namespace
} // namespace hitless::gotemplate::test
