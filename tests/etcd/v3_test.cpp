#include "etcd/base64.hpp"
#include "etcd/v3.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace hitless::etcd::v3 {
namespace {

using keys::Entry;
using keys::Event;
using testing::HasSubstr;

const Head ok{200, 0, {}};

std::string kv(const std::string& key, const std::string& value, int revision) {
    return fmt::format(R"({{"key":"{}","mod_revision":"{}"{}}})", encode_base64(key), revision,
                       value.empty() ? "" : fmt::format(R"(,"value":"{}")", encode_base64(value)));
}

std::string range_answer(const std::string& kvs) {
    return fmt::format(
        R"({{"header":{{"cluster_id":"77","member_id":"5","revision":"12"}},"kvs":[{}]}})", kvs);
}

std::string watch_answer(const std::string& events, int revision = 12) {
    return fmt::format(
        R"({{"result":{{"header":{{"cluster_id":"77","revision":"{}"}},"events":[{}]}}}})",
        revision, events);
}

TEST(V3Range, AsksForTheSubtreeAndNoMore) {
    const struct {
        const char* root;
        const char* end;
    } cases[] = {{"/app", "/app0"}, {"/", "0"}, {"/a/b", "/a/b0"}};
    for (const auto& [root, end] : cases) {
        const Request request = range(root);
        EXPECT_EQ(request.target, "/v3/kv/range");
        const auto message = nlohmann::json::parse(request.body);
        EXPECT_EQ(decode_base64(message.at("key").get<std::string>()), root);
        EXPECT_EQ(decode_base64(message.at("range_end").get<std::string>()), end);
        const auto watched = nlohmann::json::parse(watch(root, 13).body).at("create_request");
        EXPECT_EQ(watched.at("key"), message.at("key"));
        EXPECT_EQ(watched.at("range_end"), message.at("range_end"));
        EXPECT_EQ(watched.at("start_revision"), "13");
    }
}

TEST(V3Range, IsRead) {
    const auto reading =
        parse_range("/app", ok,
                    range_answer(kv("/app", "root", 1) + "," + kv("/app-x", "beside", 2) + "," +
                                 kv("/app/a", "1", 3) + "," + kv("/app/empty", "", 4) + "," +
                                 kv("/app/n\n", "\xff\x00", 5)));
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading->index, 12U);
    EXPECT_EQ(reading->cluster, "77");
    EXPECT_FALSE(reading->unclean);
    EXPECT_EQ(reading->entries,
              (std::vector<Entry>{
                  {"/app", "root"}, {"/app/a", "1"}, {"/app/empty", ""}, {"/app/n\n", "\xff"}}));
    EXPECT_TRUE(parse_range("/app", ok, R"({"header":{"cluster_id":"1","revision":"1"}})"));
}

TEST(V3Range, PutsCleanKeysLast) {
    const auto reading = parse_range(
        "/app", ok, range_answer(kv("/app/a", "clean", 3) + "," + kv("/app/a/", "unclean", 4)));
    ASSERT_TRUE(reading);
    EXPECT_TRUE(reading->unclean);
    EXPECT_EQ(reading->entries, (std::vector<Entry>{{"/app/a", "unclean"}, {"/app/a", "clean"}}));
}

TEST(V3Range, RefusesWhatIsNone) {
    for (const char* body :
         {"", "[]", "{}", "7", R"({"header":{}})", R"({"header":{"revision":"x"}})",
          R"({"header":{"cluster_id":"7","revision":"1"},"kvs":[{"key":"?"}]})",
          R"({"header":{"cluster_id":"7","revision":"1"},"kvs":[{"key":"YQ=="})"})
        EXPECT_FALSE(parse_range("/a", ok, body)) << body;
}

