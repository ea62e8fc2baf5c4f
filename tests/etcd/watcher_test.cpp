// What a Watcher tells of one healthy etcd.
#include "etcd/recorder.hpp"
#include "support/etcd_server.hpp"
#include "support/http.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <memory>
#include <thread>

namespace hitless::etcd {
namespace {

using Api = Settings::Api;
using keys::Event;
using keys::Update;
using Keys = keys::KeyTree::Map;
using test::EtcdServer;
using test::Recorder;

/// Tests that know no difference between the APIs run with each, on an etcd of its own.
class WatcherTest : public testing::TestWithParam<Api> {
  protected:
    static EtcdServer& server() {
        auto& server = servers_[GetParam()];
        if (!server) {
            test::EtcdOptions options;
            options.api = GetParam();
            server = std::make_unique<EtcdServer>(options);
        }
        return *server;
    }
    static Settings settings() {
        Settings settings;
        settings.nodes = {server().url()};
        settings.api = GetParam();
        return settings;
    }
    static bool is_v3() { return GetParam() == Api::v3; }

    static void TearDownTestSuite() { servers_.clear(); }

  private:
    static inline std::map<Api, std::unique_ptr<EtcdServer>> servers_;
};

class V2WatcherTest : public WatcherTest {
  protected:
    /// A PUT with a form of its own.
    static void put_form(const std::string& key, const std::string& form) {
        const auto answer = test::http("PUT", server().url() + "/v2/keys" + key, form);
        ASSERT_EQ(answer.status / 100, 2U) << answer.body;
    }
};

class V3WatcherTest : public WatcherTest {};

INSTANTIATE_TEST_SUITE_P(Both, WatcherTest, testing::Values(Api::v2, Api::v3), test::api_name);
INSTANTIATE_TEST_SUITE_P(Only, V2WatcherTest, testing::Values(Api::v2), test::api_name);
INSTANTIATE_TEST_SUITE_P(Only, V3WatcherTest, testing::Values(Api::v3), test::api_name);

TEST_P(WatcherTest, TellsWhatIsThereAndWhatChanges) {
    server().put("/first/servers/web1", "10.0.0.1:80");
    server().put("/other", "not ours");
    Recorder recorder(settings(), "/first");
    ASSERT_TRUE(recorder.wait_for({{"/first/servers/web1", "10.0.0.1:80"}}));
    server().put("/first/servers/web2", "10.0.0.2:80");
    server().put("/firstborn", "not ours either");
    server().put("/first/servers/web1", "10.0.0.3:80");
    ASSERT_TRUE(recorder.wait_for(
        {{"/first/servers/web1", "10.0.0.3:80"}, {"/first/servers/web2", "10.0.0.2:80"}}));
    const auto updates = recorder.updates();
    ASSERT_EQ(updates.size(), 3U);
    EXPECT_EQ(updates[0].kind, Update::Kind::snapshot);
    EXPECT_EQ(updates[0].root, "/first");
    EXPECT_FALSE(updates[0].other_store);
    EXPECT_EQ(updates[1].events, (std::vector{Event{Event::Kind::put, "/first/servers/web2",
                                                    "10.0.0.2:80", is_v3()}}));
    EXPECT_LT(updates[0].index, updates[1].index);
    EXPECT_LT(updates[1].index, updates[2].index);
    EXPECT_GE(updates[1].received, updates[0].received);
    EXPECT_TRUE(recorder.stop());
}

TEST_P(WatcherTest, WatchesWhatIsNotThereYet) {
    for (const std::string root : {"/nothing", "/nothing2/at/all", "/"}) {
        Recorder recorder(settings(), root);
        ASSERT_TRUE(recorder.wait_for_snapshots(1)) << root;
        const std::string key = (root == "/" ? "" : root) + "/k";
        server().put(key, "v");
        EXPECT_TRUE(test::wait_until([&] { return recorder.keys().contains(key); })) << root;
    }
}

TEST_P(V2WatcherTest, FollowsARootThatIsAPlainKey) {
    server().put("/plain", "1");
    Recorder recorder(settings(), "/plain");
    ASSERT_TRUE(recorder.wait_for({{"/plain", "1"}}));
    server().put("/plain", "2");
    ASSERT_TRUE(recorder.wait_for({{"/plain", "2"}}));
    Recorder below(settings(), "/plain/below");
    EXPECT_TRUE(below.wait_for_snapshots(1));
    EXPECT_TRUE(below.keys().empty());
}

TEST_P(V2WatcherTest, UnderstandsEveryAction) {
    const struct {
        const char* method;
        const char* target;
        const char* form;
        Keys expected;
    } steps[] = {
        {"PUT", "/act/a", "value=1", {{"/act/a", "1"}}},
        {"PUT", "/act/b?prevExist=false", "value=1", {{"/act/a", "1"}, {"/act/b", "1"}}},
        {"PUT", "/act/b?prevExist=true", "value=2", {{"/act/a", "1"}, {"/act/b", "2"}}},
        {"PUT", "/act/b?prevValue=2", "value=3", {{"/act/a", "1"}, {"/act/b", "3"}}},
        {"DELETE", "/act/b?prevValue=3", "", {{"/act/a", "1"}}},
        {"PUT", "/act/a", "dir=true", {}},
        {"PUT", "/act/a/x", "value=", {{"/act/a/x", ""}}},
        {"PUT", "/act/a?prevExist=true", "dir=true&ttl=1000", {{"/act/a/x", ""}}},
        {"PUT", "/act/a/x", "value=%3Ca%20%26%20%22b%22%0A%3E", {{"/act/a/x", "<a & \"b\"\n>"}}},
        {"PUT",
         "/act/a/k%20%3F%C3%A4",
         "value=y",
         {{"/act/a/k ?ä", "y"}, {"/act/a/x", "<a & \"b\"\n>"}}},
        {"DELETE", "/act/a?recursive=true", "", {}},
        {"PUT", "/act/c", "value=1", {{"/act/c", "1"}}},
        {"DELETE", "/act/c", "", {}},
        {"PUT", "/act/_hidden", "value=1", {}},
        {"PUT", "/act/d", "value=1&ttl=1", {{"/act/d", "1"}}},
        {"GET", "/act", "", {}}, // it has expired
    };
    Recorder recorder(settings(), "/act");
    ASSERT_TRUE(recorder.wait_for_snapshots(1));
    for (const auto& step : steps) {
        const auto answer =
            test::http(step.method, server().url() + "/v2/keys" + step.target, step.form);
        // etcd 3.5 gives no TTL to a directory that is there.
        const bool too_new =
            std::string_view(step.form).find("dir=true&ttl") != std::string::npos &&
            answer.body.find("Not a file") != std::string::npos;
        ASSERT_TRUE(too_new || answer.status / 100 == 2U) << step.target << " " << answer.body;
        ASSERT_TRUE(recorder.wait_for(step.expected)) << step.method << " " << step.target;
    }
    EXPECT_EQ(recorder.snapshots(), 1U) << "all by events";
}

TEST_P(V2WatcherTest, PassesTheRemovalOfAnAncestorOn) {
    server().put("/up/er/servers/web1", "1");
    Recorder recorder(settings(), "/up/er/servers");
    ASSERT_TRUE(recorder.wait_for({{"/up/er/servers/web1", "1"}}));
    server().remove("/up");
    ASSERT_TRUE(recorder.wait_for({}));
    EXPECT_EQ(recorder.updates().back().events,
              (std::vector{Event{Event::Kind::remove, "/up", ""}}));

    put_form("/up", "dir=true&ttl=1");
    server().put("/up/er/servers/web2", "2");
    ASSERT_TRUE(recorder.wait_for({{"/up/er/servers/web2", "2"}}));
    ASSERT_TRUE(recorder.wait_for({})); // the directory expires
    EXPECT_EQ(recorder.updates().back().events,
              (std::vector{Event{Event::Kind::remove, "/up", ""}}));
    EXPECT_EQ(recorder.snapshots(), 1U);
}

TEST_P(WatcherTest, ReadsAgainWhenAsked) {
    server().put("/again/a", "1");
    Recorder recorder(settings(), "/again");
    ASSERT_TRUE(recorder.wait_for_snapshots(1));
    recorder.read_again();
    ASSERT_TRUE(recorder.wait_for_snapshots(2));
    server().put("/again/a", "2");
    ASSERT_TRUE(recorder.wait_for({{"/again/a", "2"}}));
    EXPECT_EQ(recorder.updates().back().kind, Update::Kind::events);
}

TEST_P(WatcherTest, LosesNothingBetweenReadsAndWatch) {
    // Writes go on while watchers start, and while they read again.
    std::atomic<bool> stop = false;
    std::thread writer([&] {
        for (int i = 0; !stop; ++i)
            server().put(fmt::format("/busy/k{}", i % 50), std::to_string(i));
    });
    std::vector<std::unique_ptr<Recorder>> recorders;
    for (int i = 0; i < 20; ++i) {
        recorders.push_back(std::make_unique<Recorder>(settings(), "/busy"));
        EXPECT_TRUE(recorders.back()->wait_for_snapshots(1));
        for (int again = 0; again < 5; ++again)
            recorders.back()->read_again();
    }
    stop = true;
    writer.join();
    server().put("/busy/last", "1");
    Recorder truth(settings(), "/busy");
    ASSERT_TRUE(truth.wait_for_snapshots(1));
    for (const auto& recorder : recorders) {
        EXPECT_TRUE(recorder->wait_for(truth.keys()));
        std::uint64_t index = 0;
        for (const Update& update : recorder->updates()) {
            EXPECT_TRUE(update.index > index ||
                        (update.index == index && update.kind == Update::Kind::snapshot));
            index = update.index;
        }
    }
}

TEST_P(V3WatcherTest, TakesKeysAsFlat) {
    server().put("/flat/a", "1");
    server().put("/flat/a/b", "2");
    server().put("/flat-not-ours", "3");
    server().put("/flat/empty", "");
    Recorder recorder(settings(), "/flat");
    ASSERT_TRUE(recorder.wait_for({{"/flat/a", "1"}, {"/flat/a/b", "2"}, {"/flat/empty", ""}}));
    server().put("/flat/a/b/c", "<a & \"b\"\n>");
    server().put("/flat0", "not ours either");
    ASSERT_TRUE(recorder.wait_for({{"/flat/a", "1"},
                                   {"/flat/a/b", "2"},
                                   {"/flat/a/b/c", "<a & \"b\"\n>"},
                                   {"/flat/empty", ""}}));
    server().put("/flat", "a key of the root's name");
    server().remove("/flat/a");
    ASSERT_TRUE(recorder.wait_for({{"/flat", "a key of the root's name"}, {"/flat/empty", ""}}));
    EXPECT_EQ(recorder.snapshots(), 1U) << "all by events";
}

TEST_P(V3WatcherTest, TellsATransactionAtOnce) {
    server().put("/txn/a", "1");
    Recorder recorder(settings(), "/txn");
    ASSERT_TRUE(recorder.wait_for({{"/txn/a", "1"}}));
    // Base64 of /txn/a and /txn/b.
    server().ask_v3("/v3/kv/txn", R"({"success":[
        {"request_delete_range":{"key":"L3R4bi9h"}},
        {"request_put":{"key":"L3R4bi9i","value":"Mg=="}}]})");
    ASSERT_TRUE(recorder.wait_for({{"/txn/b", "2"}}));
    EXPECT_EQ(recorder.updates().size(), 2U);
}

