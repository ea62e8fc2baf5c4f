// Map files and ACL files that change live, on real etcd and HAProxy: hitlessd renders them, and
// HAProxy has what they say without a reload.
#include "support/hitlessctl.hpp"
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <sys/stat.h>
#include <utility>

namespace hitless::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A map and a list beside the configuration. Each reload is noted.
class LiveFiles : public testing::Test {
  protected:
    LiveFiles() {
        write_configuration();
        write_resource("map", "hosts.map",
                       "{{range gets \"/app/hosts/*\"}}{{base .Key}} "
                       "{{.Value}}\n{{end}}");
        write_resource("deny", "deny.acl", "{{range gets \"/app/deny/*\"}}{{.Value}}\n{{end}}");
    }

    static StageOptions options() {
        StageOptions options;
        options.toml = boost::replace_all_copy(Stage::default_toml(), "\"@RELOAD@\"",
                                               "\"echo reload >> @DIR@/reloads && "
                                               "test ! -e @DIR@/no-reload && @RELOAD@\"");
        boost::replace_all(options.toml, "check_cmd = \"",
                           "check_cmd = \"while test -e @DIR@/gate; do sleep 0.02; done; ");
        return options;
    }

    /// HAProxy answers with what the map has for the header x-host, or 403 by the list.
    void write_configuration(const std::string& more = {}) {
        stage_.write_template(boost::replace_all_copy(
            Stage::default_cfg(), "    default_backend app\n",
            "    http-request deny if { req.hdr(x-host) -f @DIR@/deny.acl }\n"
            "    http-request return status 200 content-type text/plain lf-string "
            "\"%[req.hdr(x-host),map(@DIR@/hosts.map,none)]\" if { path /map }\n"
            "    default_backend app\n" +
                more));
    }

    void write_resource(const std::string& name, const std::string& file, const std::string& text,
                        const std::string& more = {}) {
        const std::string directory = stage_.haproxy().directory().path();
        stage_.directory().write("confd/templates/" + name + ".tmpl", text);
        stage_.directory().write(
            "confd/conf.d/" + name + ".toml",
            fmt::format("[template]\nsrc = \"{}.tmpl\"\ndest = \"{}/{}\"\nkeys = [\"/app\"]\n"
                        "reload_cmd = \"echo other >> {}/others\"\n{}",
                        name, directory, file, directory, more));
    }

    void start(std::vector<std::string> flags = {}) {
        flags.insert(flags.end(), {"-reload-interval", "200ms"});
        stage_.start_daemon(flags);
    }
    void start_in_step() {
        start();
        ASSERT_TRUE(wait_answer("a", "none")) << stage_.log();
        ASSERT_TRUE(stage_.wait_log("in step with the keys: " + directory() + "/haproxy.cfg"))
            << stage_.log();
        before_ = reloads();
    }

    [[nodiscard]] std::string ask(const std::string& host) const {
        const HttpAnswer answer = http("GET", fmt::format("http://127.0.0.1:{}/map", stage_.port()),
                                       {}, std::chrono::seconds(10), {}, {{"x-host", host}});
        return answer.status == 200 ? answer.body : fmt::format("HTTP {}", answer.status);
    }
    [[nodiscard]] bool wait_answer(const std::string& host, const std::string& expected) const {
        return wait_until([&] { return ask(host) == expected; });
    }

    [[nodiscard]] Ended map(std::vector<std::string> operands) const {
        operands.insert(operands.begin(), {"map", "-s", stage_.haproxy_socket()});
        return run_hitlessctl(operands);
    }

    [[nodiscard]] Ended diff(std::vector<std::string> flags = {}) const {
        flags.insert(flags.begin(), {"diff", "-s", stage_.haproxy_socket()});
        return run_hitlessctl(flags);
    }

    [[nodiscard]] std::string directory() { return stage_.haproxy().directory().path(); }
    [[nodiscard]] std::size_t reloads() {
        return count(read_text(directory() + "/reloads"), "reload");
    }
    /// Since start_in_step().
    [[nodiscard]] std::size_t newer_reloads() { return reloads() - before_; }

    Stage stage_{options()};
    std::size_t before_ = 0;
};

