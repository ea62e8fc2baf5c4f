#include "hitless/base/file.hpp"

#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sys/stat.h>
#include <thread>

namespace hitless::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAreArray;

TEST(EtcdFaults, ReadsAgainWhenTheHistoryWasCleared) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)}));
    stage.daemon().signal(SIGSTOP);
    stage.add("web2", 1); // ends the poll; what follows can't be had by another
    stage.add("web3", 2);
    stage.remove("web1");
    for (int i = 0; i < 1100; ++i)
        stage.etcd.put("/other/key", std::to_string(i));
    stage.daemon().signal(SIGCONT);
    EXPECT_TRUE(stage.wait_servers({stage.running("web2", 1), stage.running("web3", 2)}))
        << stage.log();
    EXPECT_EQ(stage.stop_daemon(), 0);
}

TEST(EtcdFaults, FollowsADeletedDirectory) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    stage.add("web2", 1);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}));
    stage.etcd.remove("/app");
    EXPECT_TRUE(stage.wait_servers({})) << stage.log();
    stage.add("web3", 2);
    EXPECT_TRUE(stage.wait_servers({stage.running("web3", 2)})) << stage.log();
}

TEST(EtcdFaults, FollowsAnExpiry) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    stage.etcd.put("/app/servers/web2", stage.web.address(1), std::chrono::seconds(2));
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}));
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
}

TEST(EtcdFaults, OutlivesARestartOfEtcd) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)}));
    stage.etcd.stop();
    EXPECT_EQ(stage.ask(), "s1");
    stage.etcd.start();
    stage.add("web2", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
}

TEST(HaproxyFaults, BringsARestartedHaproxyBack) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)}));
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    stage.haproxy().stop();
    stage.add("web2", 1);
    stage.haproxy().start();
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
    stage.add("web3", 2);
    EXPECT_TRUE(stage.wait_servers(
        {stage.running("web1", 0), stage.running("web2", 1), stage.running("web3", 2)}))
        << stage.log();
}

TEST(HaproxyFaults, NoticesAReloadBySomeoneElse) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)}));
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    stage.haproxy().reload();
    stage.add("web2", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
}

TEST(HaproxyFaults, RepairsWhatSomeoneTyped) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    stage.add("web2", 1);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}));
    (void)stage.haproxy().command("set server app/web1 weight 7");
    (void)stage.haproxy().command("set server app/web2 state maint");
    EXPECT_TRUE(wait_until(
        [&] {
            return stage.servers() ==
                   std::vector{stage.running("web1", 0), stage.running("web2", 1)};
        },
        std::chrono::seconds(20)))
        << stage.log();
    EXPECT_TRUE(stage.wait_log("repairing: change backend=app server=web1")) << stage.log();
}

/// A daemon killed at any moment and started again ends where one that was never killed ends.
TEST(DaemonFaults, ConvergesAfterKills) {
    StageOptions options;
    options.backends = 8;
    Stage stage(options);
    const pid_t pid = stage.haproxy().pid();
    const auto seed = std::random_device{}();
    std::mt19937 random(seed);
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::map<std::string, std::size_t> wanted;
    for (int round = 0; round < 12; ++round) {
        stage.start_daemon();
        for (int change = 0; change < 10; ++change) {
            const std::string name = "web" + std::to_string(random() % 12);
            if (wanted.contains(name) && random() % 2 == 0) {
                stage.remove(name);
                wanted.erase(name);
            } else {
                const std::size_t server = random() % options.backends;
                stage.add(name, server);
                wanted[name] = server;
            }
        }
        // Somewhere between reading the keys and having written the file.
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 120));
        stage.kill_daemon();
    }
    stage.start_daemon();
    std::vector<std::string> expected;
    for (const auto& [name, server] : wanted)
        expected.push_back(stage.running(name, server));
    EXPECT_TRUE(stage.wait_servers(expected))
        << testing::PrintToString(stage.servers()) << "\nwanted "
        << testing::PrintToString(expected) << stage.log();
    EXPECT_EQ(stage.haproxy().pid(), pid) << stage.log();
}