/// Each of these would take servers away if it counted as a range without them.
TEST(V3Range, RefusesAnswersThatAreNotWhole) {
    const std::string header = R"("header":{"cluster_id":"7","revision":"1"})";
    ASSERT_TRUE(parse_range("/a", ok, "{" + header + R"(,"count":"0","more":false,"new":1})"));
    ASSERT_TRUE(parse_range(
        "/a", ok, "{" + header + R"(,"kvs":[{"key":"L2E=","mod_revision":"1","value":"eA=="}]})"));
    for (const char* rest : {R"("kvs":{})",
                             R"("kvs":"x")",
                             R"("kvs":7)",
                             R"("kvs":null)",
                             R"("kvs":[7])",
                             R"("kvs":["x"])",
                             R"("kvs":[[]])",
                             R"("kvs":[null])",
                             R"("kvs":[{}])",
                             R"("kvs":[{"value":"eA=="}])",
                             R"("kvs":[{"key":7}])",
                             R"("kvs":[{"key":"L2E=","value":7}])",
                             R"("kvs":[{"key":"L2E=","value":null}])",
                             R"("kvs":[{"key":"L2E=","value":{}}])",
                             R"("kvs":[{"key":"L2E=","value":"?"}])",
                             R"("kvs":[{"key":"L2I="}])",
                             R"("kvs":[{"key":"YQ=="}])",
                             R"("kvs":[{"key":"L2Ew"}])",
                             R"("kvs":[{"key":"L2E=","mod_revision":"2"}])",
                             R"("kvs":[{"key":"L2E=","mod_revision":"x"}])",
                             R"("kvs":[{"key":"L2E=","key":"L2E="}])",
                             R"("kvs":[{"key":"L2E=","value":"YQ==","value":"Yg=="}])",
                             R"("kvs":[],"kvs":[])",
                             R"("kvs":[{"key":"L2E="}],"kvs":[])",
                             R"("count":"0","count":"0")",
                             R"("header":{"cluster_id":"7","revision":"1"})",
                             R"("count":"1")",
                             R"("kvs":[{"key":"L2E="}],"count":"2")",
                             R"("kvs":[{"key":"L2E="}],"count":"0")",
                             R"("count":0)",
                             R"("count":"x")",
                             R"("more":true)",
                             R"("header":7)"}) {
        const std::string body = "{" + header + "," + rest + "}";
        EXPECT_FALSE(parse_range("/a", ok, body)) << body;
    }
    for (const char* body :
         {R"({"header":{"revision":"1"}})", R"({"header":{"cluster_id":"7"}})",
          R"({"header":{"cluster_id":"7","revision":"0"}})", R"({"kvs":[{"key":"L2E="}]})",
          R"({"header":{"cluster_id":"7","revision":"-1"}})",
          R"({"header":{"cluster_id":"7","revision":"9223372036854775808"}})",
          R"({"header":{"cluster_id":"7","revision":1}})", R"({"header":[]})"})
        EXPECT_FALSE(parse_range("/a", ok, body)) << body;
}

TEST(V3Watch, Begins) {
    const auto line = parse_line(
        "/app",
        R"({"result":{"header":{"cluster_id":"77","revision":"12","raft_term":"2"},"created":true}})");
    ASSERT_TRUE(line);
    ASSERT_TRUE(line->begin);
    EXPECT_EQ(line->begin->index, 12U);
    EXPECT_EQ(line->begin->cluster, "77");
    EXPECT_TRUE(line->changes.empty());
}

TEST(V3Watch, GathersTheEventsOfARevision) {
    const auto line = parse_line(
        "/app",
        watch_answer(fmt::format(
            R"({{"kv":{}}},{{"type":"DELETE","kv":{}}},{{"type":"PUT","kv":{}}},{{"kv":{}}})",
            kv("/app/a", "1", 10), kv("/app/b", "", 10), kv("/app/c//d", "x", 11),
            kv("/app-x", "1", 12))));
    ASSERT_TRUE(line);
    EXPECT_FALSE(line->begin);
    ASSERT_EQ(line->changes.size(), 3U);
    EXPECT_EQ(line->changes[0].index, 10U);
    EXPECT_EQ(line->changes[0].events,
              (std::vector<Event>{{Event::Kind::put, "/app/a", "1", true},
                                  {Event::Kind::remove, "/app/b", "", true}}));
    EXPECT_FALSE(line->changes[0].unclean);
    EXPECT_EQ(line->changes[1].events,
              (std::vector<Event>{{Event::Kind::put, "/app/c/d", "x", true}}));
    EXPECT_TRUE(line->changes[1].unclean);
    EXPECT_EQ(line->changes[2].index, 12U);
    EXPECT_TRUE(line->changes[2].events.empty()) << "it is beside the subtree";
}

TEST(V3Watch, TakesANoticeOfProgress) {
    const auto line =
        parse_line("/app", R"({"result":{"header":{"cluster_id":"77","revision":"40"}}})");
    ASSERT_TRUE(line);
    ASSERT_EQ(line->changes.size(), 1U);
    EXPECT_EQ(line->changes[0].index, 40U);
    EXPECT_TRUE(line->changes[0].events.empty());
}

