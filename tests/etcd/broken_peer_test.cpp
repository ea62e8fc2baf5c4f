// What a Watcher makes of something that answers, but not as etcd does.
#include "hitless/etcd/claim.hpp"
#include "hitless/etcd/reader.hpp"

#include "etcd/base64.hpp"
#include "etcd/log_capture.hpp"
#include "etcd/recorder.hpp"
#include "support/etcd_server.hpp"
#include "support/fake_peer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <functional>

namespace hitless::etcd {
namespace {

using std::chrono::milliseconds;
using Api = Settings::Api;
using test::EtcdServer;
using test::FakeAnswer;
using test::FakePeer;
using test::LogCapture;
using test::Recorder;
using testing::HasSubstr;

/// Short times and small sizes, so that the tests are short.
Settings settings_for(std::vector<std::string> nodes, Api api = Api::v2) {
    Settings settings;
    settings.api = api;
    settings.nodes = std::move(nodes);
    settings.timing.answer = milliseconds(500);
    settings.timing.whole_answer = milliseconds(500);
    settings.timing.poll = milliseconds(500);
    settings.timing.probe = milliseconds(300);
    settings.timing.longest_pause = milliseconds(200);
    settings.sizes.reading = 1 << 20;
    settings.sizes.event = 1 << 16;
    settings.sizes.other = 1 << 16;
    return settings;
}

FakeAnswer v2(const std::string& body, unsigned status = 200, int index = 5) {
    return FakePeer::http(status,
                          fmt::format("X-Etcd-Index: {}\r\nX-Etcd-Cluster-Id: c\r\n", index), body);
}

FakeAnswer v3(const std::string& body, unsigned status = 200) {
    return FakePeer::http(status, "", body);
}

/// The head of an answer whose body goes on.
FakeAnswer open_answer(const std::string& begin = "", const std::string& endless = "",
                       milliseconds interval = {}) {
    return {"HTTP/1.1 200 OK\r\nX-Etcd-Index: 5\r\nX-Etcd-Cluster-Id: c\r\n\r\n" + begin, endless,
            interval, false};
}

const std::string v2_tree =
    R"({"action":"get","node":{"key":"/app","dir":true,"nodes":[{"key":"/app/a","value":"1","modifiedIndex":4,"createdIndex":4}],"modifiedIndex":4,"createdIndex":4}})";
const std::string v3_range = fmt::format(
    R"({{"header":{{"cluster_id":"7","revision":"5"}},"kvs":[{{"key":"{}","value":"{}"}}],"count":"1"}})",
    encode_base64("/app/a"), encode_base64("1"));

bool is_watch(const std::string& request) {
    return request.find("wait=true") != std::string::npos ||
           request.find("/v3/watch") != std::string::npos;
}

/// One that reads as it should, and whose watches are answered so.
FakePeer::Handler with_watch(Api api, FakeAnswer watch) {
    return [api, watch = std::move(watch)](const std::string& request) {
        if (is_watch(request))
            return watch;
        return api == Api::v2 ? v2(v2_tree) : v3(v3_range);
    };
}

/// One whose reads are answered so, and whose watches are silent.
FakePeer::Handler with_reading(FakeAnswer reading) {
    return [reading = std::move(reading)](const std::string& request) {
        return is_watch(request) ? open_answer() : reading;
    };
}

struct Case {
    const char* name;
    Api api;
    FakeAnswer answer;
};

std::string case_name(const testing::TestParamInfo<Case>& info) {
    return info.param.name;
}

class BrokenReading : public testing::TestWithParam<Case> {};

TEST_P(BrokenReading, IsKeptOutAndRetriedElsewhere) {
    test::EtcdOptions options;
    options.api = GetParam().api;
    EtcdServer etcd(options);
    etcd.put("/app/b", "2");
    const FakePeer fake(with_reading(GetParam().answer));
    LogCapture log;
    {
        Recorder recorder(settings_for({fake.url(), etcd.url()}, GetParam().api), "/app");
        ASSERT_TRUE(recorder.wait_for({{"/app/b", "2"}}));
        for (const keys::Update& update : recorder.updates())
            EXPECT_EQ(update.entries.size(), 1U) << "it was taken for an empty directory";
        EXPECT_TRUE(recorder.stop());
    }
    EXPECT_EQ(log.count(fake.url()), 1) << log.text();
}

TEST_P(BrokenReading, LeavesTheKeysAsTheyWere) {
    std::atomic<bool> broken = false;
    const FakePeer fake([&](const std::string& request) {
        if (is_watch(request))
            return open_answer();
        if (broken)
            return GetParam().answer;
        return GetParam().api == Api::v2 ? v2(v2_tree) : v3(v3_range);
    });
    LogCapture log;
    {
        Recorder recorder(settings_for({fake.url()}, GetParam().api), "/app");
        ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
        broken = true;
        recorder.read_again();
        ASSERT_TRUE(test::wait_until([&] { return log.count("trying again") > 0; }));
        const unsigned requests = fake.requests();
        EXPECT_TRUE(test::wait_until([&] { return fake.requests() > requests + 3; }));
        EXPECT_EQ(recorder.keys(), (keys::KeyTree::Map{{"/app/a", "1"}}));
        EXPECT_TRUE(recorder.stop());
    }
    // What never ends is too large, or takes too long: that is told once each.
    const int causes = GetParam().answer.endless.empty() ? 1 : 2;
    EXPECT_LE(log.count("trying again"), causes) << log.text();
}

const std::string v3_head = R"({"header":{"cluster_id":"7","revision":"5"})";
const std::string unending = "HTTP/1.1 200 OK\r\nX-Etcd-Index: 5\r\n\r\n{\"node\":{\"key\":\"";

INSTANTIATE_TEST_SUITE_P(
    All, BrokenReading,
    testing::Values(
        Case{"NodeWithoutAnything", Api::v2, v2(R"({"node":{}})")},
        Case{"AnotherKey", Api::v2, v2(R"({"action":"get","node":{"key":"/other","dir":true}})")},
        Case{"NoDirectory", Api::v2, v2(R"({"action":"get","node":{"key":"/app"}})")},
        Case{"NodesOfAWrongType", Api::v2,
             v2(R"({"action":"get","node":{"key":"/app","dir":true,"nodes":{}}})")},
        Case{"AnotherKeyIsMissing", Api::v2, v2(R"({"errorCode":100,"cause":"/other"})", 404)},
        Case{"NotFoundWithAnotherStatus", Api::v2, v2(R"({"errorCode":100,"cause":"/app"})", 503)},
        Case{"NoAction", Api::v2, v2(R"({"node":{"key":"/app","dir":true}})")},
        Case{"NodesTwice", Api::v2,
             v2(R"({"action":"get","node":{"key":"/app","dir":true,"nodes":[{"key":"/app/a",)"
                R"("value":"1"}],"nodes":[]}})")},
        Case{"NewerThanTheAnswer", Api::v2,
             v2(R"({"action":"get","node":{"key":"/app","dir":true,"modifiedIndex":6}})")},
        Case{"Nothing", Api::v2, v2("")},
        Case{"Endless", Api::v2, {unending, std::string(10'000, 'x'), {}, false}},
        Case{"Dripping", Api::v2, {unending, "x", milliseconds(20), false}},
        Case{"DrippingHead", Api::v2, {"HTTP/1.1 200 OK\r\nX-", "x", milliseconds(20), false}},
        Case{"EndlessHead", Api::v2, {"HTTP/1.1 200 OK\r\nX-", "xxx", {}, false}},
        Case{"EndlessRefusal",
             Api::v2,
             {"HTTP/1.1 500 X\r\n\r\n", std::string(1'000, 'x'), {}, false}},
        Case{"TooLong",
             Api::v2,
             {"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000\r\n\r\nx", {}, {}, false}},
        Case{"AHugeChunk",
             Api::v2,
             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffff\r\n",
              std::string(10'000, 'x'),
              {},
              false}},
        Case{"V3NoHeader", Api::v3, v3("{}")},
        Case{"V3PairsOfAWrongType", Api::v3, v3(v3_head + R"(,"kvs":{}})")},
        Case{"V3KeyOfAWrongType", Api::v3, v3(v3_head + R"(,"kvs":[{"key":7}]})")},
        Case{"V3AnotherKey", Api::v3, v3(v3_head + R"(,"kvs":[{"key":"YQ==","value":"YQ=="}]})")},
        Case{"V3PairsTwice", Api::v3,
             v3(v3_head + R"(,"kvs":[{"key":"L2FwcC9h","value":"MQ=="}],"kvs":[]})")},
        Case{"V3FewerThanItCounts", Api::v3, v3(v3_head + R"(,"count":"3"})")},
        Case{"V3Endless",
             Api::v3,
             {"HTTP/1.1 200 OK\r\n\r\n" + v3_head + ",\"kvs\":[",
              R"({"key":"L2FwcC9h","value":"MQ=="},)",
              {},
              false}}),
    case_name);

class BrokenWatch : public testing::TestWithParam<Case> {};

/// Each of them made a loop without a pause, took memory without an end, or went on for ever.
TEST_P(BrokenWatch, CostsLittleAndIsToldOnce) {
    const FakePeer fake(with_watch(GetParam().api, GetParam().answer));
    LogCapture log;
    Settings settings = settings_for({fake.url()}, GetParam().api);
    settings.timing.probe = milliseconds(3'000);
    {
        Recorder recorder(settings, "/app");
        ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
        ASSERT_TRUE(test::wait_until([&] { return log.count("trying again") > 0; })) << log.text();
        const unsigned before = fake.requests();
        EXPECT_FALSE(
            test::wait_until([&] { return fake.requests() > before + 40; }, milliseconds(1'500)));
        EXPECT_GT(fake.requests(), before) << "it isn't tried again";
        EXPECT_EQ(recorder.keys(), (keys::KeyTree::Map{{"/app/a", "1"}}));
        EXPECT_TRUE(recorder.stop());
    }
    // Where this machine is slow, what is sent without end is found useless by the time that it
    // takes, and not by its size: another trouble, which is told once as well.
    const auto told_by_time = log.count("bring nothing that is new");
    EXPECT_LE(told_by_time, 1) << log.text();
    EXPECT_LE(log.count("trying again") - told_by_time, 1) << log.text();
    EXPECT_LE(log.count(""), 2 + told_by_time) << log.text();
}

TEST_P(BrokenWatch, IsLeftForAnotherNode) {
    test::EtcdOptions options;
    options.api = GetParam().api;
    EtcdServer etcd(options);
    etcd.put("/app/b", "2");
    const FakePeer fake(with_watch(GetParam().api, GetParam().answer));
    Recorder recorder(settings_for({fake.url(), etcd.url()}, GetParam().api), "/app");
    ASSERT_TRUE(recorder.wait_for({{"/app/b", "2"}}));
    etcd.put("/app/b", "3");
    EXPECT_TRUE(recorder.wait_for({{"/app/b", "3"}}));
    EXPECT_TRUE(recorder.stop());
}

std::string v2_event(int index) {
    return fmt::format(
        R"({{"action":"set","node":{{"key":"/app/a","value":"1","modifiedIndex":{0},"createdIndex":{0}}}}})"
        "\n",
        index);
}

const std::string v3_created =
    R"({"result":{"header":{"cluster_id":"7","revision":"5"},"created":true}})"
    "\n";

INSTANTIATE_TEST_SUITE_P(
    All, BrokenWatch,
    testing::Values(
        Case{"IgnoresWait", Api::v2, v2(v2_tree)}, Case{"AnswersWithNothing", Api::v2, v2("")},
        Case{"AnswersWithAnOldEvent", Api::v2, v2(v2_event(3))},
        Case{"AnswersWithTheLastEvent", Api::v2, v2(v2_event(5))},
        Case{"AnswersWithNonsense", Api::v2, v2("<html>")},
        Case{"HasNoHistory", Api::v2, v2(R"({"errorCode":401,"index":5})", 400)},
        Case{"IsBehind", Api::v2, v2("", 200, 3)},
        Case{"HasNoIndex", Api::v2, FakePeer::http(200, "X-Etcd-Cluster-Id: c\r\n", "")},
        Case{"IsOfAnotherStore", Api::v2, FakePeer::http(200, "X-Etcd-Index: 5\r\n", "")},
        Case{"ARefusalWithoutEnd", Api::v2, {"HTTP/1.1 500 X\r\n\r\n", "xxxxxxxxx", {}, false}},
        Case{"BlankLinesWithoutEnd", Api::v2, open_answer("", "\n\n\n\n")},
        Case{"OneLineWithoutEnd", Api::v2, open_answer("{\"action\":\"", std::string(5'000, 'x'))},
        Case{"OneLineThatDrips", Api::v2, open_answer("{\"action\":\"", "x", milliseconds(20))},
        Case{"TheLastEventWithoutEnd", Api::v2, open_answer("", v2_event(5))},
        Case{"OldEventsWithoutEnd", Api::v2, open_answer("", v2_event(3))},
        Case{"V3IgnoresWatch", Api::v3, v3(v3_range)},
        Case{"V3EndsAtOnce", Api::v3, v3(v3_created)},
        Case{"V3HasNoHistory", Api::v3,
             v3(R"({"result":{"canceled":true,"compact_revision":"4"}})")},
        Case{"V3IsOfAnotherStore", Api::v3,
             v3(R"({"result":{"header":{"cluster_id":"8","revision":"5"},"created":true}})")},
        Case{"V3ProgressWithoutEnd", Api::v3,
             open_answer(v3_created, R"({"result":{"header":{"cluster_id":"7","revision":"5"}}})"
                                     "\n")}),
    case_name);

std::string v3_removal(const std::string& header) {
    return fmt::format(R"({{"result":{{{}"events":[{{"type":"DELETE","kv":{{"key":"{}",)"
                       R"("mod_revision":"6"}}}}]}}}})"
                       "\n",
                       header, encode_base64("/app/a"));
}

/// Its watches bring an event at once that its reads never know. All servers came and went, without
/// a pause.
TEST(BrokenPeer, WhoseEventsItsReadsDoNotKnowIsNotFollowed) {
    const std::string removal =
        R"({"action":"delete","node":{"key":"/app","dir":true,"modifiedIndex":6}})";
    const std::pair<Api, FakeAnswer> cases[] = {
        {Api::v2, v2(removal)},
        {Api::v2, v2(removal, 200, 6)},
        {Api::v2, open_answer(removal + "\n")},
        {Api::v3, v3(v3_created + v3_removal(R"("header":{"cluster_id":"7","revision":"6"},)"))}};
    for (const auto& [api, watch] : cases) {
        const FakePeer fake(with_watch(api, watch));
        LogCapture log;
        Recorder recorder(settings_for({fake.url()}, api), "/app");
        ASSERT_TRUE(test::wait_until([&] { return log.count("trying again") > 0; })) << log.text();
        ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}})) << log.text();
        const unsigned before = fake.requests();
        ASSERT_TRUE(test::wait_until([&] { return fake.requests() > before + 6; }));
        EXPECT_FALSE(
            test::wait_until([&] { return fake.requests() > before + 60; }, milliseconds(1'500)));
        EXPECT_EQ(recorder.updates().size() - recorder.snapshots(), 1U)
            << "only the first one was told";
        EXPECT_TRUE(recorder.stop());
        EXPECT_EQ(log.count("another store"), 1) << log.text();
        EXPECT_LE(log.count(""), 3) << log.text();
    }
}

/// A peer that sends without a pause must not keep the others from running.
TEST(BrokenPeer, DoesNotKeepAStopFromComing) {
    for (const milliseconds interval : {milliseconds(0), milliseconds(20)}) {
        const FakePeer fake([&](const std::string& request) {
            return is_watch(request) ? open_answer("", "\n", interval)
                                     : FakeAnswer{unending, "x", interval, false};
        });
        Settings settings = settings_for({fake.url()});
        settings.timing = {};
        settings.sizes = {};
        Recorder recorder(settings, "/app");
        ASSERT_TRUE(test::wait_until([&] { return fake.requests() > 0; }));
        const auto begun = std::chrono::steady_clock::now();
        EXPECT_TRUE(recorder.stop());
        EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(2'000));
    }
}

/// What belongs to no body has a limit too: it took all memory within seconds.
TEST(BrokenPeer, IsLeftWhenAChunksHeadDoesNotEnd) {
    const FakeAnswer answer{"HTTP/1.1 200 OK\r\nX-Etcd-Index: 5\r\nX-Etcd-Cluster-Id: c\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n1;",
                            std::string(4'000, 'a'),
                            {},
                            false};
    for (const bool in_watch : {false, true}) {
        const FakePeer fake([&](const std::string& request) {
            return is_watch(request) == in_watch ? answer : v2(v2_tree);
        });
        Settings settings = settings_for({fake.url()});
        settings.timing = {};
        settings.timing.whole_answer = settings.timing.poll = milliseconds(5'000);
        LogCapture log;
        Recorder recorder(settings, "/app");
        EXPECT_TRUE(test::wait_until([&] { return log.count("a chunk's head") > 0; }))
            << log.text();
        EXPECT_TRUE(recorder.stop());
    }
}

/// It says that the key isn't there, and then that it is.
TEST(BrokenPeer, ThatContradictsItselfIsAskedMoreAndMoreRarely) {
    const FakePeer fake([](const std::string& request) {
        return request.starts_with("GET") ? v2(R"({"errorCode":100,"cause":"/a"})", 404)
                                          : v2(R"({"errorCode":105,"cause":"/a"})", 412);
    });
    LogCapture log;
    boost::asio::io_context context;
    Claim claim(context.get_executor(), settings_for({fake.url()}), {"/a", "mine"});
    milliseconds longest{};
    for (int i = 0; i < 5; ++i) {
        auto result = boost::asio::co_spawn(context, claim.keep(), boost::asio::use_future);
        context.restart();
        context.run();
        const auto standing = result.get();
        EXPECT_EQ(standing.kind, Claim::Standing::Kind::unknown);
        longest = std::max(longest, standing.pause);
    }
    EXPECT_GE(longest, milliseconds(100));
    EXPECT_EQ(log.count(fake.url()), 1) << log.text();
}

TEST(BrokenPeer, IsExplainedToWhoReadsOnce) {
    const FakePeer fake(with_reading(v2(R"({"node":{}})")));
    boost::asio::io_context context;
    auto result = boost::asio::co_spawn(context, read(settings_for({fake.url()}), "/app"),
                                        boost::asio::use_future);
    context.run();
    const auto snapshot = result.get();
    ASSERT_FALSE(snapshot);
    EXPECT_THAT(snapshot.error().message, HasSubstr("something else than etcd's v2 API"));
    EXPECT_THAT(snapshot.error().message, HasSubstr(R"('{"node":{}}')"));
}

} // namespace
} // namespace hitless::etcd