TEST_F(LiveFiles, ChangeWithoutAReload) {
    start_in_step();
    stage_.etcd.put("/app/hosts/a", "one");
    EXPECT_TRUE(wait_answer("a", "one")) << stage_.log();
    stage_.etcd.put("/app/hosts/b", "two words; and \\ more");
    EXPECT_TRUE(wait_answer("b", "two words; and \\ more")) << stage_.log();
    stage_.etcd.put("/app/hosts/a", "three");
    EXPECT_TRUE(wait_answer("a", "three")) << stage_.log();
    stage_.etcd.remove("/app/hosts/a");
    EXPECT_TRUE(wait_answer("a", "none")) << stage_.log();
    stage_.etcd.put("/app/deny/1", "b");
    EXPECT_TRUE(wait_answer("b", "HTTP 403")) << stage_.log();
    stage_.etcd.remove("/app/deny/1");
    EXPECT_TRUE(wait_answer("b", "two words; and \\ more")) << stage_.log();
    EXPECT_TRUE(wait_until([&] { // after HAProxy
        return read_text(directory() + "/hosts.map") == "b two words; and \\ more\n" &&
               !std::filesystem::exists(directory() + "/.hosts.map.reload-owed");
    })) << read_text(directory() + "/hosts.map");
    EXPECT_EQ(stage_.stop_daemon(), 0);
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
    EXPECT_FALSE(std::filesystem::exists(directory() + "/.hosts.map.reload-owed"));
    EXPECT_THAT(stage_.log(), HasSubstr("change=\"+ a one\""));
    // As it is after the next start.
    stage_.restart_haproxy();
    EXPECT_EQ(ask("b"), "two words; and \\ more");
}

/// A value can't bring another entry, nor a command.
TEST_F(LiveFiles, AreSafeFromValues) {
    start_in_step();
    stage_.etcd.put("/app/hosts/a", "x\nb smuggled");
    stage_.etcd.put("/app/hosts/c", "y\n\nshutdown sessions server app/web1\n");
    stage_.etcd.put("/app/hosts/d", "<<");
    EXPECT_TRUE(wait_answer("d", "<<")) << stage_.log();
    EXPECT_EQ(ask("b"), "none");
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

/// HAProxy would have no such entry, and nobody would know why.
TEST_F(LiveFiles, TellOfAnEntryThatIsAComment) {
    start_in_step();
    stage_.etcd.put("/app/hosts/#x", "one");
    EXPECT_TRUE(stage_.wait_log("key /app/hosts/#x = 'one' begins the line '#x one' (map.tmpl, "
                                "line 1) "
                                "with '#'"))
        << stage_.log();
    EXPECT_TRUE(wait_until([&] { return map({}).code == 3; })) << map({}).out;
    EXPECT_THAT(map({}).err, AllOf(HasSubstr("left out: "), HasSubstr("key /app/hosts/#x")));
    stage_.etcd.put("/app/hosts/a", "two");
    EXPECT_TRUE(wait_answer("a", "two")) << stage_.log();
    stage_.etcd.remove("/app/hosts/#x");
    EXPECT_TRUE(wait_until([&] { return map({}).code == 0; })) << map({}).err;
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

TEST_F(LiveFiles, TellWhenTheyAreKeptNoMore) {
    start_in_step();
    std::filesystem::remove(stage_.directory() / "confd/conf.d/deny.toml");
    stage_.daemon().signal(SIGHUP);
    EXPECT_TRUE(stage_.wait_log("/deny.acl is kept no more, since no template resource in"))
        << stage_.log();
    EXPECT_THAT(stage_.log(), Not(HasSubstr("hosts.map is kept no more")));
}

TEST_F(LiveFiles, ChangeWhileHitlessdIsAway) {
    start_in_step();
    stage_.etcd.put("/app/hosts/a", "one");
    ASSERT_TRUE(wait_answer("a", "one")) << stage_.log();
    for (const std::string value : {"two", "three"}) {
        stage_.kill_daemon();
        stage_.etcd.put("/app/hosts/a", value);
        start();
        EXPECT_TRUE(wait_answer("a", value)) << stage_.log();
    }
    // Killed between the file and HAProxy.
    stage_.kill_daemon();
    stage_.etcd.put("/app/hosts/a", "four");
    stage_.haproxy().directory().write("hosts.map", "a four\n");
    stage_.haproxy().directory().write(".hosts.map.reload-owed", "");
    start();
    EXPECT_TRUE(wait_answer("a", "four")) << stage_.log();
    EXPECT_TRUE(wait_until(
        [&] { return !std::filesystem::exists(directory() + "/.hosts.map.reload-owed"); }));
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

/// HAProxy is told before the file is written. So hitlessd may be killed in between.
TEST_F(LiveFiles, AreWrittenByTheNextHitlessdWhereHAProxyWasToldAlready) {
    start_in_step();
    stage_.etcd.put("/app/hosts/a", "one");
    ASSERT_TRUE(wait_answer("a", "one")) << stage_.log();
    const std::string map = directory() + "/hosts.map";
    ASSERT_TRUE(wait_until([&] { return read_text(map) == "a one\n"; }));
    stage_.kill_daemon();
    stage_.etcd.put("/app/hosts/a", "two");
    EXPECT_EQ(haproxy_command(stage_.haproxy_socket(), "set map " + map + " a two"), "");
    start();
    EXPECT_TRUE(wait_until([&] { return read_text(map) == "a two\n"; })) << stage_.log();
    EXPECT_EQ(ask("a"), "two");
    stage_.etcd.put("/app/hosts/a", "three");
    EXPECT_TRUE(wait_answer("a", "three")) << stage_.log();
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
    EXPECT_THAT(stage_.log(), Not(HasSubstr("repairing")));
}

/// What comes while the file is written is told at once, and written next.
TEST_F(LiveFiles, OfABurstAreWhatTheKeysSayAtLast) {
    start_in_step();
    constexpr int changes = 150;
    for (int i = 0; i < changes; ++i) {
        stage_.etcd.put("/app/hosts/a", fmt::format("{}", i));
        stage_.etcd.put(fmt::format("/app/hosts/b{}", i % 7), fmt::format("{}", i));
        if (i % 11 == 0)
            stage_.etcd.remove("/app/hosts/a");
    }
    stage_.etcd.put("/app/hosts/a", "last");
    EXPECT_TRUE(wait_answer("a", "last")) << stage_.log();
    EXPECT_TRUE(wait_until([&] {
        return read_text(directory() + "/hosts.map").starts_with("a last\nb0 147\n");
    })) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return map({}).code == 0; })) << map({}).out << map({}).err;
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
    EXPECT_THAT(stage_.log(), Not(HasSubstr("repairing")));
}