TEST(V3Watch, TellsWhyItEnds) {
    using Kind = Refusal::Kind;
    const struct {
        const char* line;
        Kind kind;
        const char* text;
    } cases[] = {
        {R"({"result":{"header":{},"canceled":true,"compact_revision":"4"}})", Kind::outdated,
         "compacted"},
        {R"({"result":{"created":true,"canceled":true,"cancel_reason":"rpc error: code = PermissionDenied desc = etcdserver: permission denied"}})",
         Kind::unauthorized, "permission denied"},
        {R"({"result":{"canceled":true,"cancel_reason":"etcdserver: invalid auth token"}})",
         Kind::unavailable, "token"},
        {R"({"result":{"canceled":true,"cancel_reason":"no\nleader"}})", Kind::unavailable,
         "no\\nleader"},
        {R"({"error":{"grpc_code":14,"message":"transport is closing"}})", Kind::unavailable,
         "transport is closing"},
        {"garbage", Kind::unavailable, "something else"},
        {R"({"result":{"events":[{"kv":{"key":"YQ=="}}]}})", Kind::unavailable, "something else"},
        {R"({"result":{"events":[7]}})", Kind::unavailable, "something else"},
        {R"({"result":{}})", Kind::unavailable, "something else"},
        {R"({"result":{"created":true}})", Kind::unavailable, "something else"},
        {R"({"result":{"header":{"revision":"3"},"events":{"kv":{"key":"L2FwcA=="}}}})",
         Kind::unavailable, "something else"},
        {R"({"result":{"header":{"revision":"3"},"events":[{"type":"GET","kv":{"key":"L2FwcA==","mod_revision":"3"}}]}})",
         Kind::unavailable, "something else"},
        {R"({"result":{"header":{"revision":"3"},"events":[{"kv":{"key":"L2I=","mod_revision":"3"}}]}})",
         Kind::unavailable, "something else"},
        {R"({"result":{"header":{"revision":"3"},"events":[{"kv":{"key":"L2FwcA==","value":7,"mod_revision":"3"}}]}})",
         Kind::unavailable, "something else"},
    };
    for (const auto& [line, kind, text] : cases) {
        const auto parsed = parse_line("/app", line);
        ASSERT_FALSE(parsed) << line;
        EXPECT_EQ(parsed.error().kind, kind) << line;
        EXPECT_THAT(to_string(parsed.error()), HasSubstr(text));
    }
}

TEST(V3Refusal, IsExplained) {
    using Kind = Refusal::Kind;
    const struct {
        unsigned status;
        const char* body;
        Kind kind;
        const char* text;
    } cases[] = {
        {404, "Not Found\n", Kind::unavailable, "etcd 3.4 or later"},
        {400, R"({"error":"e","message":"etcdserver: user name is empty","code":3})",
         Kind::unauthorized, "user name is empty"},
        {403, R"({"message":"etcdserver: permission denied","code":7})", Kind::unauthorized,
         "role may read"},
        {401, R"({"message":"etcdserver: invalid auth token","code":16})", Kind::unauthorized,
         "invalid auth token"},
        {503, R"({"error":"e","message":"etcdserver: no leader","code":14})", Kind::unavailable,
         "no leader"},
        {502, "<html>", Kind::unavailable, "HTTP 502: '<html>'"},
    };
    for (const auto& [status, body, kind, text] : cases) {
        const Refusal refusal = parse_refusal({status, 0, {}}, body);
        EXPECT_EQ(refusal.kind, kind) << body;
        EXPECT_THAT(to_string(refusal), HasSubstr(text));
    }
}

TEST(V3Token, IsTaken) {
    const auto token = parse_token(ok, R"({"header":{},"token":"abc.1"})");
    ASSERT_TRUE(token);
    EXPECT_EQ(*token, "abc.1");
    EXPECT_FALSE(parse_token(ok, R"({"header":{}})"));
    const auto none = parse_token(
        {412, 0, {}}, R"({"message":"etcdserver: authentication is not enabled","code":9})");
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, "");
    EXPECT_FALSE(parse_token(
        {400, 0, {}},
        R"({"message":"etcdserver: authentication failed, invalid user ID or password","code":3})"));
}

} // namespace
} // namespace hitless::etcd::v3
