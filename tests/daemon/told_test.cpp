// What hitlessctl tells beside hitlessd is true: reloads that wait, what a guard holds, an etcd
// that was never reached, a user who may not read all; on real etcd and HAProxy.
#include "support/free_port.hpp"
#include "support/hitlessctl.hpp"
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/split.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <unistd.h>

namespace hitless::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Ended hitlessctl(const Stage& stage, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-s", stage.haproxy_socket()});
    return run_hitlessctl(arguments);
}

bool wait_in_step(const Stage& stage) {
    return wait_until([&] { return hitlessctl(stage, {"diff"}).code == 0; });
}

/// Waits until diff says that.
bool wait_told(const Stage& stage, const std::string& text) {
    return wait_until(
        [&] { return hitlessctl(stage, {"diff"}).out.find(text) != std::string::npos; });
}

/// Waits until explain says that of the server.
bool wait_explained(const Stage& stage, const std::string& server, const std::string& text) {
    return wait_until([&] {
        return hitlessctl(stage, {"explain", server}).out.find(text) != std::string::npos;
    });
}

/// `retries` comes from a key; what it is needs a reload.
StageOptions with_retries() {
    StageOptions options;
    options.cfg = boost::replace_all_copy(Stage::default_cfg(), "retries 3",
                                          "retries {{getv \"/app/retries\" \"3\"}}");
    return options;
}

/// `balance` comes from a key; HAProxy's check refuses what it doesn't know.
StageOptions with_balance() {
    StageOptions options;
    options.cfg = boost::replace_all_copy(Stage::default_cfg(), "balance roundrobin",
                                          "balance {{getv \"/app/balance\" \"roundrobin\"}}");
    return options;
}

TEST(ReloadThatWaits, IsToldWithItsReasonAndItsTime) {
    Stage stage(with_retries());
    stage.start_daemon({"-reload-interval", "5m"});
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(stage.wait_log("reloaded dest=")) << stage.log();
    ASSERT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
    stage.etcd.put("/app/retries", "5");
    ASSERT_TRUE(stage.wait_log("the reload of HAProxy waits ")) << stage.log();
    const std::string why = "backend app: + retries 5; hitlessd reloads HAProxy at ";
    ASSERT_TRUE(wait_told(stage, why)) << hitlessctl(stage, {"diff"}).out;
    EXPECT_EQ(hitlessctl(stage, {"diff"}).code, 3);
    const auto json = nlohmann::json::parse(hitlessctl(stage, {"diff", "-json"}).out);
    EXPECT_EQ(json["in_step"], false);
    EXPECT_THAT(json["owed_reload"]["why"].dump(), HasSubstr("+ retries 5"));
    EXPECT_TRUE(json["owed_reload"]["next_try_ms"].is_number());
    const Ended explained = hitlessctl(stage, {"explain", "app/web1"});
    EXPECT_EQ(explained.code, 3);
    EXPECT_THAT(explained.out, HasSubstr("reload    backend app: "));
    EXPECT_THAT(hitlessctl(stage, {"diff", "-commands"}).out, HasSubstr("# reload: backend app: "));
    stage.kill_daemon();
    EXPECT_THAT(hitlessctl(stage, {"diff"}).out,
                HasSubstr("hitlessd does not run, and reloads HAProxy when it is started"));
    stage.restart_haproxy();     // which reads the file
    EXPECT_TRUE(wait_until([&] { // in a later second than the file
        stage.restart_haproxy();
        return hitlessctl(stage, {"diff"}).out.find("retries") == std::string::npos;
    }));
}

TEST(ReloadThatFails, IsToldWithTheTimeOfTheNextTry) {
    StageOptions options = with_retries();
    options.toml = boost::replace_all_copy(Stage::default_toml(), "reload_cmd = \"",
                                           "reload_cmd = \"test ! -e @DIR@/broken && ");
    Stage stage(options);
    stage.haproxy().directory().write("broken", "");
    stage.start_daemon();
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(stage.wait_log("the reload failed")) << stage.log();
    EXPECT_TRUE(wait_told(stage, "hitlessd reloads HAProxy at "))
        << hitlessctl(stage, {"diff"}).out;
    fs::remove(stage.haproxy().directory() / "broken");
    EXPECT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
}

