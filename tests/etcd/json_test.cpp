#include "etcd/json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hitless::etcd {
namespace {

using nlohmann::json;

std::string nested(std::size_t levels, const std::string& begin, const std::string& end) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i)
        text += begin;
    text += '1';
    for (std::size_t i = 0; i < levels; ++i)
        text += end;
    return text;
}

std::string list_of(std::size_t members) {
    std::string text = "[";
    for (std::size_t i = 0; i < members; ++i)
        text += "0,";
    text.back() = ']';
    return text;
}

TEST(Json, IsReadAsElsewhere) {
    for (const char* text :
         {R"({"a":[1,-2,3.5,"x",true,null,{"b":{}},[]],"c":{"d":"\u00e4"},"":0})", "[]", "{}", "7",
          "\"x\"", "null", R"([[1],[2,[3]],{"a":1,"b":[{}]}])", R"([{"a":1},{"a":2}])"})
        EXPECT_EQ(parse_json(text), json::parse(text)) << text;
    for (const char* text : {"", "{", "[1,]", "{}{}", "<html>", "[[[[", R"({"a"})"})
        EXPECT_TRUE(parse_json(text).is_discarded()) << text;
}

TEST(Json, IsRefusedWithAMemberTwice) {
    EXPECT_TRUE(parse_json(R"({"a":1,"a":1})").is_discarded());
    EXPECT_TRUE(parse_json(R"([{"b":{"a":1,"c":2,"a":[]}}])").is_discarded());
}

/// A few million brackets would take a gigabyte.
TEST(Json, IsRefusedBeyondItsBounds) {
    EXPECT_FALSE(parse_json(nested(deepest_json, "[", "]")).is_discarded());
    EXPECT_TRUE(parse_json(nested(deepest_json + 1, "[", "]")).is_discarded());
    EXPECT_TRUE(parse_json(nested(deepest_json + 1, R"({"a":)", "}")).is_discarded());
    EXPECT_FALSE(parse_json(list_of(most_json_values - 1)).is_discarded()); // the list is one more
    EXPECT_TRUE(parse_json(list_of(most_json_values)).is_discarded());
}

} // namespace
} // namespace hitless::etcd