TEST_P(V3WatcherTest, FollowsTheEndOfALease) {
    Recorder recorder(settings(), "/lease");
    ASSERT_TRUE(recorder.wait_for_snapshots(1));
    server().put("/lease/a", "1", std::chrono::seconds(1));
    ASSERT_TRUE(recorder.wait_for({{"/lease/a", "1"}}));
    ASSERT_TRUE(recorder.wait_for({}));
}

TEST_P(V3WatcherTest, CleansKeysAndPrefersCleanOnes) {
    server().put("/unclean/a/", "behind");
    server().put("/unclean//a", "before");
    server().put("/unclean/b//c", "1");
    Recorder recorder(settings(), "/unclean");
    ASSERT_TRUE(recorder.wait_for({{"/unclean/a", "behind"}, {"/unclean/b/c", "1"}}));
    server().put("/unclean/a", "clean");
    ASSERT_TRUE(recorder.wait_for({{"/unclean/a", "clean"}, {"/unclean/b/c", "1"}}));
    server().put("/unclean/a/", "again");
    server().put("/unclean/b//c", "2");
    ASSERT_TRUE(recorder.wait_for({{"/unclean/a", "clean"}, {"/unclean/b/c", "2"}}));
    // Without it, the others count again.
    server().ask_v3("/v3/kv/deleterange", R"({"key":"L3VuY2xlYW4vYQ=="})");
    ASSERT_TRUE(recorder.wait_for({{"/unclean/a", "again"}, {"/unclean/b/c", "2"}}));
}

} // namespace
} // namespace hitless::etcd