/// HAProxy has then what a fresh one has.
TEST_F(LiveFiles, StayAsTheyAreWhileTheyCanNotBeWritten) {
    start_in_step();
    stage_.etcd.put("/app/hosts/a", "one");
    ASSERT_TRUE(wait_answer("a", "one")) << stage_.log();
    const std::string map = directory() + "/hosts.map";
    ASSERT_TRUE(wait_until([&] { return read_text(map) == "a one\n"; }));
    std::filesystem::remove(map);
    std::filesystem::create_directory(map);
    stage_.etcd.put("/app/hosts/a", "two");
    ASSERT_TRUE(stage_.wait_log("hosts.map stays as it is")) << stage_.log();
    EXPECT_TRUE(wait_answer("a", "one")) << stage_.log();
    stage_.etcd.put("/app/hosts/a", "three");
    std::filesystem::remove(map);
    EXPECT_TRUE(wait_answer("a", "three")) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return read_text(map) == "a three\n"; })) << stage_.log();
    stage_.etcd.put("/app/hosts/a", "four");
    EXPECT_TRUE(wait_answer("a", "four")) << stage_.log();
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

TEST_F(LiveFiles, AreRepaired) {
    stage_.etcd.put("/app/hosts/b", "two");
    start({"-resync", "300ms"});
    ASSERT_TRUE(wait_answer("b", "two")) << stage_.log();
    before_ = reloads();
    const std::string map = directory() + "/hosts.map";
    EXPECT_EQ(haproxy_command(stage_.haproxy_socket(), "add map " + map + " a typed"), "");
    EXPECT_TRUE(wait_answer("a", "none")) << stage_.log();
    EXPECT_EQ(haproxy_command(stage_.haproxy_socket(), "clear map " + map), "");
    EXPECT_TRUE(wait_answer("b", "two")) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("repairing: change map=" + map));
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

