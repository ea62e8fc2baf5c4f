#include "confd/calls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <unistd.h>

namespace hitless::confd {
namespace {

using gotemplate::List;
using gotemplate::Map;
using gotemplate::Value;
using testing::HasSubstr;

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

/// A call and its result as JSON. The results are those of Go 1.19's libraries.
struct Case {
    const char* name;
    std::vector<Value> arguments;
    const char* result;
};

Value strings(const Strings& texts) {
    return to_value(texts);
}

void check(std::initializer_list<Case> cases) {
    for (const auto& [name, arguments, result] : cases)
        EXPECT_EQ(call(name, arguments), result)
            << name << " "
            << write_json(List(arguments.begin(), arguments.end()), JsonStyle::compact).value();
}

TEST(Functions, OnPaths) {
    check({
        {"base", {"/a/b"}, R"("b")"},
        {"base", {"/a/b//"}, R"("b")"},
        {"base", {""}, R"(".")"},
        {"base", {"//"}, R"("/")"},
        {"base", {"a"}, R"("a")"},
        {"dir", {"/a/b"}, R"("/a")"},
        {"dir", {"/a/b/"}, R"("/a/b")"},
        {"dir", {"/a"}, R"("/")"},
        {"dir", {"a"}, R"(".")"},
        {"dir", {""}, R"(".")"},
        {"dir", {"a/b/../c"}, R"("a")"},
        {"dir", {"../../a/b"}, R"("../../a")"},
        {"dir", {"/../a/./b/c"}, R"("/a/b")"},
    });
}

TEST(Functions, OnStrings) {
    check({
        {"split", {"a,b,,c", ","}, R"(["a","b","","c"])"},
        {"split", {"", ","}, R"([""])"},
        {"split", {"aé😀", ""}, R"(["a","é","😀"])"},
        {"split", {"", ""}, "[]"},
        {"split", {"a::b", "::"}, R"(["a","b"])"},
        {"join", {strings({"a", "b"}), "-"}, R"("a-b")"},
        {"join", {strings({}), "-"}, R"("")"},
        {"join", {strings({"", ""}), "-"}, R"("-")"},
        {"join", {List{"a", 1}, "-"}, "error: argument 1: expected []string; got []interface {}"},
        {"join", {Value(), "-"}, R"("")"},
        {"join", {"a", "-"}, "error: argument 1: expected []string; got string"},
        {"replace", {"a.b.c", ".", "-", -1}, R"("a-b-c")"},
        {"replace", {"a.b.c", ".", "-", 1}, R"("a-b.c")"},
        {"replace", {"a.b.c", ".", "-", 0}, R"("a.b.c")"},
        {"replace", {"é1", "", "-", -1}, R"("-é-1-")"},
        {"replace", {"é1", "", "-", 2}, R"("-é-1")"},
        {"replace", {"", "", "-", -1}, R"("-")"},
        {"replace", {"aaa", "aa", "b", -1}, R"("ba")"},
        {"replace", {"a", "b", "c"}, "error: wrong number of arguments: want 4 got 3"},
        {"contains", {"abc", "b"}, "true"},
        {"contains", {"abc", ""}, "true"},
        {"contains", {"abc", "d"}, "false"},
        {"trimSuffix", {"a.b.b", ".b"}, R"("a.b")"},
        {"trimSuffix", {"a", "abc"}, R"("a")"},
        {"trimPrefix", {"xxa", "x"}, R"("xa")"},
        {"toUpper", {"aé😀ß\xff!"}, R"("AÉ😀ß�!")"},
        {"toLower", {"AÉÀŽ1"}, R"("aéàž1")"},
        {"repeat", {3, "ab"}, R"("ababab")"},
        {"repeat", {-3, "ab"}, R"("")"},
        {"repeat", {most, ""}, R"("")"},
        {"nospace", {" a\tb\n\u00a0c\u3000"}, R"("abc")"},
        {"snakecase", {"HTTPServerName-x y"}, R"("http_server_name_x_y")"},
        {"snakecase", {""}, R"("")"},
        {"camelcase", {"some_setting-name"}, R"("someSettingName")"},
        {"camelcase", {"ÉcoleÉté"}, R"("écoleÉté")"},
        {"kebabcase", {"ServiceName2"}, R"("service-name2")"},
        {"indent", {2, "a\nb\n"}, R"("  a\n  b\n  ")"},
        {"indent", {-1, "a"}, R"("a")"},
        {"indent", {4, ""}, R"("")"},
        {"nindent", {1, "a\nb"}, R"("\n a\n b")"},
        {"nindent", {1, ""}, R"("\n")"},
        {"quote", {"a\"b\n"}, R"("\"a\\\"b\\n\"")"},
        {"squote", {"it's"}, R"("'it''s'")"},
    });
}

TEST(Functions, OnNumbers) {
    check({
        {"add", {2, 3}, "5"},
        {"add", {most, 1}, "-9223372036854775808"},
        {"sub", {2, 3}, "-1"},
        {"mul", {-4, 3}, "-12"},
        {"div", {-7, 2}, "-3"},
        {"div", {least, -1}, "-9223372036854775808"},
        {"div", {1, 0}, "error: division by zero"},
        {"mod", {-7, 2}, "-1"},
        {"mod", {least, -1}, "0"},
        {"mod", {1, 0}, "error: division by zero"},
        {"add", {1.0, 2}, "error: argument 1: expected int; got float64"},
        {"add", {1, Value()}, "error: argument 2: expected int; got nil"},
        {"add", {1}, "error: wrong number of arguments: want 2 got 1"},
        {"seq", {3, 5}, "[3,4,5]"},
        {"seq", {5, 5}, "[5]"},
        {"seq", {5, 3}, "[]"},
        {"seq", {most - 1, most}, "[9223372036854775806,9223372036854775807]"},
        {"seq", {least, most}, "error: the result would have more than 1000000 elements"},
        {"atoi", {"42"}, "42"},
        {"atoi", {"-42"}, "-42"},
        {"atoi", {"+42"}, "42"},
        {"atoi", {"007"}, "7"},
        {"atoi", {""}, "error: strconv.Atoi: parsing \"\": invalid syntax"},
        {"atoi", {"+-1"}, "error: strconv.Atoi: parsing \"+-1\": invalid syntax"},
        {"atoi", {" 1"}, "error: strconv.Atoi: parsing \" 1\": invalid syntax"},
        {"atoi", {"0x1"}, "error: strconv.Atoi: parsing \"0x1\": invalid syntax"},
        {"atoi",
         {"9223372036854775808"},
         "error: strconv.Atoi: parsing \"9223372036854775808\": value out of range"},
        {"parseBool", {"T"}, "true"},
        {"parseBool", {"False"}, "false"},
        {"parseBool", {"yes"}, "error: strconv.ParseBool: parsing \"yes\": invalid syntax"},
    });
}

TEST(Functions, OnJson) {
    check({
        {"json",
         {R"({"b":8080,"a":[1,"x",null,true],"c":{"d":1.5e300}})"},
         R"({"a":[1,"x",null,true],"b":8080,"c":{"d":1.5e+300}})"},
        {"json", {"{}"}, "{}"},
        {"json", {"null"}, "{}"},
        {"json", {R"({"a":1,"a":2})"}, R"({"a":2})"},
        {"json", {"{\"a\":\"\xff\"}"}, "{\"a\":\"\xef\xbf\xbd\"}"},
        {"json", {R"({"a":"\u00e9\ud83d\ude00"})"}, R"({"a":"é😀"})"},
        {"json",
         {"[1]"},
         "error: json: cannot unmarshal array into Go value of type map[string]interface {}"},
        {"json",
         {"5"},
         "error: json: cannot unmarshal number into Go value of type map[string]interface {}"},
        {"jsonArray", {"[1, [2]]"}, "[1,[2]]"},
        {"jsonArray", {"null"}, "[]"},
        {"jsonArray",
         {"{}"},
         "error: json: cannot unmarshal object into Go value of type []interface {}"},
        {"jsonArray",
         {R"("x")"},
         "error: json: cannot unmarshal string into Go value of type []interface {}"},
        {"fromJson", {"5"}, "5"},
        {"fromJson", {" \"x\" "}, R"("x")"},
        {"fromJson", {"null"}, "null"},
    });
    for (const char* const bad : {"", "{", "{}x", "{'a':1}", "[1,]", "1e400", "nul", "\"\n\""})
        EXPECT_THAT(call("fromJson", {bad}), HasSubstr("error: invalid JSON at byte ")) << bad;
    EXPECT_EQ(call("fromJson", {std::string(100'000, '[')}),
              "error: JSON of more than 1000 levels");
    EXPECT_EQ(*functions(nullptr)["fromJson"](std::vector<Value>{"8080"})->as<double>(), 8080.0);
}

TEST(Functions, WriteJsonAsGoDoes) {
    check({
        {"toJson", {Value()}, R"("null")"},
        {"toJson",
         {Map{{"b", 1}, {"a", List{"<x>&", true}}}},
         R"("{\"a\":[\"\\u003cx\\u003e\\u0026\",true],\"b\":1}")"},
        {"toJson", {"a\"\\\n\t\x01\u2028"}, R"("\"a\\\"\\\\\\n\\t\\u0001\\u2028\"")"},
        {"toPrettyJson",
         {Map{{"a", List{1, 2}}, {"b", Map{}}, {"c", List{}}}},
         R"("{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}")"},
    });
    struct Number {
        double value;
        const char* text;
    };
    for (const auto& [value, text] :
         {Number{0, "0"}, Number{8080, "8080"}, Number{-1.5, "-1.5"},
          Number{1e20, "100000000000000000000"}, Number{1e21, "1e+21"}, Number{1.5e-6, "0.0000015"},
          Number{1e-7, "1e-7"}, Number{1.25e-10, "1.25e-10"}, Number{0.1, "0.1"},
          Number{123456789.125, "123456789.125"}, Number{1e300, "1e+300"}, Number{5e-324, "5e-324"},
          Number{-0.0, "-0"}})
        EXPECT_EQ(write_json(value, JsonStyle::compact).value(), text);
    EXPECT_THAT(call("toJson", {std::numeric_limits<double>::infinity()}),
                HasSubstr("error: json: unsupported value"));
}

TEST(Functions, OnCollections) {
    const Map map{{"b", 2}, {"a", 1}};
    check({
        {"map", {"a", 1, "b", "x"}, R"({"a":1,"b":"x"})"},
        {"map", {}, "{}"},
        {"map", {"a"}, "error: invalid map call"},
        {"map", {1, 2}, "error: map keys must be strings"},
        {"dict", {"a", Value()}, R"({"a":null})"},
        {"list", {1, "a", List{}}, R"([1,"a",[]])"},
        {"list", {}, "[]"},
        {"hasKey", {map, "a"}, "true"},
        {"hasKey", {map, "c"}, "false"},
        {"hasKey", {"x", "c"}, "error: argument 1: expected map; got string"},
        {"keys", {map}, R"(["a","b"])"},
        {"values", {map}, "[1,2]"},
        {"append", {List{1}, "x"}, R"([1,"x"])"},
        {"pluck", {"a", map, Map{}, map}, "[1,1]"},
        {"pluck", {"a", 5}, "error: argument 2: expected map; got int"},
        {"reverse", {strings({"1", "2", "3"})}, R"(["3","2","1"])"},
        {"reverse", {List{1, 2, 3}}, "[1,2,3]"},
        {"reverse", {"abc"}, R"("abc")"},
        {"sortByLength", {strings({"ccc", "a", "bb", "b"})}, R"(["a","b","bb","ccc"])"},
        {"sortByLength", {List{1}}, "error: argument 1: expected []string; got []interface {}"},
        {"sortKVByLength",
         {List{"a"}},
         "error: argument 1: expected []memkv.KVPair; got []interface {}"},
    });
}

TEST(Functions, OnEncodings) {
    check({
        {"base64Encode", {"hello"}, R"("aGVsbG8=")"},
        {"base64Encode", {""}, R"("")"},
        {"base64Decode", {"aGVsbG8="}, R"("hello")"},
        {"base64Decode", {"aGVs\r\nbG8="}, R"("hello")"},
        {"base64Decode", {"aGU="}, R"("he")"},
        {"base64Decode", {"aA=="}, R"("h")"},
        {"base64Decode", {""}, R"("")"},
        {"base64Decode", {"aGVsbG8"}, "error: illegal base64 data at input byte 7"},
        {"base64Decode", {"a=Gs"}, "error: illegal base64 data at input byte 1"},
        {"base64Decode", {"aA=b"}, "error: illegal base64 data at input byte 3"},
        {"base64Decode", {"aGVs-"}, "error: illegal base64 data at input byte 4"},
        {"sha256sum",
         {""},
         R"("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")"},
    });
}

TEST(Functions, OnChoices) {
    check({
        {"default", {"x", ""}, R"("x")"},
        {"default", {"x", "y"}, R"("y")"},
        {"default", {"x", Value()}, R"("x")"},
        {"default", {1, 0.0}, "1"},
        {"ternary", {"a", "b", true}, R"("a")"},
        {"ternary", {"a", "b", false}, R"("b")"},
        {"ternary", {"a", "b", 1}, "error: argument 3: expected bool; got int"},
        {"coalesce", {"", 0, List{}, "x", "y"}, R"("x")"},
        {"coalesce", {}, "null"},
        {"empty", {false}, "true"},
        {"empty", {Map{}}, "true"},
        {"empty", {"0"}, "false"},
    });
}

TEST(Functions, OnRegularExpressions) {
    check({
        {"regexMatch", {"^prod", "production"}, "true"},
        {"regexMatch", {"^prod$", "production"}, "false"},
        {"regexMatch", {"\\d+", "a1"}, "true"},
        {"regexFind", {"[0-9]+\\.[0-9]+", "v1.25-x"}, R"("1.25")"},
        {"regexFind", {"x", "abc"}, R"("")"},
        {"regexReplaceAll", {"[^a-z]", "a.b c", "_"}, R"("a_b_c")"},
        {"regexReplaceAll", {"a(x*)b", "-ab-axxb-", "$1"}, R"("--xx-")"},
        {"regexReplaceAll", {"a(x*)b", "-ab-axxb-", "$1W"}, R"("---")"},
        {"regexReplaceAll", {"a(x*)b", "-ab-axxb-", "${1}W"}, R"("-W-xxW-")"},
        {"regexReplaceAll", {"(?P<n>\\w)-", "a-b-", "<$n>$$"}, R"("\u003ca\u003e$\u003cb\u003e$")"},
        {"regexReplaceAll", {"a*", "baaac", "x"}, R"("xbxcx")"},
        {"regexReplaceAll", {"", "é1", "-"}, R"("-é-1-")"},
        {"regexReplaceAll", {"^", "ab", "x"}, R"("xab")"},
        {"regexReplaceAll", {"b", "ab", "$"}, R"("a$")"},
        {"regexReplaceAll", {"b", "ab", "${1"}, R"("a${1")"},
        {"regexReplaceAll", {"z*", "", "x"}, R"("x")"},
    });
    EXPECT_THAT(call("regexMatch", {"(", "x"}), HasSubstr("error: error parsing regexp: "));
}

TEST(Functions, OnTheSystem) {
    ::setenv("HITLESS_TEST", "here", 1);
    ::setenv("HITLESS_EMPTY", "", 1);
    check({
        {"getenv", {"HITLESS_TEST"}, R"("here")"},
        {"getenv", {"HITLESS_TEST", "x"}, R"("here")"},
        {"getenv", {"HITLESS_NONE"}, R"("")"},
        {"getenv", {"HITLESS_NONE", "x"}, R"("x")"},
        {"getenv", {"HITLESS_EMPTY", "x", "y"}, R"("x")"},
        {"getenv", {"HITLESS_NONE", 1}, "error: argument 2: expected string; got int"},
        {"fileExists", {"/"}, "true"},
        {"fileExists", {"/no/such/file"}, "false"},
        {"lookupIP", {"127.0.0.1"}, R"(["127.0.0.1"])"},
        {"lookupIP", {"::ffff:10.0.0.1"}, R"(["10.0.0.1"])"},
        {"lookupIP", {"no-such-host.invalid"}, "[]"},
        {"lookupIP", {""}, "[]"},
        {"lookupIPV4", {"127.0.0.1"}, R"(["127.0.0.1"])"},
        {"lookupIPV4", {"::1"}, "[]"},
        {"lookupIPV6", {"::1"}, R"(["::1"])"},
        {"lookupIPV6", {"127.0.0.1"}, "[]"},
        {"lookupSRV", {"x", "tcp", "no-such-host.invalid"}, "[]"},
        {"lookupIfaceIPV4", {"lo"}, R"("127.0.0.1")"},
        {"lookupIfaceIPV4", {"nic-x"}, "error: there is no network interface 'nic-x'"},
    });
    char name[256] = {};
    ASSERT_EQ(::gethostname(name, sizeof name - 1), 0);
    EXPECT_EQ(call("hostname", {}), '"' + std::string(name) + '"');
    EXPECT_THAT(call("datetime", {}), testing::MatchesRegex("\"20[0-9-]+ [0-9:.]+ [+-].*\""));
}

TEST(Functions, DontMakeWhatDoesNotFit) {
    const std::string big(1 << 20, 'a');
    for (const auto& [name, arguments] :
         std::initializer_list<std::pair<const char*, std::vector<Value>>>{
             {"repeat", {most, "ab"}},
             {"replace", {big, "a", big, -1}},
             {"indent", {most, "a\nb"}},
             {"join", {strings(Strings(100, big)), ""}},
             {"split", {big, ""}},
         })
        EXPECT_THAT(call(name, arguments), HasSubstr("error: the result would have more than "))
            << name;
}

} // namespace
} // namespace hitless::confd
