// Files that HAProxy's configuration uses and that aren't to change live, on real etcd and HAProxy:
// one reload for all of them. live_files_test.cpp has the others.
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A map beside the configuration, with the same reload_cmd, which notes each reload.
class UsedFiles : public testing::Test {
  protected:
    static StageOptions options() {
        StageOptions options;
        options.toml = boost::replace_all_copy(Stage::default_toml(), "\"@RELOAD@\"",
                                               "\"test ! -e @DIR@/broken && echo reload >> "
                                               "@DIR@/reloads && @RELOAD@\"");
        return options;
    }

    /// Has HAProxy answer to /map with what the map has for "key", and with the version.
    void use_map(const std::string& other_line = {}) {
        stage_.write_template(boost::replace_all_copy(
            Stage::default_cfg(), "    default_backend app\n",
            "    http-request return status 200 content-type text/plain lf-string "
            "\"%[str(key),map(@DIR@/hosts.map,none)]\" hdr x-version "
            "{{getv \"/app/version\" \"none\"}} if { path /map }\n"
            "    default_backend app\n" +
                other_line));
    }

    void write_map_resource(const std::string& text,
                            const std::string& reload = "test ! -e {0}/broken && echo reload >> "
                                                        "{0}/reloads && kill -USR2 $(cat "
                                                        "{0}/haproxy.pid)") {
        const std::string directory = stage_.haproxy().directory().path();
        stage_.directory().write("confd/templates/map.tmpl", text);
        stage_.directory().write(
            "confd/conf.d/map.toml",
            fmt::format("[template]\nsrc = \"map.tmpl\"\ndest = \"{}/hosts.map\"\n"
                        "keys = [\"/app\"]\nlive = false\nreload_cmd = \"{}\"\n",
                        directory, fmt::format(fmt::runtime(reload), directory)));
    }

    /// A master that is reloaded a moment after its new worker has answered may miss the signal.
    void start() { stage_.start_daemon({"-reload-interval", "1500ms"}); }

    /// "VALUE VERSION", as the running HAProxy answers.
    [[nodiscard]] std::string ask() const {
        const HttpAnswer answer =
            http("GET", fmt::format("http://127.0.0.1:{}/map", stage_.port()));
        const auto version = answer.headers.find("x-version");
        return answer.body + " " + (version == answer.headers.end() ? "" : version->second);
    }
    [[nodiscard]] bool wait_answer(const std::string& expected) const {
        return wait_until([&] { return ask() == expected; });
    }

    [[nodiscard]] std::size_t reloads() {
        return count(read_text(stage_.haproxy().directory() / "reloads"), "reload");
    }
    [[nodiscard]] std::string note() {
        return read_text(stage_.haproxy().directory() / ".haproxy.cfg.reload-owed");
    }

    Stage stage_{options()};
};

TEST_F(UsedFiles, ChangeWithTheConfigurationByOneReload) {
    use_map();
    write_map_resource("key {{getv \"/app/version\" \"none\"}}\n");
    stage_.etcd.put("/app/version", "one");
    start();
    ASSERT_TRUE(wait_answer("one one")) << stage_.log();
    ASSERT_TRUE(stage_.wait_log(
        "in step with the keys: " + stage_.haproxy().directory().path().string() + "/haproxy.cfg"))
        << stage_.log();
    EXPECT_EQ(reloads(), 1U) << stage_.log();
    for (const std::string version : {"two", "three", "four"}) {
        stage_.etcd.put("/app/version", version);
        ASSERT_TRUE(wait_answer(version + " " + version)) << stage_.log();
    }
    stage_.add("web1", 0);
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 0)})) << stage_.log();
    EXPECT_EQ(stage_.stop_daemon(), 0);
    EXPECT_EQ(note(), "") << "nothing more is to be reloaded";
    EXPECT_EQ(reloads(), 4U) << stage_.log();
}

TEST_F(UsedFiles, AreReloadedAloneByTheKeeperOfTheConfiguration) {
    use_map();
    write_map_resource("key {{getv \"/app/host\" \"none\"}}\n");
    start();
    ASSERT_TRUE(wait_answer("none none")) << stage_.log();
    stage_.etcd.put("/app/host", "one");
    ASSERT_TRUE(wait_answer("one none")) << stage_.log();
    EXPECT_THAT(stage_.log(),
                HasSubstr("hosts.map has changed, and HAProxy reads it only when it starts"));
    EXPECT_EQ(reloads(), 2U) << stage_.log();
}

