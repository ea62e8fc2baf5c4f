#include "gotemplate/rendering.hpp"

namespace hitless::gotemplate::test {
namespace {

using testing::ValuesIn;
using Cases = std::vector<Case>;

/// The operands of printf, and what it prints.
class Printf : public Rendering {};

TEST_P(Printf, Prints) {
    EXPECT_EQ(render("{{printf " + GetParam().text + "}}"), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Integers, Printf,
    ValuesIn(Cases{
        {R"("%d|%5d|%-5d|%05d|%+d|% d" 42 42 42 42 42 42)", "42|   42|42   |00042|+42| 42"},
        {R"("%x %X %#x %o %#o %O %b %#b" 255 255 255 8 8 8 5 5)",
         "ff FF 0xff 10 010 0o10 101 0b101"},
        {R"("%c %q %U %#U" 65 65 65 65)", "A 'A' U+0041 U+0041 'A'"},
        {R"("%.3d|%.0d|%5.2d|%-5.2d|%05.2d" 7 0 7 7 7)", "007||   07|07   |   07"},
        {R"("%v %+v %#v" -1 1 1)", "-1 1 1"},
        {R"("%06d" -42)", "-00042"},
    }));

INSTANTIATE_TEST_SUITE_P(Floats, Printf,
                         ValuesIn(Cases{
                             {R"("%v %v %v %v" 1.0 1e6 123456.0 1e-5)", "1 1e+06 123456 1e-05"},
                             {R"("%f %.2f %8.3f|%-8.1f|%08.1f|%+.1f" 1.5 1.555 1.5 1.5 1.5 1.5)",
                              "1.500000 1.55    1.500|1.5     |000001.5|+1.5"},
                             {R"("%e %E %.1e %g %G %.3g" 1500.0 1500.0 1500.0 1e21 1e21 1234.5)",
                              "1.500000e+03 1.500000E+03 1.5e+03 1e+21 1E+21 1.23e+03"},
                             {R"("%b %x %X %.1x" 1.0 1.5 1.5 1.5)",
                              "4503599627370496p-52 0x1.8p+00 0X1.8P+00 0x1.8p+00"},
                             {R"("%#g %#.0f %#v" 1.0 1.0 1.0)", "1.00000 1. 1"},
                             {R"("%F" 1.0)", "1.000000"},
                         }));

INSTANTIATE_TEST_SUITE_P(Strings, Printf,
                         ValuesIn(Cases{
                             {R"("%s|%5s|%-5s|%.2s|%05s" "abc" "abc" "abc" "abc" "abc")",
                              "abc|  abc|abc  |ab|00abc"},
                             {R"("%q %+q %#q %x %X % x %#x" "aä" "aä" "a" "az" "az" "az" "az")",
                              "\"a\xc3\xa4\" \"a\\u00e4\" `a` 617a 617A 61 7a 0x617a"},
                             {R"("%q" "\x00\n\t\"\\\xff")", R"("\x00\n\t\"\\\xff")"},
                             {R"("%v %#v %T" "a" "a" "a")", R"(a "a" string)"},
                             {R"("%3s|%-3s|" "ä" "ä")", "  \xc3\xa4|\xc3\xa4  |"},
                         }));

INSTANTIATE_TEST_SUITE_P(
    Others, Printf,
    ValuesIn(Cases{
        {R"("%t %v %5t" true false true)", "true false  true"},
        {R"("%v %s %d" nil nil nil)", "<nil> %!s(<nil>) %!d(<nil>)"},
        {R"("%v %s %q %d" .list .list .list .list)",
         R"([a b c] [a b c] ["a" "b" "c"] [%!d(string=a) %!d(string=b) %!d(string=c)])"},
        {R"("%v %+v %#v" .pair .pair .pair)",
         R"({/app/a 10.0.0.1:80} {Key:/app/a Value:10.0.0.1:80} )"
         R"(memkv.KVPair{Key:"/app/a", Value:"10.0.0.1:80"})"},
        {R"("%v %d" .map.sub .map.sub)", "map[deep:down] map[%!d(string=deep):%!d(string=down)]"},
        {R"("%#v" .mixed)", R"([]interface {}{1, "x", 2.5, interface {}(nil), true, )"
                            R"([]interface {}{}, map[string]interface {}{}})"},
        {R"("%T %T %T %T %T %T" 1 1.0 true .list .map .pair)",
         "int float64 bool []interface {} map[string]interface {} memkv.KVPair"},
        {R"("%5d|%-3d" .list .list)", "[%!d(string=    a) %!d(string=    b) %!d(string=    c)]|"
                                      "[%!d(string=a  ) %!d(string=b  ) %!d(string=c  )]"},
        {R"("%v %s" .greeter .greeter)", "a greeter a greeter"},
    }));

INSTANTIATE_TEST_SUITE_P(Directives, Printf,
                         ValuesIn(Cases{
                             {R"("100%%")", "100%"},
                             {R"("%d" "x")", "%!d(string=x)"},
                             {R"("%s" 1)", "%!s(int=1)"},
                             {R"("%z %!" 1)", "%!z(int=1) %!!(MISSING)"},
                             {R"("%d")", "%!d(MISSING)"},
                             {R"("a" 1 "b" nil)", "a%!(EXTRA int=1, string=b, <nil>)"},
                             {R"("%")", "%!(NOVERB)"},
                             {R"("%[2]d %[1]d" 1 2)", "2 1"},
                             {R"("%[3]d %[x]d %[0]d" 1 2)",
                              "%!d(BADINDEX) %!d(BADINDEX) %!d(BADINDEX)"},
                             {R"("%*d|%-*d|%.*f" 5 42 5 42 2 3.14159)", "   42|42   |3.14"},
                             {R"("%*d" "x" 42)", "%!(BADWIDTH)42"},
                             {R"("%.*f" -1 1.5)", "%!(BADPREC)1.500000"},
                             {R"("%[1]*d" 5)", "%!d(MISSING)"},
                             {R"("%6.2f%%" 12.345)", " 12.35%"},
                         }));

} // namespace
} // namespace hitless::gotemplate::test