/// hitlessctl must not find that hitlessd doesn't run.
TEST(ReadingAgain, LeavesNoMomentWithoutAHolderOfTheNotes) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    const auto is_held = [&](const char* name) {
        const auto held = base::is_held(stage.haproxy().directory() / name);
        return held && *held;
    };
    const auto are_held = [&] {
        return is_held(".haproxy.cfg.status.json") && is_held(".haproxy.cfg.resource.json");
    };
    const auto file_number = [&] {
        struct stat status {};
        ::stat((stage.haproxy().directory() / ".haproxy.cfg.resource.json").c_str(), &status);
        return status.st_ino;
    };
    ASSERT_TRUE(wait_until(are_held)) << stage.log();
    const auto before = file_number();
    stage.daemon().signal(SIGHUP);
    bool always = true;
    EXPECT_TRUE(wait_until([&] {
        always = always && are_held();
        return file_number() != before;
    })) << stage.log();
    EXPECT_TRUE(always);
}

TEST(Reload, HappensOnceForAChangedFrontend) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)}));
    const pid_t pid = stage.haproxy().pid();
    stage.write_template(
        boost::replace_all_copy(Stage::default_cfg(), "default_backend app",
                                "http-response set-header x-changed yes\n    default_backend app"));
    stage.daemon().signal(SIGHUP);
    const pid_t reloaded = stage.haproxy().wait_replaced(pid);
    ASSERT_NE(reloaded, 0) << stage.log();
    stage.add("web2", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
    const HttpAnswer answer = http("GET", fmt::format("http://127.0.0.1:{}/", stage.port()));
    EXPECT_TRUE(answer.headers.contains("x-changed"));
    EXPECT_EQ(stage.haproxy().pid(), reloaded) << stage.log();
    EXPECT_TRUE(stage.wait_log("set-header x-changed yes")) << stage.log();
}

/// HAProxy gets changes of keys before check_cmd has looked; not so those of another template.
TEST(Reload, ATemplateThatCheckCmdRefusesTakesNoServerAway) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    stage.add("web2", 1);
    const std::vector<std::string> both = {stage.running("web1", 0), stage.running("web2", 1)};
    ASSERT_TRUE(stage.wait_servers(both)) << stage.log();
    const std::string note = stage.haproxy().directory() / ".haproxy.cfg.resource.json";
    ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(note); })) << stage.log();
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web2") != std::string::npos; }));
    const std::string file = stage.file();
    stage.write_template(boost::replace_all_copy(Stage::default_cfg(), "server {{", "sever {{"));
    const std::string refused = "another one than before, and check_cmd refuses what it makes now";
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(stage.wait_log(refused)) << stage.log();
    stage.kill_daemon();
    stage.start_daemon(); // the next run knows that, too
    const auto is_told_again = [&] {
        const std::string log = stage.log();
        return log.find(refused) != log.rfind(refused);
    };
    ASSERT_TRUE(wait_until(is_told_again)) << stage.log();
    EXPECT_THAT(stage.servers(), UnorderedElementsAreArray(both));
    EXPECT_EQ(stage.file(), file);
    EXPECT_THAT(stage.log(), Not(HasSubstr("remove backend")));
    stage.write_template(Stage::default_cfg());
    stage.daemon().signal(SIGHUP);
    stage.remove("web2");
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
}

TEST(Reload, IsNotDoneWithAFileThatCheckCmdRefuses) {
    StageOptions options;
    options.cfg = boost::replace_all_copy(
        Stage::default_cfg(), "default_backend app",
        "{{if exists \"/app/broken\"}}no-such-keyword{{end}}\n    default_backend app");
    Stage stage(options);
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    const pid_t pid = stage.haproxy().pid();
    const std::string file = stage.file();
    stage.etcd.put("/app/broken", "1");
    EXPECT_TRUE(stage.wait_log("its check_cmd refuses the new one")) << stage.log();
    EXPECT_THAT(stage.log(), HasSubstr("no-such-keyword"));
    EXPECT_EQ(stage.file(), file);
    EXPECT_EQ(stage.haproxy().pid(), pid);
    stage.etcd.remove("/app/broken");
    stage.add("web2", 1);
    EXPECT_TRUE(wait_until([&] { return stage.file().find("web2") != std::string::npos; }))
        << stage.log();
    EXPECT_EQ(stage.haproxy().pid(), pid);
}

