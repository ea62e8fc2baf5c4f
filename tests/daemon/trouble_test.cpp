// What goes wrong around the daemon: signals while it stops, no descriptors, a dest that is no
// file.
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>

namespace hitless::test {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

/// The resource of a stage whose command (`check_cmd`, say) makes the file `sign` beside dest when
/// it begins, and waits as long as there is a file `gate`.
StageOptions waiting_at_gate(const std::string& command, const std::string& sign) {
    StageOptions options;
    options.toml = boost::replace_all_copy(Stage::default_toml(), command + " = \"",
                                           command + " = \"touch @DIR@/" + sign +
                                               "; while test -e @DIR@/gate; do sleep 0.02; done; ");
    return options;
}

TEST(Stop, IsForGoodWhateverComesMeanwhile) {
    const StageOptions options = waiting_at_gate("check_cmd", "checked");
    Stage stage(options);
    const auto beside = [&](const char* name) { return stage.haproxy().directory() / name; };
    std::ofstream(beside("gate")).put('x');
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(wait_until([&] { return fs::exists(beside("checked")); })) << stage.log();
    // That may have been the check of the file without it.
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    stage.daemon().signal(SIGTERM);
    ASSERT_TRUE(stage.wait_log("SIGTERM: finishing")) << stage.log();
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(stage.wait_log("SIGHUP is ignored")) << stage.log();
    fs::remove(beside("gate"));
    EXPECT_EQ(stage.daemon().wait_exit(), 0) << stage.log();
    // On a loaded machine the check takes longer than a stop may.
    EXPECT_THAT(stage.file() + stage.log(),
                AnyOf(HasSubstr("server web1"), HasSubstr("not everything is finished"),
                      HasSubstr("did not end within 1 s of the signal")));
}

/// The new process has what was wanted when the reload began; the file, what is wanted at the end.
TEST(Stop, DuringAReloadLeavesTheNewestFile) {
    const StageOptions options = waiting_at_gate("reload_cmd", "reloading");
    Stage stage(options);
    const auto beside = [&](const char* name) { return stage.haproxy().directory() / name; };
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    std::ofstream(beside("gate")).put('x');
    stage.write_template(boost::replace_all_copy(Stage::default_cfg(), "retries 3", "retries 4"));
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return fs::exists(beside("reloading")); })) << stage.log();
    stage.add("web2", 1);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
    stage.daemon().signal(SIGTERM);
    ASSERT_TRUE(stage.wait_log("SIGTERM: finishing")) << stage.log();
    fs::remove(beside("gate"));
    EXPECT_EQ(stage.daemon().wait_exit(), 0) << stage.log();
    // As above.
    EXPECT_THAT(stage.file() + stage.log(),
                AnyOf(HasSubstr("server web2"), HasSubstr("not everything is finished"),
                      HasSubstr("did not end within 1 s of the signal")));
    EXPECT_THAT(stage.file(), HasSubstr("retries 4"));
}

TEST(Complaint, IsRaisedAgainWhenTheTroubleIsBack) {
    Stage stage;
    stage.start_daemon();
    const std::string complaint = "app/web1: the name 'nowhere.invalid' has no address";
    for (std::size_t time = 1; time <= 2; ++time) {
        stage.etcd.put("/app/servers/web1", "nowhere.invalid:80");
        ASSERT_TRUE(wait_until([&] { return count(stage.log(), complaint) == time; }))
            << time << stage.log();
        stage.add("web1", 0);
        ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
        EXPECT_EQ(count(stage.log(), "app/web1: the trouble is over"), time);
        stage.remove("web1");
        ASSERT_TRUE(stage.wait_servers({})) << stage.log();
    }
}

TEST(Complaint, OfAHaproxyThatIsGoneIsToldOnceAndItsEndToo) {
    Stage stage;
    stage.start_daemon({"-log-format", "json"});
    ASSERT_TRUE(stage.wait_log("in step")) << stage.log();
    const std::string begun = R"("event":"trouble","about":"socket")";
    const std::string over = R"("event":"trouble_over","about":"socket")";
    ASSERT_EQ(::kill(stage.haproxy().pid(), SIGKILL), 0);
    ASSERT_TRUE(stage.wait_log(begun)) << stage.log();
    stage.etcd.put("/app/servers/web1", stage.web.address(0));
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    stage.restart_haproxy();
    ASSERT_TRUE(stage.wait_log(over)) << stage.log();
    EXPECT_EQ(count(stage.log(), begun), 1U) << stage.log();
    EXPECT_EQ(count(stage.log(), over), 1U) << stage.log();
}

/// SIGHUP tries the reload at once, and that is told; and so is the end.
TEST(Complaint, OutlivesASighup) {
    StageOptions options;
    options.toml = boost::replace_all_copy(Stage::default_toml(), "@RELOAD@",
                                           "test ! -e @DIR@/broken && @RELOAD@");
    Stage stage(options);
    const std::string broken = stage.haproxy().directory() / "broken";
    std::ofstream(broken).put('x');
    stage.start_daemon({"-reload-interval", "200ms"});
    ASSERT_TRUE(stage.wait_log("in step")) << stage.log();
    stage.write_template(boost::replace_all_copy(Stage::default_cfg(), "retries 3", "retries 4"));
    stage.daemon().signal(SIGHUP);
    const std::string begun = "the reload failed";
    ASSERT_TRUE(stage.wait_log(begun)) << stage.log();
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return count(stage.log(), begun) == 2; })) << stage.log();
    fs::remove(broken);
    EXPECT_TRUE(stage.wait_log("HAProxy can be reloaded again")) << stage.log();
    EXPECT_EQ(count(stage.log(), begun), 2U) << stage.log();
}

