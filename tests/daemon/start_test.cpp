// How the daemon starts, stops, and what it leaves behind for when it can't.
#include "hitless/haproxy/stat.hpp"

#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>

namespace hitless::test {
namespace {

using testing::HasSubstr;

TEST(Start, SaysWhichNodeIsMisspelt) {
    const TemporaryDirectory directory;
    Process daemon({HITLESSD, "-confdir", directory.path().string(), "-node", "http://bad host:x"},
                   directory / "log");
    EXPECT_EQ(daemon.wait_exit(), 1);
    EXPECT_THAT(daemon.log(), HasSubstr("'http://bad host:x' is not the address of an etcd node"));
}

TEST(Stop, IsCleanAtAnyMoment) {
    Stage stage;
    for (int round = 0; round < 20; ++round) {
        stage.start_daemon();
        stage.add("web1", static_cast<std::size_t>(round % 2));
        std::this_thread::sleep_for(std::chrono::milliseconds(round * 7));
        const int signal = round % 2 == 0 ? SIGTERM : SIGINT;
        // Before it heeds signals, the signal just ends it.
        ASSERT_THAT(stage.stop_daemon(signal), testing::AnyOf(0, 128 + signal)) << stage.log();
    }
    // With etcd away too.
    stage.etcd.stop();
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_log("can't connect"));
    EXPECT_EQ(stage.stop_daemon(), 0);
}

/// It was started from the file that was written meanwhile: no reload is owed for that.
TEST(Start, FollowsWithAnHaproxyThatComesLater) {
    Stage stage;
    stage.haproxy().stop();
    std::filesystem::remove(stage.haproxy().config_file());
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }))
        << stage.log();
    ASSERT_TRUE(stage.wait_log("the reload failed")) << stage.log();
    const auto second = [] { return std::time(nullptr); };
    const auto written = second();
    ASSERT_TRUE(wait_until([&] { return second() > written; }));
    stage.haproxy().start();
    ASSERT_TRUE(stage.wait_log("answers at")) << stage.log();
    stage.add("web2", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}))
        << stage.log();
    EXPECT_THAT(stage.log(), testing::Not(HasSubstr("reloaded dest=")));
}

/// As one leaves it that was killed while it wrote a mount point; also while etcd is away.
TEST(Start, FinishesAFileThatIsHalfWritten) {
    Stage stage;
    stage.etcd.stop();
    const std::filesystem::path dest = stage.haproxy().config_file();
    const std::filesystem::path unfinished = dest.parent_path() / ".haproxy.cfg.unfinished";
    const std::string whole = stage.file();
    std::ofstream(unfinished) << whole;
    std::filesystem::resize_file(dest, whole.size() / 2);
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_log("can't connect")) << stage.log();
    EXPECT_EQ(stage.file(), whole);
    EXPECT_FALSE(std::filesystem::exists(unfinished));
    EXPECT_THAT(stage.log(), HasSubstr("it is whole now, as that one wanted it"));
}

/// The file on disk is what HAProxy was brought to by the run before, whatever the new one writes.
TEST(Start, BringsOptionsThatChangedMeanwhile) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    ASSERT_EQ(stage.stop_daemon(), 0);
    stage.write_template(
        boost::replace_all_copy(Stage::default_cfg(), "{{.Value}}", "{{.Value}} maxqueue 7"));
    stage.start_daemon();
    const auto most_queued = [&] {
        const auto stat = haproxy::parse_stat(stage.haproxy().command("show stat"));
        for (const haproxy::StatRow& row : stat.value())
            if (row.name() == "web1")
                return row.field("qlimit");
        return std::string();
    };
    EXPECT_TRUE(wait_until([&] { return most_queued() == "7"; })) << stage.log();
    EXPECT_TRUE(wait_until([&] { return stage.file().find("maxqueue 7") != std::string::npos; }));
}

/// Whatever somebody does beside dest.
TEST(Notes, AreAsHitlessdLeavesThem) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    const std::string dump = stage.haproxy().directory() / ".haproxy.cfg.keys.json";
    ASSERT_TRUE(wait_until([&] { return read_text(dump).find("web1") != std::string::npos; }))
        << stage.log();
    ASSERT_TRUE(wait_until([&] {
        return std::filesystem::exists(stage.haproxy().directory() / ".haproxy.cfg.resource.json");
    })) << stage.log();
    std::filesystem::remove(dump);
    EXPECT_TRUE(wait_until([&] { return read_text(dump).find("web1") != std::string::npos; }))
        << "without another key\n"
        << stage.log();
    const std::string owed = stage.haproxy().directory().write(".haproxy.cfg.reload-owed", "x\n");
    EXPECT_TRUE(stage.wait_log("this hitlessd owes it none")) << stage.log();
    EXPECT_TRUE(wait_until([&] { return !std::filesystem::exists(owed); })) << stage.log();
}

TEST(LastKeys, RenderTheFileWhenEtcdIsGone) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    stage.add("web2", 1);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0), stage.running("web2", 1)}));
    const std::string dump = stage.haproxy().directory() / ".haproxy.cfg.keys.json";
    ASSERT_TRUE(wait_until([&] { return read_text(dump).find("web2") != std::string::npos; }))
        << stage.log();
    struct stat status {};
    ASSERT_EQ(::stat(dump.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    stage.etcd.stop();

    const std::string out = stage.directory() / "rendered.cfg";
    std::vector<std::string> command = {HITLESS_RENDER, "-confdir", stage.directory() / "confd",
                                        "-out", out};
    Process without_keys(
        [&] {
            auto more = command;
            more.insert(more.end(), {"-node", stage.etcd.url()});
            return more;
        }(),
        stage.directory() / "render.log");
    EXPECT_EQ(without_keys.wait_exit(), 1);
    EXPECT_THAT(without_keys.log(), HasSubstr("-keys " + dump));
    command.insert(command.end(), {"-keys", dump, "-check"});
    Process render(command, stage.directory() / "render.log");
    EXPECT_EQ(render.wait_exit(), 0) << render.log();
    EXPECT_EQ(read_text(out), stage.file());
    EXPECT_THAT(read_text(out), HasSubstr("server web2 "));
}

} // namespace
} // namespace hitless::test