/// A HAProxy that was started from an older file.
TEST_F(LiveFiles, AreBroughtToAProcessThatHasOlderOnes) {
    start_in_step();
    stage_.etcd.put("/app/hosts/a", "one");
    ASSERT_TRUE(wait_answer("a", "one")) << stage_.log();
    stage_.haproxy().stop();
    stage_.haproxy().directory().write("hosts.map", "a old\n");
    stage_.haproxy().start();
    EXPECT_TRUE(wait_answer("a", "one")) << stage_.log();
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

TEST_F(LiveFiles, WaitForTheBackendThatTheyLeadTo) {
    start_in_step();
    stage_.etcd.put("/app/hosts/a", "one");
    ASSERT_TRUE(wait_answer("a", "one")) << stage_.log();
    write_configuration("backend new{{if exists \"/app/new\"}}er{{end}}\n");
    const pid_t before = stage_.haproxy().pid();
    stage_.daemon().signal(SIGHUP);
    ASSERT_NE(stage_.haproxy().wait_replaced(before), 0) << stage_.log();
    stage_.etcd.put("/app/new", "1");
    stage_.etcd.put("/app/hosts/a", "newer");
    EXPECT_TRUE(wait_answer("a", "newer")) << stage_.log();
    EXPECT_EQ(newer_reloads(), 2U) << "it doesn't come before its backend\n" << stage_.log();
}

TEST_F(LiveFiles, WhatHAProxyRefusesIsReloaded) {
    stage_.write_template(boost::replace_all_copy(
        Stage::default_cfg(), "    default_backend app\n",
        "    http-request return status 200 content-type text/plain lf-string "
        "\"%[req.hdr(x-host),map(@DIR@/hosts.map,none)]\" if { path /map }\n"
        "    default_backend app\n"));
    start_in_step();
    const std::string line = "a " + std::string(15'500, 'x') + "\n"; // too long for a command
    write_resource("map", "hosts.map", line);
    stage_.daemon().signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return newer_reloads() == 1; })) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("a line is longer than"));
}

TEST_F(LiveFiles, CanBeLeftToReloads) {
    write_resource("map", "hosts.map", "a {{getv \"/app/a\" \"none\"}}\n", "live = false\n");
    start_in_step();
    const auto others = [&] { return count(read_text(directory() + "/others"), "other"); };
    const std::size_t before = others();
    stage_.etcd.put("/app/a", "one");
    EXPECT_TRUE(wait_until([&] { return others() > before; })) << stage_.log();
    EXPECT_EQ(ask("a"), "none");
    EXPECT_EQ(stage_.stop_daemon(), 0);
    EXPECT_THAT(stage_.log(), Not(HasSubstr("a one")));
}

/// Nobody knows then what HAProxy is to run.
TEST_F(LiveFiles, SayWhyTheyAreReloadedWhileTheConfigurationIsNotRendered) {
    start_in_step();
    EXPECT_EQ(stage_.stop_daemon(), 0);
    write_configuration("{{getv \"/app/none\"}}\n");
    start();
    ASSERT_TRUE(stage_.wait_log("haproxy.cfg gets no changes, since the template")) << stage_.log();
    stage_.etcd.put("/app/hosts/a", "one");
    EXPECT_TRUE(stage_.wait_log("hosts.map runs for this change, since no template renders now "
                                "the configuration that uses the file"))
        << stage_.log();
    EXPECT_TRUE(wait_until([&] { return count(read_text(directory() + "/others"), "other") > 0; }))
        << stage_.log();
}

/// A map has notes on disk before it has its first keys there.
TEST_F(LiveFiles, AreHeldByHitlessdBeforeTheirKeysAreWritten) {
    start_in_step();
    const std::string keys = directory() + "/.hosts.map.keys.json";
    ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(keys); }));
    EXPECT_THAT(map({}).err, Not(HasSubstr("does not run")));
    struct stat of_keys {};
    struct stat of_status {};
    ASSERT_EQ(::stat(keys.c_str(), &of_keys), 0);
    ASSERT_EQ(::stat((directory() + "/.hosts.map.status.json").c_str(), &of_status), 0);
    EXPECT_LT(std::pair(of_status.st_mtim.tv_sec, of_status.st_mtim.tv_nsec),
              std::pair(of_keys.st_mtim.tv_sec, of_keys.st_mtim.tv_nsec));
}

