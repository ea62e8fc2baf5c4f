#include "etcd/json.hpp"
#include "etcd/v2.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <utility>

namespace hitless::etcd::v2 {
namespace {

using keys::Entry;
using keys::Event;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

TEST(Targets, EscapeTheKey) {
    EXPECT_EQ(read_target("/a b/ü?"), "/v2/keys/a%20b/%C3%BC%3F?recursive=true&quorum=true");
    EXPECT_EQ(watch_target("/app", 7, false), "/v2/keys/app?wait=true&recursive=true&waitIndex=7");
    EXPECT_EQ(watch_target("/", 7, true),
              "/v2/keys/?wait=true&recursive=true&stream=true&waitIndex=7");
    EXPECT_EQ(probe_target("/"), "/v2/keys/_hitless?quorum=true");
    EXPECT_EQ(probe_target("/app"), "/v2/keys/app/_hitless?quorum=true");
}

TEST(Reading, HoldsThePlainKeysOfATree) {
    const auto reading = parse_reading("/app", {200, 12, "c1"},
                                       R"({"action":"get","node":{"key":"/app","dir":true,"nodes":[
             {"key":"/app/b","value":"2 \u003c\u0026\ufffd","modifiedIndex":5,"createdIndex":5},
             {"key":"/app/empty","dir":true,"expiration":"2026-11-24T07:42:03Z","ttl":1},
             {"key":"/app/d","dir":true,"nodes":[{"value":"","key":"/app/d/x"}]}],
             "modifiedIndex":4,"createdIndex":4}})");
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading->index, 12U);
    EXPECT_EQ(reading->cluster, "c1");
    EXPECT_THAT(reading->entries,
                UnorderedElementsAre(Entry{"/app/b", "2 <&\xef\xbf\xbd"}, Entry{"/app/d/x", ""}));
}

TEST(Reading, IsEmptyWhenTheRootIsNotThere) {
    const std::pair<unsigned, const char*> answers[] = {
        {404, R"({"errorCode":100,"message":"Key not found","cause":"/app","index":3})"},
        {400, R"({"errorCode":104,"message":"Not a directory","cause":"/app","index":3})"}};
    for (const auto& [status, body] : answers) {
        const auto reading = parse_reading("/app/servers", {status, 3, "c1"}, body);
        ASSERT_TRUE(reading) << body;
        EXPECT_TRUE(reading->entries.empty());
        EXPECT_EQ(reading->index, 3U);
    }
}

TEST(Reading, OfTheRootOfAll) {
    const auto reading = parse_reading("/", {200, 3, ""}, R"({"action":"get","node":{"dir":true,
        "nodes":[{"key":"/a","value":"1","modifiedIndex":3,"createdIndex":3}]}})");
    ASSERT_TRUE(reading);
    EXPECT_THAT(reading->entries, UnorderedElementsAre(Entry{"/a", "1"}));
    EXPECT_FALSE(parse_reading("/app", {200, 3, ""}, R"({"action":"get","node":{"dir":true}})"));
}

TEST(Reading, OfAPlainKeyAndOfMembersInAnyOrder) {
    const auto plain = parse_reading(
        "/app", {200, 3, ""},
        R"({"node":{"value":"x","key":"/app","ttl":-1,"new":null},"x":1,"action":"get"})");
    ASSERT_TRUE(plain);
    EXPECT_THAT(plain->entries, UnorderedElementsAre(Entry{"/app", "x"}));
    const auto reading = parse_reading("/app", {200, 3, ""}, R"({"node":{"nodes":[{"nodes":[
        {"value":"1","key":"/app/d/e"}],"dir":true,"key":"/app/d"},{"key":"/app/z","value":"2"}],
        "key":"/app","dir":true},"action":"get"})");
    ASSERT_TRUE(reading);
    EXPECT_THAT(reading->entries,
                UnorderedElementsAre(Entry{"/app/d/e", "1"}, Entry{"/app/z", "2"}));
}