/// In both halves of the line that is another, and with the time.
TEST(ReloadThatFails, IsToldByHitlessctlAndOverHttpWithItsCauseAndItsTime) {
    StageOptions options = with_retries();
    options.toml = boost::replace_all_copy(Stage::default_toml(), "@RELOAD@", "exit 7 # @RELOAD@");
    Stage stage(options);
    const std::string address = fmt::format("127.0.0.1:{}", free_port());
    stage.start_daemon({"-reload-interval", "5m", "-http", address});
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(stage.wait_log("the reload failed")) << stage.log();
    for (const char* const half : {"- retries 3", "+ retries 4"})
        EXPECT_TRUE(wait_told(stage, fmt::format("{}; hitlessd reloads HAProxy at ", half)))
            << hitlessctl(stage, {"diff"}).out;
    EXPECT_THAT(hitlessctl(stage, {"explain", "app/web1"}).out, HasSubstr("+ retries 4; hitlessd"));
    nlohmann::json reload;
    EXPECT_TRUE(wait_until([&] {
        const auto status =
            nlohmann::json::parse(http("GET", "http://" + address + "/status").body);
        reload = status["resources"][0]["reload"];
        return reload["next"].is_string() && !reload["obstacles"].empty();
    })) << reload;
    EXPECT_THAT(reload["obstacles"][0]["words"].dump(),
                AllOf(HasSubstr("- retries 3"), HasSubstr("+ retries 4")));
}

/// The reload waits for check_cmd.
TEST(AFileThatIsRefused, IsToldWithTheReloadThatItNeeds) {
    StageOptions options = with_retries();
    options.toml = boost::replace_all_copy(Stage::default_toml(), "check_cmd = \"",
                                           "check_cmd = \"test ! -e @DIR@/broken && ");
    Stage stage(options);
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    stage.haproxy().directory().write("broken", "");
    stage.etcd.put("/app/retries", "4");
    const std::string told =
        "+ retries 4; hitlessd reloads HAProxy when check_cmd accepts what the keys make";
    ASSERT_TRUE(wait_told(stage, told)) << hitlessctl(stage, {"diff"}).out;
    EXPECT_EQ(hitlessctl(stage, {"diff"}).code, 3);
    const Ended explained = hitlessctl(stage, {"explain", "app/web1"});
    EXPECT_EQ(explained.code, 3);
    EXPECT_THAT(explained.out, HasSubstr("+ retries 4; hitlessd reloads HAProxy when"));
    fs::remove(stage.haproxy().directory() / "broken");
    stage.etcd.put("/app/retries", "5");
    EXPECT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
}

/// Runs as nobody, who may read haproxy.cfg and write to HAProxy's socket.
class AsNobody {
  public:
    explicit AsNobody(Stage& stage) {
        const auto& directory = stage.haproxy().directory();
        fs::permissions(directory.path(), fs::perms(0755));
        fs::permissions(stage.haproxy_socket(), fs::perms(0666));
        constexpr uid_t nobody = 65534;
        is_nobody_ = ::seteuid(nobody) == 0;
    }
    ~AsNobody() { (void)!::seteuid(0); }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;

    [[nodiscard]] bool is_nobody() const { return is_nobody_; }

  private:
    bool is_nobody_ = false;
};

TEST(AUserWhoMayReadTheFile, IsToldWhetherItIsFollowed) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root, to become somebody else";
    Stage stage;
    stage.start_daemon();
    stage.etcd.put("/app/servers/web1", stage.web.address(0));
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    ASSERT_TRUE(wait_until(
        [&] { return fs::exists(stage.haproxy().directory() / ".haproxy.cfg.resource.json"); }));
    ASSERT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
    const std::string status = stage.haproxy().directory() / ".haproxy.cfg.status.json";
    {
        const AsNobody nobody(stage);
        ASSERT_TRUE(nobody.is_nobody());
        EXPECT_EQ(read_text(status), "") << "it may hold values of keys";
        const Ended same = hitlessctl(stage, {"diff"});
        EXPECT_EQ(same.code, 0) << same.out << same.err;
        EXPECT_EQ(hitlessctl(stage, {"explain", "app/web1"}).code, 0);
        EXPECT_EQ(hitlessctl(stage, {"explain", "app/web1"}).err, "");
    }
    stage.etcd.stop();
    ASSERT_TRUE(wait_told(stage, "etcd can't be followed: ")) << stage.log();
    {
        const AsNobody nobody(stage); // whose note is written after the other one
        ASSERT_TRUE(wait_told(stage, "hitlessd has a trouble with the registry, since"));
        const Ended differs = hitlessctl(stage, {"diff"});
        EXPECT_EQ(differs.code, 3);
        EXPECT_THAT(differs.out, AllOf(HasSubstr("may read more"), Not(HasSubstr("http://"))));
        EXPECT_THAT(hitlessctl(stage, {"explain", "app/web1"}).out,
                    HasSubstr("hitlessd sees no changes of keys now: "));
    }
    stage.kill_daemon();
    const AsNobody nobody(stage);
    EXPECT_THAT(hitlessctl(stage, {"diff"}).out, HasSubstr("hitlessd does not run"));
}

