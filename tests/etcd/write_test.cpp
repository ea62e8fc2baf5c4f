// The words for writing a key, in both APIs, without a server.
#include "etcd/v2_write.hpp"
#include "etcd/v3_write.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace hitless::etcd {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::HasSubstr;

const Registration wanted{"/app/a b", "10.0.0.1:80&x=1", seconds(15)};

TEST(V2Write, RequestsAreConditional) {
    const Request create = v2::create_key(wanted);
    EXPECT_EQ(create.method, Request::Method::put);
    EXPECT_EQ(create.target, "/v2/keys/app/a%20b?prevExist=false");
    EXPECT_EQ(create.body, "value=10.0.0.1%3A80%26x%3D1&ttl=15");
    const Request refresh = v2::refresh_key(wanted, 7);
    EXPECT_EQ(refresh.target, "/v2/keys/app/a%20b?prevExist=true&prevIndex=7");
    EXPECT_EQ(refresh.body, "refresh=true&ttl=15");
    EXPECT_EQ(v2::delete_key("/app/a", 7).target, "/v2/keys/app/a?prevIndex=7");
    EXPECT_EQ(v2::read_key("/app/a").target, "/v2/keys/app/a?quorum=true");
}

TEST(V2Write, AnswersTellWhatTheKeyHolds) {
    const auto held = v2::parse_key(
        "/a", {200, 9, ""},
        R"({"action":"get","node":{"key":"/a","value":"1","expiration":"2026-11-24T14:13:03Z","ttl":5,)"
        R"("modifiedIndex":8,"createdIndex":4}})");
    ASSERT_TRUE(held && *held);
    EXPECT_EQ((*held)->value, "1");
    EXPECT_EQ((*held)->owner, 4U);
    EXPECT_EQ((*held)->version, 8U);
    EXPECT_EQ((*held)->ttl, seconds(5));
    const auto permanent =
        v2::parse_key("/a", {201, 9, ""},
                      R"({"node":{"key":"/a","value":"1","modifiedIndex":8,"createdIndex":8}})");
    ASSERT_TRUE(permanent && *permanent);
    EXPECT_EQ((*permanent)->ttl, std::nullopt);
    const auto expiring =
        v2::parse_key("/a", {200, 9, ""},
                      R"({"node":{"key":"/a","value":"1","modifiedIndex":8,)"
                      R"("createdIndex":8,"expiration":"2026-11-24T14:13:03Z"}})");
    ASSERT_TRUE(expiring && *expiring);
    EXPECT_EQ((*expiring)->ttl, seconds(0));
}

TEST(V2Write, FailedConditionsAreNoErrors) {
    const std::pair<unsigned, int> cases[] = {{404, 100}, {412, 101}, {412, 105}};
    for (const auto& [status, code] : cases) {
        const auto answer =
            v2::parse_key("/a", {status, 9, ""},
                          fmt::format(R"({{"errorCode":{},"message":"m","cause":"c"}})", code));
        ASSERT_TRUE(answer) << code;
        EXPECT_FALSE(*answer) << code;
    }
}

TEST(V2Write, AFailedConditionHasItsStatus) {
    const std::pair<unsigned, int> cases[] = {{503, 100}, {412, 100}, {404, 101}, {500, 105}};
    for (const auto& [status, code] : cases)
        EXPECT_FALSE(v2::parse_key("/a", {status, 9, ""},
                                   fmt::format(R"({{"errorCode":{},"message":"m"}})", code)))
            << status << ' ' << code;
}