TEST(Reading, RefusesWhatIsNoAnswerOfEtcd) {
    for (const char* body : {"", "<html>", "[]", "[{\"key\":\"/app\",\"value\":\"1\"}]", "{}",
                             "{\"node\":", "\"node\"", R"({"action":"get","node":"x"})", "null"})
        EXPECT_FALSE(parse_reading("/app", {200, 3, "c1"}, body)) << body;
    EXPECT_FALSE(parse_reading("/app", {200, 0, ""}, R"({"node":{"key":"/app","value":"1"}})"))
        << "no X-Etcd-Index";
}

/// Each of these would take all servers away if it counted as an empty directory.
TEST(Reading, RefusesNodesThatAreNone) {
    for (const char* node :
         {"{}",
          "[]",
          "null",
          "7",
          R"({"key":"/app"})",
          R"({"dir":true})",
          R"({"key":"/app","dir":false})",
          R"({"key":"/app","dir":"true"})",
          R"({"key":"/app","dir":1})",
          R"({"key":7,"dir":true})",
          R"({"key":"/other","dir":true})",
          R"({"key":"/app/","dir":true})",
          R"({"key":"/app/servers","dir":true})",
          R"({"key":"/","dir":true})",
          R"({"key":"","dir":true})",
          R"({"key":"/app","dir":true,"value":"x"})",
          R"({"key":"/app","value":7})",
          R"({"key":"/app","value":null})",
          R"({"key":"/app","nodes":[]})",
          R"({"key":"/app","value":"x","nodes":[{"key":"/app/a","value":"1"}]})",
          R"({"key":"/app","dir":true,"nodes":{}})",
          R"({"key":"/app","dir":true,"nodes":"x"})",
          R"({"key":"/app","dir":true,"nodes":null})",
          R"({"key":"/app","dir":true,"nodes":[7]})",
          R"({"key":"/app","dir":true,"nodes":[[]]})",
          R"({"key":"/app","dir":true,"nodes":[null]})",
          R"({"key":"/app","dir":true,"nodes":[{}]})",
          R"({"key":"/app","dir":true,"nodes":[{"key":"/app/a"}]})",
          R"({"key":"/app","dir":true,"nodes":[{"key":"/app/a","value":1}]})",
          R"({"key":"/app","dir":true,"nodes":[{"key":"/app","value":"1"}]})",
          R"({"key":"/app","dir":true,"nodes":[{"key":"/app/","value":"1"}]})",
          R"({"key":"/app","dir":true,"nodes":[{"key":"/x/a","value":"1"}]})",
          R"({"key":"/app","dir":true,"nodes":[{"key":"/app/b/a","value":"1"}]})",
          R"({"key":"/app","dir":true,"nodes":[{"key":"a","value":"1"}]})",
          R"({"key":"/app","dir":true,"modifiedIndex":"4"})",
          R"({"key":"/app","dir":true,"modifiedIndex":-4})",
          R"({"key":"/app","dir":true,"modifiedIndex":4})",
          R"({"key":"/app","dir":true,"createdIndex":4})",
          R"({"key":"/app","dir":true,"nodes":[{"key":"/app/a","value":"","modifiedIndex":4}]})",
          R"({"key":"/app","dir":true,"nodes":[{"key":"/app/a","value":"1"}],"nodes":[]})",
          R"({"key":"/app","dir":true,"dir":true})",
          R"({"key":"/other","key":"/app","dir":true})",
          R"({"key":"/app","value":"1","value":"2"})",
          R"({"key":"/app","dir":true,"node":{"key":"/app","value":"x"}})"}) {
        const std::string body = fmt::format(R"({{"action":"get","node":{}}})", node);
        EXPECT_FALSE(parse_reading("/app", {200, 3, "c1"}, body)) << body;
    }
    for (const char* body :
         {R"({"node":{"key":"/app","dir":true}})",
          R"({"action":"get","action":"get","node":{"key":"/app","dir":true}})",
          R"({"action":"set","node":{"key":"/app","dir":true}})",
          R"({"action":1,"node":{"key":"/app","dir":true}})",
          R"({"action":"get","node":{"key":"/app","dir":true},"node":{"key":"/app","dir":true}})",
          R"({"action":"get","node":{"key":"/app","dir":true})",
          R"({"action":"get","node":{"key":"/app","dir":true}}{})"})
        EXPECT_FALSE(parse_reading("/app", {200, 3, "c1"}, body)) << body;
}