/// Its file stays as it is, which must not look as if it followed the keys.
TEST(AResourceThatCannotBeRead, IsATrouble) {
    Stage stage;
    const std::string other = stage.directory().write("confd/conf.d/other.toml", "[template\n");
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_log(" answers at ")) << stage.log();
    ASSERT_TRUE(wait_told(stage, "a template resource can't be used, and what it makes stays as "
                                 "it is"))
        << hitlessctl(stage, {"diff"}).out;
    EXPECT_EQ(hitlessctl(stage, {"diff"}).code, 3);
    fs::remove(other);
    stage.daemon().signal(SIGHUP);
    EXPECT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
}

/// The need has gone when the reload fails that was begun for it.
TEST(ReloadThatFails, IsNoTroubleWhenNoneIsNeededAnyMore) {
    StageOptions options = with_retries();
    options.toml = boost::replace_all_copy(Stage::default_toml(), "\"@RELOAD@\"",
                                           "\"touch @DIR@/began; sleep 1; false\"");
    Stage stage(options);
    stage.start_daemon();
    ASSERT_TRUE(wait_in_step(stage)) << stage.log();
    const std::string began = stage.haproxy().directory() / "began";
    fs::remove(began);
    stage.etcd.put("/app/retries", "5");
    ASSERT_TRUE(wait_until([&] { return fs::exists(began); })) << stage.log();
    stage.etcd.remove("/app/retries");
    ASSERT_TRUE(stage.wait_log("the reload failed")) << stage.log();
    EXPECT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out << stage.log();
    EXPECT_THAT(stage.log(), HasSubstr("no reload is needed any more"));
}

/// As the message advises.
TEST(HoldsThatCannotBeRead, AreNoTroubleWhenTheFileIsDeleted) {
    Stage stage;
    stage.start_daemon();
    ASSERT_TRUE(wait_in_step(stage)) << stage.log();
    const std::string file = stage.haproxy().directory() / ".haproxy.cfg.holds.json";
    stage.haproxy().directory().write(".haproxy.cfg.holds.json", "{");
    stage.add("web1", 0); // so that hitlessd looks
    ASSERT_TRUE(stage.wait_log("what is held by hand stays as it was")) << stage.log();
    fs::remove(file);
    stage.add("web2", 1);
    EXPECT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out << stage.log();
}

TEST(ANoteThatCannotBeWritten, IsNoTroubleWhenTheFileSaysAll) {
    Stage stage;
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_log("in step with the keys: ")) << stage.log();
    const std::string note = stage.haproxy().directory() / ".haproxy.cfg.live";
    (void)wait_until([&] { return !fs::exists(note); });
    fs::create_directory(note);
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_log("is written, the next one takes the file")) << stage.log();
    fs::remove(note);
    EXPECT_TRUE(stage.wait_log("so that no note is needed")) << stage.log();
    EXPECT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out << stage.log();
}

/// What is told beside dest is that of the one that came first, for as long as it runs.
TEST(TwoThatKeepTheSameFile, AreToldApart) {
    Stage stage;
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    const std::string notes = stage.haproxy().directory() / ".haproxy.cfg";
    ASSERT_TRUE(wait_until([&] { return fs::exists(notes + ".resource.json"); })) << stage.log();
    ASSERT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
    Process once(stage.daemon_command({"-onetime"}), stage.directory() / "once.log");
    ASSERT_EQ(once.wait_exit(), 0) << once.log();
    EXPECT_THAT(once.log(), HasSubstr("another hitlessd keeps"));
    Process second(stage.daemon_command({}), stage.directory() / "second.log");
    ASSERT_TRUE(wait_until([&] {
        return second.log().find("in step with the keys: ") != std::string::npos;
    })) << second.log();
    EXPECT_THAT(second.log(), HasSubstr("another hitlessd keeps"));
    second.kill();
    const Ended told = hitlessctl(stage, {"diff"});
    EXPECT_EQ(told.code, 0) << told.out << told.err;
    EXPECT_THAT(stage.log(), Not(HasSubstr("another hitlessd")));

    Process third(stage.daemon_command({}), stage.directory() / "third.log");
    ASSERT_TRUE(wait_until([&] {
        return third.log().find("in step with the keys: ") != std::string::npos;
    })) << third.log();
    stage.kill_daemon();
    EXPECT_TRUE(wait_in_step(stage)) << "it shows itself now: " << third.log();
    for (const char* const note : {".resource.json", ".follows.json", ".status.json"}) {
        fs::remove(notes + note);
        EXPECT_TRUE(wait_until([&] { return fs::exists(notes + note); })) << note;
    }
    EXPECT_TRUE(wait_in_step(stage));
}

