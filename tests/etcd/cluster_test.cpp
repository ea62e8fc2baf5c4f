// A Watcher and a real cluster that loses nodes.
#include "etcd/recorder.hpp"
#include "support/etcd_cluster.hpp"
#include "support/http.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <stdexcept>

namespace hitless::etcd {
namespace {

using std::chrono::milliseconds;
using Api = Settings::Api;
using keys::Update;
using test::EtcdCluster;
using test::EtcdServer;
using test::Recorder;

Settings settings_for(std::vector<std::string> nodes, Api api) {
    Settings settings;
    settings.api = api;
    settings.nodes = std::move(nodes);
    settings.timing.probe = milliseconds(500);
    settings.timing.probe_answer = milliseconds(1'500);
    settings.timing.answer = milliseconds(5'000);
    settings.timing.longest_pause = milliseconds(500);
    return settings;
}

/// Writes through whichever node takes it: an election may be on.
void put_somewhere(EtcdCluster& cluster, const std::string& key, const std::string& value) {
    const auto written = [&] {
        for (std::size_t i = 0; i < cluster.size(); ++i) {
            try {
                cluster.node(i).put(key, value);
                return true;
            } catch (const std::runtime_error&) {
                continue;
            }
        }
        return false;
    };
    ASSERT_TRUE(test::wait_until(written, std::chrono::seconds(30))) << key;
}

/// Each event once, in order, and none from another store.
void expect_order(const std::vector<Update>& updates) {
    std::uint64_t index = 0;
    for (const Update& update : updates) {
        EXPECT_FALSE(update.other_store);
        EXPECT_TRUE(update.index > index ||
                    (update.index == index && update.kind == Update::Kind::snapshot))
            << update.index << " after " << index;
        index = update.index;
    }
}

class Cluster : public testing::TestWithParam<Api> {};

INSTANTIATE_TEST_SUITE_P(Both, Cluster, testing::Values(Api::v2, Api::v3), test::api_name);

TEST_P(Cluster, LossesOfNodesLeaderAndQuorumLoseNoEvent) {
    EtcdCluster cluster(3, GetParam());
    put_somewhere(cluster, "/app/start", "1");
    keys::KeyTree::Map expected{{"/app/start", "1"}};
    Recorder recorder(settings_for(cluster.urls(), GetParam()), "/app");
    ASSERT_TRUE(recorder.wait_for(expected));
    const auto change = [&](const std::string& key) {
        put_somewhere(cluster, "/app/" + key, "x");
        expected["/app/" + key] = "x";
        EXPECT_TRUE(recorder.wait_for(expected)) << key;
    };

    cluster.node(0).stop(); // the one the watcher is on
    change("node-lost");
    cluster.node(0).start();
    ASSERT_TRUE(cluster.node(0).wait_healthy(std::chrono::seconds(60)));
    change("node-back");

    std::size_t leader = cluster.size();
    ASSERT_TRUE(test::wait_until([&] { return (leader = cluster.leader()) < cluster.size(); }));
    cluster.node(leader).process().signal(SIGKILL);
    change("leader-lost");
    cluster.node(leader).start();
    ASSERT_TRUE(cluster.node(leader).wait_healthy(std::chrono::seconds(60)));
    change("leader-back");

    ASSERT_TRUE(test::wait_until([&] { return (leader = cluster.leader()) < cluster.size(); }));
    cluster.node(leader).process().signal(SIGSTOP); // it hangs
    change("leader-hangs");
    cluster.node(leader).process().signal(SIGCONT);
    ASSERT_TRUE(cluster.node(leader).wait_healthy(std::chrono::seconds(60)));

    cluster.node(1).stop(); // no quorum any more
    cluster.node(2).stop();
    EXPECT_THROW(cluster.node(0).put("/app/no", "1"), std::runtime_error);
    cluster.node(1).start();
    cluster.node(2).start();
    ASSERT_TRUE(cluster.node(2).wait_healthy(std::chrono::seconds(60)));
    put_somewhere(cluster, "/app/no", "0"); // the refused write may have been made later
    expected["/app/no"] = "0";
    change("quorum-back");
    expect_order(recorder.updates());
    EXPECT_TRUE(recorder.stop());
}

TEST_P(Cluster, IsLearnedFromOneOfItsNodes) {
    EtcdCluster cluster(3, GetParam());
    put_somewhere(cluster, "/app/a", "1");
    Settings settings = settings_for({cluster.node(0).url()}, GetParam());
    settings.discover = true;
    Recorder recorder(settings, "/app");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
    // The members are asked for after the first read, the probe after them.
    ASSERT_TRUE(test::wait_until([&] {
        recorder.read_again();
        return recorder.snapshots() > 3;
    }));
    cluster.node(0).stop();
    put_somewhere(cluster, "/app/b", "2");
    EXPECT_TRUE(recorder.wait_for({{"/app/a", "1"}, {"/app/b", "2"}}));
    EXPECT_TRUE(recorder.stop());
}

} // namespace
} // namespace hitless::etcd
