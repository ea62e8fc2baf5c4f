#include "confd/calls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::confd {
namespace {

using gotemplate::Value;

class KeyFunctions : public testing::Test {
  protected:
    KeyFunctions() {
        for (const auto& [key, value] : std::initializer_list<keys::Entry>{
                 {"/app/servers/b", "10.0.0.2"},
                 {"/app/servers/a", "10.0.0.3"},
                 {"/app/servers/c", "10.0.0.1"},
                 {"/app/port", "80"},
                 {"/app-x/port", "81"},
                 {"/services/web/cust2/1", "two"},
                 {"/services/web/cust1/1", "one"},
                 {"/top", "level"},
             })
            tree.apply({keys::Event::Kind::put, key, value});
    }

    keys::KeyTree tree;
    gotemplate::Functions functions = confd::functions(&tree);
};

// The results are those of confd 0.16 (its memkv store), the strange ones as well.
TEST_F(KeyFunctions, AnswerAsConfds) {
    struct Case {
        const char* name;
        std::vector<Value> arguments;
        const char* result;
    };
    for (
        const auto& [name, arguments, result] : std::initializer_list<Case>{
            {"exists", {"/app/port"}, "true"},
            {"exists", {"/app"}, "false"},
            {"exists", {"/app/port/"}, "false"},
            {"get", {"/app/port"}, R"({"Key":"/app/port","Value":"80"})"},
            {"get", {"/none"}, "error: key does not exist: /none"},
            {"get", {5}, "error: argument 1: expected string; got int"},
            {"getv", {"/app/port"}, R"("80")"},
            {"getv", {"/app/port", "x"}, R"("80")"},
            {"getv", {"/none", "x"}, R"("x")"},
            {"getv", {"/none", ""}, R"("")"},
            {"getv", {"/none"}, "error: key does not exist: /none"},
            {"getv", {"/none", 5}, "error: argument 2: expected string; got int"},
            {"getv", {}, "error: wrong number of arguments: want at least 1 got 0"},
            {"gets", {"/app/*"}, R"([{"Key":"/app/port","Value":"80"}])"},
            {"gets",
             {"/app/servers/[ab]"},
             R"([{"Key":"/app/servers/a","Value":"10.0.0.3"},{"Key":"/app/servers/b","Value":"10.0.0.2"}])"},
            {"gets", {"/none/*"}, "[]"},
            {"gets", {"/a["}, "error: syntax error in pattern"},
            {"getvs", {"/app/servers/*"}, R"(["10.0.0.1","10.0.0.2","10.0.0.3"])"},
            {"getvs", {"/services/*/*/1"}, R"(["one","two"])"},
            {"getvs", {"/none"}, "[]"},
            {"getvs", {"["}, "error: syntax error in pattern"},
            {"ls", {"/app"}, R"(["port","servers"])"},
            {"ls", {"/app/"}, R"(["port","servers"])"},
            {"ls", {"/app/port"}, R"(["port"])"},
            {"ls", {"/app/port/"}, "[]"},
            {"ls", {"/none"}, "[]"},
            {"ls", {"/"}, R"(["top"])"},
            {"ls", {"app"}, "[]"},
            {"ls", {""}, "[]"},
            {"ls", {"/app//servers"}, R"(["app"])"},
            {"lsdir", {"/services"}, R"(["web"])"},
            {"lsdir", {"/services/web"}, R"(["cust1","cust2"])"},
            {"lsdir", {"/services/web/"}, R"(["cust1","cust2"])"},
            {"lsdir", {"/app"}, R"(["servers"])"},
            {"lsdir", {"/app/servers"}, "[]"},
            {"lsdir", {"/"}, "[]"},
            {"lsdir", {"services"}, "[]"},
            {"lsdir", {"/services//web"}, "[]"},
        })
        EXPECT_EQ(call(functions, name, arguments), result) << name;
}

TEST_F(KeyFunctions, ReadTheTreeOfNow) {
    tree.apply({keys::Event::Kind::put, "/app/servers/d", "10.0.0.0"});
    tree.apply({keys::Event::Kind::remove, "/app/servers/a", {}});
    EXPECT_EQ(call(functions, "getvs", {"/app/servers/*"}),
              R"(["10.0.0.0","10.0.0.1","10.0.0.2"])");
}

TEST_F(KeyFunctions, RefuseEncryptedValues) {
    for (const char* const name : {"cget", "cgets", "cgetv", "cgetvs"})
        EXPECT_THAT(call(functions, name, {"/app/port"}), testing::HasSubstr("are not supported"));
}

TEST_F(KeyFunctions, GiveKeyPairs) {
    const auto value = functions["get"](std::vector<Value>{"/app/port"}).value();
    const auto& pair = **value.as<Value::ObjectPtr>();
    EXPECT_EQ(pair.type_name(), "memkv.KVPair");
    EXPECT_EQ(pair.print(), "{/app/port 80}");
    EXPECT_EQ(*pair.member("Key", {})->value().as<std::string>(), "/app/port");
    EXPECT_EQ(*pair.member("Value", {})->value().as<std::string>(), "80");
    EXPECT_FALSE(pair.member("Index", {}));
    EXPECT_FALSE(pair.member("Key", std::vector<Value>{1})->has_value());

    const auto sorted = call(functions, "sortKVByLength",
                             {functions["gets"](std::vector<Value>{"/*/port"}).value()});
    EXPECT_EQ(sorted, R"([{"Key":"/app/port","Value":"80"},{"Key":"/app-x/port","Value":"81"}])");
}

} // namespace
} // namespace hitless::confd