/// hitlessd is killed before the reload succeeds: the next one owes it for the map.
TEST_F(UsedFiles, OweAReloadThatHasFailedOverAKill) {
    use_map();
    write_map_resource("key {{getv \"/app/host\" \"none\"}}\n");
    start();
    ASSERT_TRUE(wait_answer("none none")) << stage_.log();
    stage_.haproxy().directory().write("broken", "");
    stage_.etcd.put("/app/host", "one");
    ASSERT_TRUE(stage_.wait_log("the reload failed, HAProxy runs on as it was")) << stage_.log();
    EXPECT_EQ(ask(), "none none");
    ASSERT_TRUE(wait_until([&] { return note().find("hosts.map") != std::string::npos; }))
        << stage_.log();
    stage_.kill_daemon();
    std::filesystem::remove(stage_.haproxy().directory() / "broken");
    start();
    EXPECT_TRUE(wait_answer("one none")) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return note().empty(); })) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("owed since before the last start"));
}

/// hitlessd is killed between the map and the reload: as if the map were there already, with the
/// note that was written before it.
TEST_F(UsedFiles, OweAReloadFromBeforeTheyAreWritten) {
    use_map();
    write_map_resource("key {{getv \"/app/host\" \"none\"}}\n");
    start();
    ASSERT_TRUE(wait_answer("none none")) << stage_.log();
    const TemporaryDirectory& directory = stage_.haproxy().directory();
    const std::string own_note = directory / ".hosts.map.reload-owed";
    EXPECT_TRUE(wait_until([&] { return !std::filesystem::exists(own_note); }))
        << "the keeper of the configuration has it";
    EXPECT_EQ(stage_.stop_daemon(), 0);
    EXPECT_FALSE(std::filesystem::exists(own_note));
    stage_.etcd.put("/app/host", "one");
    directory.write("hosts.map", "key one\n");
    directory.write(".hosts.map.reload-owed", "");
    start();
    EXPECT_TRUE(wait_answer("one none")) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return !std::filesystem::exists(own_note); })) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("ended before the reload for it"));
    EXPECT_TRUE(wait_until([&] { return note().empty(); })) << stage_.log();
    EXPECT_EQ(reloads(), 2U) << stage_.log();
}

/// With -sync-only nobody reloads, so that nobody has to note that.
TEST_F(UsedFiles, OfARunWithoutCommandsDelayItsEndNot) {
    use_map();
    write_map_resource("key {{getv \"/app/host\" \"none\"}}\n");
    stage_.start_daemon({"-onetime", "-sync-only"});
    EXPECT_EQ(stage_.daemon().wait_exit(std::chrono::seconds(30)), 0) << stage_.log();
    EXPECT_THAT(stage_.file(), HasSubstr("hosts.map"));
    EXPECT_EQ(reloads(), 0U);
}

/// Without the map that it names, check_cmd refuses the configuration.
TEST_F(UsedFiles, HaveARefusedConfigurationCheckedAgain) {
    use_map();
    write_map_resource("key {{getv \"/app/host\"}}\n");
    start();
    ASSERT_TRUE(stage_.wait_log("its check_cmd refuses the new one")) << stage_.log();
    EXPECT_THAT(stage_.file(), Not(HasSubstr("hosts.map")));
    stage_.etcd.put("/app/host", "one");
    EXPECT_TRUE(wait_answer("one none")) << stage_.log();
}

/// What is on disk is good, and HAProxy is to have the new map.
TEST_F(UsedFiles, AreReloadedWhileTheConfigurationIsRefused) {
    use_map();
    write_map_resource("key {{getv \"/app/host\" \"none\"}}\n");
    start();
    ASSERT_TRUE(wait_answer("none none")) << stage_.log();
    use_map("    nonsense\n");
    stage_.daemon().signal(SIGHUP);
    ASSERT_TRUE(stage_.wait_log("check_cmd refuses")) << stage_.log();
    stage_.etcd.put("/app/host", "one");
    EXPECT_TRUE(wait_answer("one none")) << stage_.log();
    EXPECT_EQ(reloads(), 2U) << stage_.log();
}

TEST_F(UsedFiles, WithAnotherCommandReloadThemselves) {
    use_map();
    write_map_resource("key {{getv \"/app/host\" \"none\"}}\n", "echo other >> {0}/others");
    start();
    ASSERT_TRUE(wait_answer("none none")) << stage_.log();
    stage_.etcd.put("/app/host", "one");
    const std::string others = stage_.haproxy().directory() / "others";
    EXPECT_TRUE(wait_until([&] { return count(read_text(others), "other") == 2; })) << stage_.log();
    EXPECT_EQ(stage_.stop_daemon(), 0);
    EXPECT_EQ(reloads(), 1U) << stage_.log();
    EXPECT_THAT(stage_.log(), Not(HasSubstr("hosts.map has changed")));
}

} // namespace
} // namespace hitless::test
