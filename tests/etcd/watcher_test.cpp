// What a Watcher tells of one healthy etcd.
#include "etcd/recorder.hpp"
#include "support/etcd_server.hpp"
#include "support/http.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <thread>

namespace hitless::etcd {
namespace {

using keys::Event;
using Keys = keys::KeyTree::Map;
using test::EtcdServer;
using test::Recorder;

class WatcherTest : public testing::Test {
  protected:
    static EtcdServer& server() { return *server_; }
    static Settings settings() {
        Settings settings;
        settings.nodes = {server().url()};
        return settings;
    }

    static void SetUpTestSuite() { server_ = new EtcdServer; }
    static void TearDownTestSuite() {
        delete server_;
        server_ = nullptr;
    }

    /// A PUT with a form of its own.
    static void put_form(const std::string& key, const std::string& form) {
        const auto answer = test::http("PUT", server().url() + "/v2/keys" + key, form);
        ASSERT_EQ(answer.status / 100, 2U) << answer.body;
    }

  private:
    static inline EtcdServer* server_ = nullptr;
};

TEST_F(WatcherTest, TellsWhatIsThereAndWhatChanges) {
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
    EXPECT_EQ(updates[1].event, (Event{Event::Kind::put, "/first/servers/web2", "10.0.0.2:80"}));
    EXPECT_LT(updates[0].index, updates[1].index);
    EXPECT_LT(updates[1].index, updates[2].index);
    EXPECT_GE(updates[1].received, updates[0].received);
    EXPECT_TRUE(recorder.stop());
}

TEST_F(WatcherTest, WatchesWhatIsNotThereYet) {
    for (const std::string root : {"/nothing", "/nothing2/at/all", "/"}) {
        Recorder recorder(settings(), root);
        ASSERT_TRUE(recorder.wait_for_snapshots(1)) << root;
        const std::string key = (root == "/" ? "" : root) + "/k";
        server().put(key, "v");
        EXPECT_TRUE(test::wait_until([&] { return recorder.keys().contains(key); })) << root;
    }
}

TEST_F(WatcherTest, FollowsARootThatIsAPlainKey) {
    server().put("/plain", "1");
    Recorder recorder(settings(), "/plain");
    ASSERT_TRUE(recorder.wait_for({{"/plain", "1"}}));
    server().put("/plain", "2");
    ASSERT_TRUE(recorder.wait_for({{"/plain", "2"}}));
    Recorder below(settings(), "/plain/below");
    EXPECT_TRUE(below.wait_for_snapshots(1));
    EXPECT_TRUE(below.keys().empty());
}

TEST_F(WatcherTest, UnderstandsEveryAction) {
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
        ASSERT_EQ(answer.status / 100, 2U) << step.target << " " << answer.body;
        ASSERT_TRUE(recorder.wait_for(step.expected)) << step.method << " " << step.target;
    }
    EXPECT_EQ(recorder.snapshots(), 1U) << "all by events";
}

TEST_F(WatcherTest, PassesTheRemovalOfAnAncestorOn) {
    server().put("/up/er/servers/web1", "1");
    Recorder recorder(settings(), "/up/er/servers");
    ASSERT_TRUE(recorder.wait_for({{"/up/er/servers/web1", "1"}}));
    server().remove("/up");
    ASSERT_TRUE(recorder.wait_for({}));
    EXPECT_EQ(recorder.updates().back().event, (Event{Event::Kind::remove, "/up", ""}));

    put_form("/up", "dir=true&ttl=1");
    server().put("/up/er/servers/web2", "2");
    ASSERT_TRUE(recorder.wait_for({{"/up/er/servers/web2", "2"}}));
    ASSERT_TRUE(recorder.wait_for({})); // the directory expires
    EXPECT_EQ(recorder.updates().back().event, (Event{Event::Kind::remove, "/up", ""}));
    EXPECT_EQ(recorder.snapshots(), 1U);
}

TEST_F(WatcherTest, ReadsAgainWhenAsked) {
    server().put("/again/a", "1");
    Recorder recorder(settings(), "/again");
    ASSERT_TRUE(recorder.wait_for_snapshots(1));
    recorder.read_again();
    ASSERT_TRUE(recorder.wait_for_snapshots(2));
    server().put("/again/a", "2");
    ASSERT_TRUE(recorder.wait_for({{"/again/a", "2"}}));
    EXPECT_EQ(recorder.updates().back().kind, Update::Kind::event);
}

TEST_F(WatcherTest, LosesNothingBetweenReadsAndWatch) {
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

} // namespace
} // namespace hitless::etcd