TEST(V2Write, ErrorsAreTold) {
    struct Case {
        unsigned status;
        const char* body;
        Refusal::Kind kind;
        const char* text;
    };
    const Case cases[] = {
        {500, R"({"errorCode":300,"message":"Raft Internal Error","cause":""})",
         Refusal::Kind::unavailable, "300"},
        {403, R"({"errorCode":102,"message":"Not a file","cause":"/a"})", Refusal::Kind::misplaced,
         "/a is a directory"},
        {400, R"({"errorCode":104,"message":"Not a directory","cause":"/"})",
         Refusal::Kind::misplaced, "/a can't be below /, which is a key with a value"},
        {401, R"({"errorCode":110,"message":"The request requires user authentication"})",
         Refusal::Kind::unauthorized, "refuses"},
        {404, "404 page not found", Refusal::Kind::unavailable, "no v2 API"},
        {200, "<html>", Refusal::Kind::unavailable, "something else"},
        {200, R"({"node":{"key":"/a","dir":true,"modifiedIndex":3,"createdIndex":3}})",
         Refusal::Kind::misplaced, "directory"},
        {200, R"({"node":7})", Refusal::Kind::unavailable, "something else"},
        {200, R"({"node":{"key":"/b","value":"1","modifiedIndex":3,"createdIndex":3}})",
         Refusal::Kind::unavailable, "something else"},
        {200, R"({"node":{"key":"/a","modifiedIndex":3,"createdIndex":3}})",
         Refusal::Kind::unavailable, "something else"},
    };
    for (const Case& c : cases) {
        const auto answer = v2::parse_key("/a", {c.status, 9, ""}, c.body);
        ASSERT_FALSE(answer) << c.body;
        EXPECT_EQ(answer.error().kind, c.kind) << c.body;
        EXPECT_THAT(to_string(answer.error()), HasSubstr(c.text));
    }
}

json body_of(const Request& request) {
    EXPECT_EQ(request.method, Request::Method::post);
    return json::parse(request.body);
}

TEST(V3Write, RequestsAreConditional) {
    const Registration key{"/a", "1", seconds(15)};
    EXPECT_EQ(body_of(v3::put_key(key, 5, {v3::Condition::Kind::absent, 0})),
              json::parse(R"({"compare":[{"key":"L2E=","target":"CREATE","create_revision":"0"}],
                  "success":[{"request_put":{"key":"L2E=","value":"MQ==","lease":"5"}}]})"));
    EXPECT_EQ(body_of(v3::put_key(key, 5, {v3::Condition::Kind::none, 0}))["compare"],
              json::array());
    EXPECT_EQ(body_of(v3::delete_key("/a", 9)),
              json::parse(R"({"compare":[{"key":"L2E=","target":"MOD","mod_revision":"9"}],
                  "success":[{"request_delete_range":{"key":"L2E="}}]})"));
    EXPECT_EQ(body_of(v3::grant(77, seconds(15))), json::parse(R"({"ID":"77","TTL":"15"})"));
    EXPECT_EQ(body_of(v3::keep_alive(77)), json::parse(R"({"ID":"77"})"));
}

TEST(V3Write, AnswersAreRead) {
    const auto held = v3::parse_reading(
        "/a", {200, 0, ""},
        R"({"header":{"revision":"9"},"kvs":[{"key":"L2E=","create_revision":"2",)"
        R"("mod_revision":"3","version":"1","value":"MQ==","lease":"77"}]})");
    ASSERT_TRUE(held && *held);
    EXPECT_EQ((*held)->value, "1");
    EXPECT_EQ((*held)->owner, 77U);
    EXPECT_EQ((*held)->version, 3U);
    const auto absent = v3::parse_reading("/a", {200, 0, ""}, R"({"header":{"revision":"9"}})");
    EXPECT_TRUE(absent && !*absent);
    const auto written =
        v3::parse_write({200, 0, ""}, R"({"header":{"revision":"9"},"succeeded":true})");
    EXPECT_TRUE(written && *written == 9U);
    const auto refused = v3::parse_write({200, 0, ""}, R"({"header":{"revision":"9"}})");
    EXPECT_TRUE(refused && !*refused);
    const auto left = v3::parse_time_to_live(
        7, {200, 0, ""}, R"({"header":{},"ID":"7","TTL":"4","grantedTTL":"9"})");
    EXPECT_TRUE(left && *left == seconds(4));
    EXPECT_FALSE(v3::parse_time_to_live(7, {200, 0, ""}, R"({"ID":"8","TTL":"4"})"));
    EXPECT_FALSE(v3::parse_time_to_live(7, {200, 0, ""}, "<html>"));
    const auto expired = v3::parse_time_to_live(7, {200, 0, ""}, R"({"ID":"7","TTL":"-1"})");
    EXPECT_TRUE(expired && !*expired);
}