TEST(Reload, ThatFailsPutsTheLastGoodFileBack) {
    StageOptions options;
    options.cfg = boost::replace_all_copy(
        Stage::default_cfg(), "default_backend app",
        "{{if exists \"/app/mark\"}}http-response set-header x-mark yes{{end}}\n"
        "    default_backend app");
    options.toml = boost::replace_all_copy(Stage::default_toml(), "@RELOAD@",
                                           "test ! -e @DIR@/jam && @RELOAD@");
    Stage stage(options);
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    const std::string jam = stage.haproxy().directory() / "jam";
    std::ofstream(jam).put('x');
    stage.etcd.put("/app/mark", "1");
    EXPECT_TRUE(stage.wait_log("is what it was before the reload")) << stage.log();
    EXPECT_THAT(stage.log(), HasSubstr("the reload failed"));
    EXPECT_THAT(stage.file(), Not(HasSubstr("x-mark")));
    // Servers come live meanwhile; a restart of the daemon forgets nothing.
    stage.add("web2", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
    EXPECT_EQ(stage.stop_daemon(), 0);
    EXPECT_THAT(stage.file(), Not(HasSubstr("x-mark")));
    fs::remove(jam);
    stage.start_daemon();
    EXPECT_TRUE(wait_until([&] {
        return http("GET", fmt::format("http://127.0.0.1:{}/", stage.port()))
            .headers.contains("x-mark");
    })) << stage.log();
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
    EXPECT_THAT(stage.file(), AllOf(HasSubstr("x-mark"), HasSubstr("web2")));
}

/// A server whose reason for a reload is the same as that of the reload on its way isn't in the
/// file of that one: it needs the next.
TEST(Reload, ForgetsNoServerThatComesMeanwhile) {
    StageOptions options;
    options.cfg =
        boost::replace_all_copy(Stage::default_cfg(), "balance roundrobin", "balance static-rr");
    options.toml =
        boost::replace_all_copy(Stage::default_toml(), "@RELOAD@",
                                "while test -e @DIR@/gate; do sleep 0.02; done; @RELOAD@");
    Stage stage(options);
    stage.start_daemon({"-reload-interval", "100ms"});
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    const std::string gate = stage.haproxy().directory() / "gate";
    std::ofstream(gate).put('x');
    stage.add("web2", 1);
    ASSERT_TRUE(stage.wait_log("reason=\"app/web2: ")) << stage.log();
    stage.add("web3", 2);
    stage.add("web1", 3); // which is done at once, so that web3 has been planned when it is
    ASSERT_TRUE(stage.wait_log("change backend=app server=web1")) << stage.log();
    fs::remove(gate);
    EXPECT_TRUE(stage.wait_servers(
        {stage.running("web1", 3), stage.running("web2", 1), stage.running("web3", 2)}))
        << testing::PrintToString(stage.servers()) << stage.log();
}

TEST(Reload, StandsInForAMissingAdminSocket) {
    StageOptions options;
    options.cfg = boost::replace_all_copy(Stage::default_cfg(), "admin.sock level admin",
                                          "admin.sock level operator");
    Stage stage(options);
    stage.start_daemon();
    EXPECT_TRUE(stage.wait_log("add to the global section")) << stage.log();
    const pid_t pid = stage.haproxy().pid();
    stage.add("web1", 0);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    EXPECT_NE(stage.haproxy().wait_replaced(pid), 0) << stage.log();
}

} // namespace
} // namespace hitless::test
