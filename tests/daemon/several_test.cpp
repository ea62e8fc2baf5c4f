// Several HAProxies, the master CLI, and the flags that pace what is done.
#include "support/free_port.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SeveralHaproxies, AreKeptInStepEachOnItsOwn) {
    Stage stage;
    HaproxyServer other(
        boost::replace_all_copy(boost::replace_all_copy(stage.file(), std::to_string(stage.port()),
                                                        std::to_string(free_port())),
                                stage.haproxy().directory().path().string(), "@DIR@"));
    const auto has = [&](const std::string& server) {
        return wait_until([&] {
            try {
                return other.command("show servers state app").find(server) != std::string::npos;
            } catch (const std::exception&) {
                return false;
            }
        });
    };
    stage.start_daemon(
        {"-haproxy-socket", stage.haproxy_socket(), "-haproxy-socket", other.socket()});
    stage.add("web1", 0);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    EXPECT_TRUE(has(" web1 ")) << stage.log();
    other.stop();
    stage.add("web2", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
    const pid_t pid = stage.haproxy().pid();
    other.start();
    EXPECT_TRUE(has(" web2 ")) << stage.log();
    EXPECT_EQ(stage.haproxy().pid(), pid);
    EXPECT_EQ(stage.stop_daemon(), 0);
}

TEST(Master, ReloadsInsteadOfReloadCmd) {
    StageOptions options;
    options.toml =
        boost::replace_all_copy(Stage::default_toml(), "reload_cmd = \"@RELOAD@\"\n", "");
    Stage stage(options);
    stage.start_daemon({"-haproxy-master", stage.haproxy().master_socket()});
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)}));
    const pid_t pid = stage.haproxy().pid();
    stage.write_template(
        boost::replace_all_copy(Stage::default_cfg(), "balance roundrobin", "balance leastconn"));
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return stage.haproxy().pid() != pid; })) << stage.log();
    EXPECT_TRUE(stage.wait_log("reloaded dest=")) << stage.log();
    stage.add("web2", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
}

TEST(Master, IsMissed) {
    Stage stage;
    stage.start_daemon({"-haproxy-master", stage.directory() / "none.sock"});
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)}));
    stage.write_template(
        boost::replace_all_copy(Stage::default_cfg(), "balance roundrobin", "balance leastconn"));
    stage.daemon().signal(SIGHUP);
    EXPECT_TRUE(stage.wait_log("can't reload through the master CLI")) << stage.log();
    stage.add("web2", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
}

TEST(ReloadInterval, GathersChanges) {
    StageOptions options;
    options.cfg = boost::replace_all_copy(Stage::default_cfg(), "retries 3",
                                          "retries {{getv \"/app/retries\" \"3\"}}");
    Stage stage(options);
    stage.start_daemon({"-reload-interval", "5m"});
    const pid_t first = stage.haproxy().pid();
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(stage.wait_log("reloaded dest=")) << stage.log();
    const pid_t second = stage.haproxy().wait_replaced(first);
    ASSERT_NE(second, 0) << stage.log();
    stage.etcd.put("/app/retries", "5");
    ASSERT_TRUE(wait_until([&] { return stage.file().find("retries 5") != std::string::npos; }));
    stage.add("web1", 0); // goes on between
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    EXPECT_EQ(stage.haproxy().pid(), second);
    EXPECT_EQ(count(stage.log(), "reloaded dest="), 1U);
}

TEST(DrainTimeout, EndsSessions) {
    Stage stage;
    stage.start_daemon({"-drain-timeout", "300ms"});
    stage.add("web1", 0);
    stage.add("web2", 1);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}));
    stage.web.hold(0);
    stage.web.hold(1);
    std::vector<std::thread> clients;
    for (int i = 0; i < 2; ++i)
        clients.emplace_back([&] { (void)stage.ask(); });
    ASSERT_TRUE(wait_until([&] { return stage.web.held(0) == 1 && stage.web.held(1) == 1; }));
    stage.remove("web1");
    EXPECT_TRUE(stage.wait_servers({stage.running("web2", 1)})) << stage.log();
    EXPECT_TRUE(stage.wait_log("cut off 1 session of backend=app server=web1, which was removed "
                               "-drain-timeout (0.3 s) ago"))
        << stage.log();
    stage.web.release(0);
    stage.web.release(1);
    for (std::thread& client : clients)
        client.join();
}

/// Its sessions keep it from being deleted, and somebody sends it new requests.
TEST(LeavingServer, ThatIsMadeReadyIsPutIntoMaintenanceAgain) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "deletes no server of its file";
    Stage stage;
    stage.start_daemon({"-resync", "10m", "-drain-timeout", "10m"});
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    stage.web.hold(0);
    std::thread client([&] { (void)stage.ask(); });
    ASSERT_TRUE(wait_until([&] { return stage.web.held(0) == 1; }));
    stage.remove("web1");
    const auto is_out = [&] { return stage.servers().at(0).ends_with(" MAINT"); };
    ASSERT_TRUE(wait_until(is_out)) << stage.log();
    // Where hitlessd looks once more just after the change, it finds it then, and repairs it.
    const auto told = [&] {
        const std::string log = stage.log();
        return count(log, "server=web1 was made ready at HAProxy's socket") +
               count(log, "repairing: remove backend=app server=web1");
    };
    for (std::size_t times = 1; times <= 3; ++times) {
        (void)stage.haproxy().command("set server app/web1 state ready");
        EXPECT_TRUE(wait_until([&] { return told() == times; })) << stage.log();
        EXPECT_TRUE(wait_until(is_out)) << stage.log();
    }
    stage.web.release(0);
    client.join();
    EXPECT_TRUE(stage.wait_servers({})) << stage.log();
    EXPECT_THAT(stage.log(), Not(HasSubstr("doesn't delete it")));
    EXPECT_THAT(stage.log(), Not(HasSubstr("reload dest=")));
}

TEST(FlappingServer, CostsABoundedNumberOfCommands) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)}));
    for (int i = 0; i < 100; ++i) {
        stage.add("flap", 1);
        stage.remove("flap");
        stage.add("web1", static_cast<std::size_t>(i % 2) * 2);
    }
    stage.add("flap", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("flap", 1), stage.running("web1", 2)}))
        << stage.log();
    const std::string log = stage.log();
    EXPECT_LT(count(log, "backend=app server=flap"), 60U) << log;
}

TEST(LongResponses, OutliveChangesOfOtherServers) {
    StageOptions options;
    options.cfg =
        boost::replace_all_copy(Stage::default_cfg(), "timeout server 1m", "timeout server 5m");
    Stage stage(options);
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)}));
    ASSERT_TRUE(wait_until([&] { return stage.ask() == "s1"; }));
    stage.web.hold(0);
    constexpr std::size_t clients = 10;
    std::vector<std::string> answers(clients);
    std::vector<std::thread> threads;
    for (std::string& answer : answers)
        threads.emplace_back([&] { answer = stage.ask(); });
    ASSERT_TRUE(wait_until([&] { return stage.web.held(0) == clients; }));
    for (std::size_t i = 0; i < 200; ++i) {
        const std::string name = "other" + std::to_string(i % 40);
        if (i / 40 % 2 == 0)
            stage.add(name, 1 + i % 3);
        else
            stage.remove(name);
    }
    EXPECT_TRUE(wait_until([&] { return stage.servers().size() == 41; })) << stage.log();
    stage.web.release(0);
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_THAT(answers, testing::Each("s1"));
    EXPECT_THAT(stage.log(), Not(HasSubstr("reload dest=")));
}

} // namespace
} // namespace hitless::test