TEST(V3Write, LooksForKeysBelow) {
    EXPECT_EQ(body_of(v3::look_below("/a")),
              json::parse(R"({"key":"L2Ev","range_end":"L2Ew","limit":"1","keys_only":true})"));
    const auto look = [](const char* body) { return v3::parse_look_below({200, 0, ""}, body); };
    EXPECT_TRUE(*look(R"({"header":{"revision":"3"},"kvs":[{"key":"L2EvYg=="}],"count":"1"})"));
    EXPECT_FALSE(*look(R"({"header":{"revision":"3"}})"));
    EXPECT_FALSE(look("{}"));
    EXPECT_FALSE(v3::parse_look_below({503, 0, ""}, "{}"));
}

TEST(V3Write, ALeaseMayBeAliveOrGone) {
    const auto alive =
        v3::parse_keep_alive(7, {200, 0, ""}, "{\"result\":{\"ID\":\"7\",\"TTL\":\"15\"}}\n");
    EXPECT_TRUE(alive && *alive);
    const auto gone = v3::parse_keep_alive(7, {200, 0, ""}, R"({"result":{"header":{},"ID":"7"}})");
    EXPECT_TRUE(gone && !*gone);
    const char* const lost =
        R"({"error":"etcdserver: requested lease not found","message":"…","code":5})";
    EXPECT_TRUE(v3::is_lost_lease({404, 0, ""}, lost));
    EXPECT_FALSE(v3::is_lost_lease({503, 0, ""}, lost)) << "something in between speaks";
    const auto revoked = v3::parse_revoke({404, 0, ""}, lost);
    EXPECT_TRUE(revoked && !*revoked);
    // A grant that was sent twice.
    EXPECT_TRUE(
        v3::parse_grant({412, 0, ""}, R"({"error":"etcdserver: lease already exists","code":9})"));
    EXPECT_FALSE(v3::parse_grant({412, 0, ""}, R"({"error":"something else","code":9})"));
}

TEST(V3Write, ErrorsAreTold) {
    struct Case {
        unsigned status;
        const char* body;
        Refusal::Kind kind;
        const char* text;
    };
    const Case cases[] = {
        {404, "404 page not found\n", Refusal::Kind::unavailable, "no v3 JSON gateway"},
        {403, R"({"message":"etcdserver: permission denied","code":7})",
         Refusal::Kind::unauthorized, "role"},
        {503, R"({"message":"etcdserver: no leader","code":14})", Refusal::Kind::unavailable,
         "no leader"},
        {200, "<html>", Refusal::Kind::unavailable, "something else"},
        {200, "{}", Refusal::Kind::unavailable, "something else"},
        {200, R"({"header":{}})", Refusal::Kind::unavailable, "something else"},
        {200, R"({"header":{"revision":"9"},"kvs":[]})", Refusal::Kind::unavailable,
         "something else"},
        {200, R"({"header":{"revision":"9"},"kvs":[7]})", Refusal::Kind::unavailable,
         "something else"},
        {200, R"({"header":{"revision":"9"},"kvs":[{"key":"L2I=","mod_revision":"3"}]})",
         Refusal::Kind::unavailable, "something else"},
    };
    for (const Case& c : cases) {
        const auto answer = v3::parse_reading("/a", {c.status, 0, ""}, c.body);
        ASSERT_FALSE(answer) << c.body;
        EXPECT_EQ(answer.error().kind, c.kind) << c.body;
        EXPECT_THAT(to_string(answer.error()), HasSubstr(c.text));
    }
}

} // namespace
} // namespace hitless::etcd