/// etcd says 404 with 100, and 400 with 104. Anything else comes from something in between.
TEST(Reading, RefusesThatAKeyIsNotThereWithAnotherStatus) {
    for (const auto& [status, code] :
         {std::pair(503U, 100), {400U, 100}, {401U, 100}, {500U, 104}, {404U, 104}, {404U, 101}}) {
        const std::string body =
            fmt::format(R"({{"errorCode":{},"message":"m","cause":"/app","index":3}})", code);
        EXPECT_FALSE(parse_reading("/app", {status, 3, "c1"}, body)) << status << body;
    }
}

/// An answer must neither take memory without bound nor keep everything else waiting.
TEST(Reading, RefusesMoreThanAnAnswerMayHold) {
    const auto nested = [](std::size_t levels) {
        std::string tree = R"({"action":"get","node":)";
        std::string key = "/a";
        for (std::size_t i = 1; i < levels; ++i, key += "/a")
            tree += R"({"key":")" + key + R"(","dir":true,"nodes":[)";
        tree += R"({"key":")" + key + R"(","value":"x"})";
        for (std::size_t i = 1; i < levels; ++i)
            tree += "]}";
        return tree + '}';
    };
    EXPECT_TRUE(parse_reading("/a", {200, 3, "c1"}, nested(deepest_json)));
    EXPECT_FALSE(parse_reading("/a", {200, 3, "c1"}, nested(deepest_json + 1)));
    std::string many = R"({"action":"get","node":{"key":"/a","dir":true,"nodes":[)";
    for (int i = 0; i < 1'000'000; ++i)
        many += R"({"key":"/a/b","value":""},)";
    many.back() = ']';
    EXPECT_FALSE(parse_reading("/a", {200, 3, "c1"}, many + "}}")); // the root is one more
}

TEST(Reading, RefusesThatAnotherKeyIsNotThere) {
    for (const char* error :
         {R"("cause":"/other")", R"("cause":"/app/servers/web1")", R"("cause":"/ap")",
          R"("cause":"")", R"("cause":7)", R"("index":3)"}) {
        const std::string body = fmt::format(R"({{"errorCode":100,"message":"m",{}}})", error);
        EXPECT_FALSE(parse_reading("/app/servers", {404, 3, "c1"}, body)) << body;
    }
    EXPECT_FALSE(parse_reading("/app", {404, 0, "c1"}, R"({"errorCode":100,"cause":"/app"})"))
        << "no X-Etcd-Index";
}

TEST(Change, IsUnderstoodOfEveryAction) {
    const Event put{Event::Kind::put, "/a/b", "v"};
    const Event remove{Event::Kind::remove, "/a/b", ""};
    const struct {
        const char* action;
        const char* node; ///< besides key and index
        std::optional<Event> expected;
    } cases[] = {
        {"set", R"("value":"v")", put},
        {"create", R"("value":"v")", put},
        {"update", R"("value":"v")", put},
        {"compareAndSwap", R"("value":"v","ttl":5,"expiration":"x")", put},
        {"delete", R"("createdIndex":3)", remove},
        {"expire", R"("createdIndex":3)", remove},
        {"compareAndDelete", R"("createdIndex":3)", remove},
        {"delete", R"("dir":true)", remove},
        {"expire", R"("dir":true)", remove},
        {"set", R"("dir":true)", remove},
        {"create", R"("dir":true)", remove},
        {"update", R"("dir":true)", std::nullopt},
        {"set", R"("dir":false,"value":"v")", put},
    };
    for (const auto& [action, node, expected] : cases) {
        const std::string line = fmt::format(
            R"({{"action":"{}","node":{{"key":"/a/b","modifiedIndex":9,{}}},"prevNode":{{"key":"/a/b","value":"old"}}}})",
            action, node);
        const auto change = parse_change("/a", line);
        ASSERT_TRUE(change) << line;
        EXPECT_EQ(change->index, 9U);
        EXPECT_EQ(change->events, expected ? std::vector{*expected} : std::vector<Event>()) << line;
    }
}