TEST_F(LiveFiles, HitlessctlSaysWhatIsWrongWithThem) {
    start_in_step();
    stage_.etcd.put("/app/hosts/a", "one");
    ASSERT_TRUE(wait_answer("a", "one")) << stage_.log();
    ASSERT_TRUE(wait_until([&] { // a second later
        return std::filesystem::exists(directory() + "/.hosts.map.resource.json") &&
               map({}).code == 0;
    })) << map({}).out
        << map({}).err;
    EXPECT_THAT(map({}).out, HasSubstr("the same  hitlessd\n"));
    stage_.etcd.put("/app/hosts/c", "x\nb smuggled");
    ASSERT_TRUE(wait_until([&] { return map({}).code == 3; })) << map({}).out << stage_.log();
    EXPECT_THAT(map({}).err, AllOf(HasSubstr("left out: "), HasSubstr("key /app/hosts/c")));
    EXPECT_EQ(map({"hosts.map"}).code, 3);
    EXPECT_EQ(diff().code, 3);
    EXPECT_THAT(diff().out, AllOf(HasSubstr("left out"), HasSubstr("key /app/hosts/c")));
    stage_.etcd.remove("/app/hosts/c");
    EXPECT_TRUE(wait_until([&] { return map({}).code == 0 && diff().code == 0; })) << diff().out;
    // Before hitlessd reads it.
    write_resource("map", "hosts.map", "{{end}}");
    EXPECT_EQ(map({}).code, 3);
    EXPECT_THAT(map({"hosts.map"}).err, HasSubstr("trouble: " + directory() + "/hosts.map"));
    EXPECT_EQ(diff().code, 3);
    EXPECT_THAT(diff().out, AllOf(HasSubstr("trouble"), HasSubstr("map.tmpl")));
    EXPECT_THAT(map({"hosts.map"}).err, HasSubstr("was changed since hitlessd read it"));
    stage_.kill_daemon();
    EXPECT_THAT(map({}).out, HasSubstr("hitlessd, which does not run"));
}

/// It runs all the same, and keeps the map.
TEST_F(LiveFiles, AreKeptWhileTheTemplateOfTheConfigurationIsBroken) {
    start_in_step();
    EXPECT_EQ(stage_.stop_daemon(), 0);
    EXPECT_EQ(map({}).code, 3);
    EXPECT_THAT(map({}).err, HasSubstr("hitlessd does not run"));
    stage_.write_template("{{end}}");
    start();
    EXPECT_TRUE(wait_until([&] { return count(map({}).out, "  hitlessd\n") == 2; }))
        << map({}).out << stage_.log();
    EXPECT_THAT(map({}).err, Not(HasSubstr("does not run")));
}

/// The values of a map may be names of backends.
TEST_F(LiveFiles, ThatLeadToNoBackendAreTold) {
    write_configuration("    use_backend %[req.hdr(x-host),map(@DIR@/hosts.map)]\n");
    stage_.etcd.put("/app/hosts/a", "app");
    start({"-resync", "300ms"});
    EXPECT_TRUE(wait_answer("a", "app")) << stage_.log();
    stage_.etcd.put("/app/hosts/b", "nope");
    EXPECT_TRUE(stage_.wait_log("backends that neither HAProxy nor its configuration has: nope "
                                "(for b)"))
        << stage_.log();
    EXPECT_EQ(diff().code, 3);
    EXPECT_THAT(diff().out, HasSubstr("nope (for b)"));
    EXPECT_EQ(map({}).code, 3);
    EXPECT_THAT(map({"hosts.map"}).out, HasSubstr("there is no backend nope"));
    EXPECT_EQ(map({"hosts.map", "b"}).code, 3);
    EXPECT_THAT(map({"hosts.map", "b"}).out, HasSubstr("there is no backend nope"));
    stage_.etcd.put("/app/hosts/b", "app");
    EXPECT_TRUE(stage_.wait_log("the configuration has all backends that ")) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return diff().code == 0; })) << diff().out;
}

/// hitlessd looks for it now and then only.
TEST_F(LiveFiles, AStoppedFrontendIsSeenByDiffAtOnce) {
    start({"-resync", "5m"});
    ASSERT_TRUE(stage_.wait_log("in step with the keys: " + directory() + "/haproxy.cfg"));
    ASSERT_TRUE(wait_until(
        [&] { return std::filesystem::exists(directory() + "/.haproxy.cfg.resource.json"); }));
    (void)stage_.haproxy().command("disable frontend web");
    const Ended difference = diff();
    EXPECT_EQ(difference.code, 3) << difference.err;
    EXPECT_THAT(difference.out, AllOf(HasSubstr("stopped"), HasSubstr("enable frontend web")))
        << difference.err;
}

