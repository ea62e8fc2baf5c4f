// Changes that take too many servers away are held, on real etcd and HAProxy.
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/find.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> all(const Stage& stage, std::size_t count) {
    std::vector<std::string> servers;
    for (std::size_t i = 0; i < count; ++i)
        servers.push_back(stage.running("web" + std::to_string(i), i));
    return servers;
}

void add_all(Stage& stage, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        stage.add("web" + std::to_string(i), i);
    ASSERT_TRUE(stage.wait_servers(all(stage, count))) << stage.log();
    const std::string last = "server web" + std::to_string(count - 1);
    ASSERT_TRUE(wait_until([&] { return stage.file().find(last) != std::string::npos; }));
}

TEST(Guard, HoldsAnEmptyBackendUntilSomeoneConfirms) {
    Stage stage;
    stage.start_daemon({"-min-servers", "1"});
    add_all(stage, 2);
    stage.daemon().signal(SIGUSR1);
    EXPECT_TRUE(stage.wait_log("SIGUSR1: no change is held")) << stage.log();
    stage.remove("web1");
    ASSERT_TRUE(stage.wait_servers(all(stage, 1))) << stage.log();
    stage.remove("web0");
    ASSERT_TRUE(stage.wait_log("held: backend app would have 0 of its")) << stage.log();
    // Still there after everything was read and compared again.
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") == std::string::npos; }));
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(stage.wait_log("would have 0 of its 1 server left: fewer than 1")) << stage.log();
    EXPECT_EQ(stage.servers(), all(stage, 1));
    EXPECT_EQ(stage.ask(), "s1");
    EXPECT_THAT(stage.file(), HasSubstr("server web0 "));
    stage.daemon().signal(SIGUSR1);
    EXPECT_TRUE(stage.wait_servers({})) << stage.log();
    EXPECT_TRUE(wait_until([&] { return stage.file().find("web0") == std::string::npos; }));
}

TEST(Guard, LetsThroughWhatItHeldLongEnough) {
    Stage stage;
    stage.start_daemon({"-min-servers", "1", "-guard-delay", "500ms"});
    add_all(stage, 1);
    stage.remove("web0");
    ASSERT_TRUE(stage.wait_log("held: ")) << stage.log();
    EXPECT_TRUE(stage.wait_log("Put their keys back (deleted last: /app/servers/web0) to keep"))
        << stage.log();
    EXPECT_TRUE(stage.wait_servers({})) << stage.log();
    EXPECT_TRUE(stage.wait_log("-guard-delay is over: applying the held change to backend app, "
                               "which loses web0"))
        << stage.log();
}

TEST(Guard, HoldsAMassRemovalAndForgetsItWhenTheServersAreBack) {
    Stage stage;
    stage.start_daemon({"-max-removal", "50"});
    add_all(stage, 4);
    // One by one: what comes at once is judged at once.
    for (const int gone : {0, 1}) {
        stage.remove(fmt::format("web{}", gone));
        ASSERT_TRUE(wait_until([&] {
            return stage.servers().size() == static_cast<std::size_t>(3 - gone);
        })) << stage.log();
    }
    stage.remove("web2");
    ASSERT_TRUE(stage.wait_log("held: backend app would have 1 of its 2 servers left (it had 4 "))
        << stage.log();
    EXPECT_EQ(stage.servers().size(), 2U) << "the first two went within the limit";
    stage.add("web2", 2);
    ASSERT_TRUE(stage.wait_log("no longer held")) << stage.log();
    EXPECT_TRUE(stage.wait_servers({stage.running("web2", 2), stage.running("web3", 3)}))
        << stage.log();
}

TEST(Guard, HoldsWhatAnEmptyEtcdWouldTakeAway) {
    Stage stage;
    stage.start_daemon({"-guard-delay", "5m"});
    add_all(stage, 2);
    const std::string file = stage.file();
    stage.etcd.stop();
    stage.etcd.start(false);
    ASSERT_TRUE(stage.wait_log("etcd came back as another, empty store")) << stage.log();
    stage.add("web1", 1);
    EXPECT_EQ(stage.servers(), all(stage, 2));
    EXPECT_EQ(stage.file(), file);
    stage.add("web0", 0);
    EXPECT_TRUE(stage.wait_log("the keys are back")) << stage.log();
    stage.add("web2", 2);
    EXPECT_TRUE(stage.wait_servers(all(stage, 3))) << stage.log();
    // From now on a change is a change again.
    stage.remove("web1");
    EXPECT_TRUE(stage.wait_servers({stage.running("web0", 0), stage.running("web2", 2)}))
        << stage.log();
}

/// Other values than before take nothing away.
TEST(Guard, LetsServersThatAreBackWithAnotherAddressThrough) {
    Stage stage;
    stage.start_daemon({"-guard-delay", "5m"});
    add_all(stage, 2);
    stage.etcd.stop();
    stage.etcd.start(false);
    ASSERT_TRUE(stage.wait_log("etcd came back as another, empty store")) << stage.log();
    stage.add("web0", 3);
    stage.add("web1", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web0", 3), stage.running("web1", 1)}))
        << stage.log();
}

TEST(Guard, HoldsWhatAnEtcdThatLostItsKeysMeanwhileWouldTakeAway) {
    Stage stage;
    stage.start_daemon();
    add_all(stage, 2);
    const std::string note = stage.haproxy().directory() / ".haproxy.cfg.store.json";
    const std::string keys = stage.haproxy().directory() / ".haproxy.cfg.keys.json";
    ASSERT_TRUE(wait_until([&] {
        return read_text(keys).find("web1") != std::string::npos && !read_text(note).empty();
    }));
    EXPECT_EQ(stage.stop_daemon(), 0);
    stage.etcd.stop();
    stage.etcd.start(false);
    const std::string file = stage.file();
    const std::string kept = read_text(keys);
    const auto start_and_hold = [&](int before) {
        stage.start_daemon({"-guard-delay", "5m"});
        ASSERT_TRUE(wait_until([&] {
            const std::string log = stage.log();
            return !boost::algorithm::find_nth(log, "came back as another, empty store", before)
                        .empty();
        })) << stage.log();
    };
    for (int start = 0; start < 2; ++start) { // being started again doesn't make it forget
        start_and_hold(start);
        EXPECT_EQ(stage.servers(), all(stage, 2));
        stage.stop_daemon();
        EXPECT_EQ(stage.file(), file);
        EXPECT_EQ(read_text(keys), kept) << "they can still be rendered";
    }
    start_and_hold(2);
    stage.add("web0", 0);
    stage.add("web1", 1);
    EXPECT_TRUE(stage.wait_log("the keys are back")) << stage.log();
    stage.add("web2", 2);
    EXPECT_TRUE(stage.wait_servers(all(stage, 3))) << stage.log();
}

} // namespace
} // namespace hitless::test