TEST(Change, RefusesWhatIsNone) {
    for (const char* line :
         {R"({"action":"set","action":"delete","node":{"key":"/a","modifiedIndex":1}})",
          R"({"action":"set","node":{"key":"/a","modifiedIndex":1,"value":"x","value":"y"}})",
          "",
          "{",
          "[]",
          "7",
          "{\"action\":\"set\"}",
          R"({"action":"set","node":{}})",
          R"({"action":"set","node":{"key":7,"modifiedIndex":1}})",
          R"({"action":"set","node":{"key":"/a","modifiedIndex":"1"}})",
          R"({"node":{"key":"/a","modifiedIndex":1}})",
          "{\"node\":null}",
          R"({"action":"get","node":{"key":"/a","modifiedIndex":1,"dir":true}})",
          R"({"action":"get","node":{"key":"/a","modifiedIndex":1,"value":"x"}})",
          R"({"action":"set","node":{"key":"/b","modifiedIndex":1,"value":"x"}})",
          R"({"action":"set","node":{"key":"a","modifiedIndex":1,"value":"x"}})",
          R"({"action":"set","node":{"key":"/a","modifiedIndex":0,"value":"x"}})",
          R"({"action":"set","node":{"key":"/a","modifiedIndex":9223372036854775808,"value":"x"}})",
          R"({"action":"set","node":{"key":"/a","modifiedIndex":1}})",
          R"({"action":"set","node":{"key":"/a","modifiedIndex":1,"value":7}})",
          R"({"action":"set","node":{"key":"/a","modifiedIndex":1,"dir":"true"}})"})
        EXPECT_FALSE(parse_change("/a", line)) << line;
}

TEST(Members, AreTheirClientUrls) {
    EXPECT_THAT(parse_members(R"({"members":[
        {"id":"1","name":"a","peerURLs":["http://p:1"],"clientURLs":["http://a:1","http://b:1"]},
        {"id":"2","name":"","clientURLs":[]}, {"clientURLs":["http://c:1",7]}, 7]})"),
                testing::ElementsAre("http://a:1", "http://b:1", "http://c:1"));
    for (const char* body : {"", "[]", "{}", "{\"members\":{}}", "404 page not found"})
        EXPECT_TRUE(parse_members(body).empty()) << body;
}

TEST(Refusal, SaysWhatToDo) {
    using Kind = Refusal::Kind;
    const struct {
        unsigned status;
        const char* body;
        Kind kind;
        const char* text;
    } cases[] = {
        {400,
         R"({"errorCode":401,"message":"The event in requested index is outdated and cleared","cause":"x","index":1109})",
         Kind::outdated, "no longer kept"},
        {500, R"({"errorCode":300,"message":"Raft Internal Error","cause":"timed out","index":1})",
         Kind::unavailable, "error 300: Raft Internal Error: 'timed out'"},
        {500, R"({"errorCode":301,"message":"During Leader Election","cause":"","index":1})",
         Kind::unavailable, "301"},
        {401,
         R"({"errorCode":110,"message":"The request requires user authentication","cause":"Insufficient credentials","index":0})",
         Kind::unauthorized, "check user name and password"},
        {404, "404 page not found\n", Kind::unavailable, "--enable-v2=true"},
        {403, "Forbidden", Kind::unauthorized, "HTTP 403"},
        {503, "Service\nUnavailable", Kind::unavailable, "HTTP 503: 'Service\\nUnavailable'"},
        {502, "", Kind::unavailable, "HTTP 502"},
    };
    for (const auto& [status, body, kind, text] : cases) {
        const Refusal refusal = parse_refusal({status, 1, "c1"}, body);
        EXPECT_EQ(refusal.kind, kind) << body;
        EXPECT_THAT(to_string(refusal), HasSubstr(text));
    }
}

} // namespace
} // namespace hitless::etcd::v2