/// hitlessctl doesn't run check_cmd, so that it has to be told.
TEST(WhatOnlyCheckCmdFindsBad, IsToldByDiffAndExplain) {
    Stage stage(with_balance());
    const std::string address = fmt::format("127.0.0.1:{}", free_port());
    stage.start_daemon({"-http", address});
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    ASSERT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
    stage.etcd.put("/app/balance", "nonsense");
    stage.etcd.put("/app/servers/bad", "127.0.0.1:9999 check inter 0");
    ASSERT_TRUE(wait_told(stage, "key /app/balance = 'nonsense'")) << stage.log();
    ASSERT_TRUE(wait_told(stage, "key /app/servers/bad = ")) << stage.log();
    const Ended differs = hitlessctl(stage, {"diff"});
    EXPECT_EQ(differs.code, 3);
    EXPECT_THAT(differs.out, HasSubstr("left out"));
    EXPECT_THAT(hitlessctl(stage, {"diff", "-commands"}).out, HasSubstr("# left out: key /app/"));
    // The keys are told before the file is written without them.
    const std::string otherwise = "as wanted, but for the keys that are left out";
    ASSERT_TRUE(wait_explained(stage, "app/web1", otherwise)) << stage.log();
    const Ended other = hitlessctl(stage, {"explain", "app/web1"});
    EXPECT_EQ(other.code, 3);
    EXPECT_THAT(other.out, AllOf(HasSubstr("left out  key /app/balance"), HasSubstr(otherwise),
                                 Not(HasSubstr("/app/servers/bad"))));
    const Ended own = hitlessctl(stage, {"explain", "app/bad"});
    EXPECT_EQ(own.code, 3);
    EXPECT_THAT(own.out, HasSubstr("left out  key /app/servers/bad"));
    if (::geteuid() == 0) {
        const AsNobody nobody(stage); // who is told over HTTP, when it answers in time
        ASSERT_TRUE(wait_told(stage, "key /app/servers/bad = '…'"));
        const Ended told = hitlessctl(stage, {"diff"});
        EXPECT_EQ(told.code, 3);
        EXPECT_THAT(told.out, AllOf(HasSubstr("key /app/balance = '…'"),
                                    HasSubstr("key /app/servers/bad = '…'")));
        ASSERT_TRUE(wait_explained(stage, "app/bad", "left out"));
        const Ended explained = hitlessctl(stage, {"explain", "app/bad"});
        EXPECT_EQ(explained.code, 3);
        EXPECT_THAT(explained.out, HasSubstr("left out  key /app/servers/bad"));
    }
    stage.etcd.put("/app/balance", "roundrobin");
    stage.remove("bad");
    EXPECT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
}

TEST(AnEtcdThatIsAwayAtTheStart, IsNoSourceOfKeys) {
    Stage stage;
    stage.etcd.stop();
    stage.start_daemon();
    ASSERT_TRUE(wait_told(stage, "etcd can't be followed: ")) << stage.log();
    EXPECT_THAT(hitlessctl(stage, {"diff"}).out,
                AllOf(HasSubstr("this hitlessd has not read all its keys"),
                      Not(HasSubstr("last read count"))));
    stage.etcd.start();
    EXPECT_TRUE(wait_in_step(stage)) << stage.log();
}