/// hitlessd doesn't undo that.
TEST_F(LiveFiles, AStoppedFrontendIsTold) {
    start({"-resync", "300ms"});
    ASSERT_TRUE(stage_.wait_log("in step with the keys: " + directory() + "/haproxy.cfg"));
    (void)stage_.haproxy().command("disable frontend web");
    EXPECT_TRUE(stage_.wait_log("the frontend web takes no connections")) << stage_.log();
    EXPECT_EQ(diff().code, 3);
    EXPECT_THAT(diff().out, HasSubstr("trouble"));
    EXPECT_EQ(count(diff().out, "enable frontend web"), 1U) << diff().out;
    (void)stage_.haproxy().command("enable frontend web");
    EXPECT_TRUE(stage_.wait_log("all frontends take connections again")) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return diff().code == 0; })) << diff().out;
}

/// Neither a file nor a note names the backend while an earlier file is checked. Sent to HAProxy,
/// the entry would lead requests elsewhere.
TEST_F(LiveFiles, DiffHasNoCommandThatLeadsToABackendThatComesWithAReload) {
    write_configuration("    use_backend %[req.hdr(x-host),map(@DIR@/hosts.map)]\n"
                        "backend new{{if exists \"/app/new\"}}er{{end}}\n");
    stage_.etcd.put("/app/hosts/a", "app");
    start();
    ASSERT_TRUE(stage_.wait_log("in step with the keys: " + directory() + "/haproxy.cfg"));
    ASSERT_TRUE(wait_until(
        [&] { return std::filesystem::exists(directory() + "/.haproxy.cfg.resource.json"); }));
    (void)stage_.haproxy().directory().write("gate", "");
    stage_.add("web1", 1);
    ASSERT_TRUE(wait_until([&] { return diff().out.find("being checked") != std::string::npos; }))
        << diff().out;
    stage_.etcd.put("/app/new", "1");
    stage_.etcd.put("/app/hosts/a", "newer");
    ASSERT_TRUE(wait_until([&] {
        return diff().out.find("backend newer: the section is new") != std::string::npos &&
               read_text(directory() + "/hosts.map") == "a newer\n";
    })) << diff().out
        << stage_.log();
    const std::string commands = "\n" + diff({"-commands"}).out;
    EXPECT_THAT(commands, AllOf(Not(HasSubstr("\nset map")), Not(HasSubstr("\nadd map")),
                                HasSubstr("newer")));
    EXPECT_EQ(ask("a"), "app");
    std::filesystem::remove(directory() + "/gate");
    EXPECT_TRUE(wait_answer("a", "newer")) << stage_.log();
}

/// Nobody has told HAProxy of the only entry that leads there.
TEST_F(LiveFiles, ExplainKnowsTheEntriesOfTheFile) {
    stage_.write_template(
        boost::replace_all_copy(Stage::default_cfg(), "    default_backend app\n",
                                "    use_backend %[req.hdr(x-host),map(@DIR@/hosts.map)]\n"));
    stage_.add("web1", 1);
    stage_.etcd.put("/app/hosts/a", "none");
    start();
    ASSERT_TRUE(stage_.wait_log("in step with the keys: " + directory() + "/haproxy.cfg"));
    const auto explain = [&] {
        return run_hitlessctl({"explain", "-s", stage_.haproxy_socket(), "app/web1"});
    };
    EXPECT_THAT(explain().out, HasSubstr("and none of its entries does"));
    stage_.kill_daemon();
    (void)stage_.haproxy().directory().write("hosts.map", "a none\nb app\n");
    EXPECT_THAT(explain().out,
                AllOf(HasSubstr("HAProxy doesn't have its entries that do: b; `hitlessctl map "),
                      HasSubstr("no entry that HAProxy has of the map")));
}