/// The processor time that a process has used, in ticks of a hundredth of a second.
long ticks_of(pid_t pid) {
    const std::string stat = read_text(fmt::format("/proc/{}/stat", pid));
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string skipped;
    for (int field = 3; field < 14; ++field)
        fields >> skipped;
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return user + system;
}

/// One change is under way, and the next one waits for it.
TEST(HungHaproxy, CostsNoTimeOfTheProcessor) {
    Stage stage;
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_log("in step")) << stage.log();
    const pid_t haproxy = stage.haproxy().pid();
    ASSERT_EQ(::kill(haproxy, SIGSTOP), 0);
    stage.add("web1", 0);
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    stage.add("web2", 1);
    EXPECT_TRUE(wait_until([&] { return stage.file().find("web2") != std::string::npos; }))
        << "the file waits for no HAProxy that hangs";
    constexpr long few_ticks = 25;
    const long before = ticks_of(stage.daemon().pid());
    EXPECT_FALSE(wait_until([&] { return ticks_of(stage.daemon().pid()) > before + few_ticks; },
                            std::chrono::milliseconds(700)));
    ASSERT_EQ(::kill(haproxy, SIGCONT), 0);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
}

/// The descriptor that a process gets next.
rlim_t next_descriptor(pid_t pid) {
    rlim_t next = 0;
    while (fs::is_symlink(fmt::format("/proc/{}/fd/{}", pid, next)))
        ++next;
    return next;
}

/// The connection to a HAProxy that was restarted gets the descriptor of the one before, and none
/// is left to read the file.
TEST(NoDescriptors, AreNoMissingFile) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    ASSERT_TRUE(wait_until([&] {
        return fs::exists(stage.haproxy().directory() / ".haproxy.cfg.resource.json") &&
               stage.file().find("web1") != std::string::npos;
    }));
    rlimit before{};
    const pid_t daemon = stage.daemon().pid();
    ASSERT_EQ(::prlimit(daemon, RLIMIT_NOFILE, nullptr, &before), 0);
    stage.haproxy().stop();
    ASSERT_TRUE(stage.wait_log("can't connect to HAProxy")) << stage.log();
    const rlimit one{next_descriptor(daemon) + 1, before.rlim_max};
    ASSERT_EQ(::prlimit(daemon, RLIMIT_NOFILE, &one, nullptr), 0);
    stage.haproxy().start();
    EXPECT_TRUE(stage.wait_log("haproxy.cfg: Too many open files")) << stage.log();
    ASSERT_EQ(::prlimit(daemon, RLIMIT_NOFILE, &before, nullptr), 0);
    const pid_t pid = stage.haproxy().pid();
    stage.add("web2", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
    EXPECT_EQ(stage.stop_daemon(), 0);
    EXPECT_EQ(stage.haproxy().pid(), pid) << stage.log();
    EXPECT_THAT(stage.log(), Not(HasSubstr("there was no")));
}

/// A link that leads nowhere else than to itself is there, and can't be read.
TEST(UnreadableDest, IsWaitedFor) {
    Stage stage;
    const std::string dest = stage.haproxy().config_file();
    const std::string text = stage.file();
    fs::remove(dest);
    fs::create_symlink(dest, dest);
    stage.start_daemon();
    EXPECT_TRUE(stage.wait_log("nothing is changed until " + dest + " can be read")) << stage.log();
    fs::remove(dest);
    std::ofstream(dest) << text;
    stage.add("web1", 0);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    EXPECT_THAT(stage.log(), Not(HasSubstr("reload dest=")));
}

TEST(Dest, ThatIsNoRegularFileIsAnError) {
    const TemporaryDirectory directory;
    directory.write("confd/templates/a.tmpl", "x\n");
    const std::string fifo = directory / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    fs::create_directory(directory / "folder");
    fs::create_symlink("/dev/null", directory / "link"); // never to be replaced itself
    for (const auto& [dest, kind] :
         {std::pair(fifo, "a fifo"), std::pair(directory / "folder", "a directory"),
          std::pair(directory / "link", "a device")}) {
        directory.write(
            "confd/conf.d/a.toml",
            fmt::format("[template]\nsrc = \"a.tmpl\"\ndest = \"{}\"\nkeys = [\"/app\"]\n", dest));
        Process daemon({HITLESSD, "-backend", "env", "-confdir", directory / "confd"},
                       directory / "log");
        EXPECT_EQ(daemon.wait_exit(), 1);
        EXPECT_THAT(daemon.log(), HasSubstr(fmt::format("its dest {} is {}", dest, kind)));
    }
}

} // namespace
} // namespace hitless::test