/// hitlessctl still ends with 4.
TEST(AHaproxyThatIsAway, IsNoReasonToKeepTroublesOfHitlessdBack) {
    Stage stage(with_balance());
    stage.start_daemon();
    ASSERT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
    stage.etcd.put("/app/balance", "nonsense");
    ASSERT_TRUE(wait_told(stage, "key /app/balance = 'nonsense'")) << stage.log();
    stage.etcd.stop();
    ASSERT_TRUE(wait_told(stage, "etcd can't be followed: ")) << stage.log();
    stage.haproxy().stop();
    for (const std::string command : {"diff", "explain app/web1"}) {
        std::vector<std::string> arguments;
        boost::split(arguments, command, boost::is_any_of(" "));
        arguments.insert(arguments.end(), {"-c", stage.haproxy().config_file()});
        const Ended told = hitlessctl(stage, arguments);
        EXPECT_EQ(told.code, 4) << command;
        EXPECT_THAT(told.err, AllOf(HasSubstr("trouble: etcd can't be followed"),
                                    HasSubstr("left out: key /app/balance")))
            << command;
    }
}

TEST(InStep, IsNotSaidWhileEtcdIsAway) {
    Stage stage;
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_log("in step with the keys: ")) << stage.log();
    stage.etcd.stop();
    ASSERT_TRUE(wait_told(stage, "etcd can't be followed: ")) << stage.log();
    for (int time = 0; time < 2; ++time) {
        stage.restart_haproxy();
        ASSERT_TRUE(stage.wait_log(fmt::format("with pid {} answers", stage.haproxy().pid())))
            << stage.log();
    }
    EXPECT_EQ(count(stage.log(), "in step with the keys: "), 1U) << stage.log();
    stage.etcd.start();
    EXPECT_TRUE(wait_until([&] { return count(stage.log(), "in step with the keys: ") == 2; }))
        << stage.log();
}

TEST(ATrouble, IsNotOverWhenItsServerIsNoLongerWanted) {
    Stage stage;
    stage.start_daemon();
    stage.etcd.put("/app/servers/web1", "nowhere.invalid:80");
    ASSERT_TRUE(stage.wait_log("app/web1: the name 'nowhere.invalid' has no address"))
        << stage.log();
    stage.remove("web1");
    EXPECT_TRUE(stage.wait_log("app/web1: the trouble counts no more, since no such server is "
                               "wanted now"))
        << stage.log();
    EXPECT_THAT(stage.log(), Not(HasSubstr("the trouble is over")));
}

/// Three backends, whose servers go in one burst.
TEST(Guard, TellsABurstInOneLineAndWhichKeysWentToHitlessctl) {
    StageOptions options;
    options.cfg = Stage::default_cfg();
    for (const char* const name : {"two", "three"})
        options.cfg += fmt::format("backend {0}\n{{{{- range gets \"/app/{0}/*\"}}}}\n"
                                   "    server {{{{base .Key}}}} {{{{.Value}}}}\n{{{{- end}}}}\n",
                                   name);
    Stage stage(options);
    stage.add("web1", 0);
    stage.etcd.put("/app/two/web2", stage.web.address(1));
    stage.etcd.put("/app/three/web3", stage.web.address(2));
    stage.start_daemon({"-min-servers", "1", "-guard-delay", "5m"});
    ASSERT_TRUE(stage.wait_servers({stage.running("web3", 2)}, "three")) << stage.log();
    ASSERT_TRUE(wait_in_step(stage)) << hitlessctl(stage, {"diff"}).out;
    for (const char* const key : {"/app/servers/web1", "/app/two/web2", "/app/three/web3"})
        stage.etcd.remove(key);
    ASSERT_TRUE(stage.wait_log("held: ")) << stage.log();
    ASSERT_TRUE(wait_until([&] { return count(stage.log(), "would have 0 of its 1 server") == 3; }))
        << stage.log();
    EXPECT_EQ(count(stage.log(), "held: "), 1U) << stage.log();
    EXPECT_THAT(stage.log(),
                AllOf(HasSubstr("app/web1, three/web3, two/web2"), HasSubstr("/app/two/web2")));
    for (const std::string command : {"diff", "explain"}) {
        std::vector<std::string> arguments{command};
        if (command == "explain")
            arguments.emplace_back("app/web1");
        const Ended told = hitlessctl(stage, arguments);
        EXPECT_EQ(told.code, 3);
        const std::string text = boost::replace_all_copy(told.out, "\n          ", " ");
        EXPECT_THAT(text, AllOf(HasSubstr("keep web1"), HasSubstr("/app/servers/web1"))) << command;
    }
}

} // namespace
} // namespace hitless::test