/// hitlessd would take an entry away again that leads to a backend which HAProxy doesn't have.
TEST_F(LiveFiles, HitlessctlKnowsWhatWaitsForABackend) {
    write_configuration("frontend other\n    bind unix@@DIR@/other.sock\n"
                        "    use_backend %[path,map(@DIR@/hosts.map)]\n"
                        "backend new{{if exists \"/app/new\"}}er{{end}}\n");
    start_in_step();
    (void)stage_.haproxy().directory().write("no-reload", "");
    stage_.etcd.put("/app/new", "1");
    stage_.etcd.put("/app/hosts/b", "newer");
    ASSERT_TRUE(stage_.wait_log("the reload failed")) << stage_.log();
    ASSERT_TRUE(wait_until([&] {
        return map({"hosts.map"})
                   .out.find("it waits for the backend newer, which comes with a "
                             "reload") != std::string::npos;
    })) << map({"hosts.map"}).out
        << stage_.log();
    EXPECT_EQ(map({"hosts.map"}).code, 3);
    EXPECT_EQ(diff().code, 3);
    EXPECT_TRUE(wait_until([&] {
        return diff().out.find("it leads to a backend that comes with the reload: newer (for b)") !=
               std::string::npos;
    })) << diff().out;
    EXPECT_THAT(diff({"-commands"}).out, Not(HasSubstr("\nadd map")));
    // HAProxy reads the entry from the file, and has no such backend all the same.
    stage_.restart_haproxy();
    EXPECT_TRUE(wait_until([&] {
        return map({"hosts.map"}).out.find("the backend newer comes with a reload: until then") !=
               std::string::npos;
    })) << map({"hosts.map"}).out;
    EXPECT_EQ(map({"hosts.map"}).code, 3);
    EXPECT_EQ(map({}).code, 3);
    std::filesystem::remove(directory() + "/no-reload");
    stage_.daemon().signal(SIGHUP);
    EXPECT_TRUE(wait_answer("b", "newer")) << stage_.log();
}

TEST_F(LiveFiles, AreShownByHitlessctl) {
    start_in_step();
    stage_.etcd.put("/app/hosts/a", "one");
    stage_.etcd.put("/app/deny/1", "10.9.8.7");
    ASSERT_TRUE(wait_answer("a", "one")) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return map({}).code == 0; })) << map({}).out << map({}).err;
    EXPECT_THAT(map({}).out, AllOf(HasSubstr("hosts.map"), HasSubstr("deny.acl"),
                                   HasSubstr(" acl "), HasSubstr("the same")));
    EXPECT_THAT(map({"hosts.map"}).out, HasSubstr("a    one"));
    EXPECT_TRUE(wait_until([&] {
        return map({"hosts.map", "a"}).out.find("key /app/hosts/a") != std::string::npos;
    })) << "the keys are kept beside the file soon: "
        << map({"hosts.map", "a"}).out;
    const Ended entry = map({"hosts.map", "a"});
    EXPECT_EQ(entry.code, 0) << entry.out;
    EXPECT_THAT(entry.out, AllOf(HasSubstr("finds a, whose value is one"),
                                 HasSubstr("line 1: a one"), HasSubstr("map.toml")));
    EXPECT_THAT(map({"deny.acl", "10.9.8.7"}).out, HasSubstr("finds 10.9.8.7"));
    EXPECT_EQ(map({"hosts.map", "nowhere"}).code, 5);
    const Ended no_file = map({"other.map"});
    EXPECT_EQ(no_file.code, 5);
    EXPECT_THAT(no_file.err, HasSubstr("hosts.map"));

    stage_.kill_daemon(); // who would repair it
    const std::string file = directory() + "/hosts.map";
    (void)stage_.haproxy().command("set map " + file + " a two");
    (void)stage_.haproxy().command("add map " + file + " b three");
    EXPECT_EQ(map({}).code, 3);
    EXPECT_THAT(map({}).out, HasSubstr("differs"));
    const Ended entries = map({file});
    EXPECT_EQ(entries.code, 3);
    EXPECT_THAT(entries.out, AllOf(HasSubstr("the file has one"), HasSubstr("only in HAProxy")));
    EXPECT_EQ(map({file, "a"}).code, 3);
    EXPECT_EQ(map({file, "b"}).code, 3);
    (void)stage_.haproxy().command("clear map " + file);
    EXPECT_THAT(map({file, "-json"}).out, HasSubstr("only in the file"));
}

} // namespace
} // namespace hitless::test
