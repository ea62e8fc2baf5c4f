// What someone holds by hand stays so, and what keeps hitlessd from following is told: hitlessctl
// beside hitlessd, on real etcd and HAProxy.
#include "hitless/apply/holds.hpp"
#include "hitless/apply/status_note.hpp"

#include "daemon/holds.hpp"
#include "support/hitlessctl.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace hitless::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Holds : public testing::Test {
  protected:
    Ended hitlessctl(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"-s", stage.haproxy_socket()});
        return run_hitlessctl(arguments);
    }
    std::string admin(const std::string& server) {
        const auto rows =
            nlohmann::json::parse(hitlessctl({"servers", "app/" + server, "-json"}).out);
        return rows.empty() ? "gone" : rows.at(0).at("admin").get<std::string>();
    }
    bool wait_diff(const std::string& text) {
        return wait_until([&] { return hitlessctl({"diff"}).out.find(text) != std::string::npos; });
    }
    void start() {
        stage.start_daemon({"-resync", "200ms"});
        stage.add("web0", 0);
        stage.add("web1", 1);
        ASSERT_TRUE(stage.wait_servers({stage.running("web0", 0), stage.running("web1", 1)}))
            << stage.log();
        ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    }
    Stage stage;
};

TEST_F(Holds, LastUntilTheyAreLifted) {
    start();
    // Without -for it is undone.
    EXPECT_TRUE(wait_until([&] { // it may be undone before hitlessctl can tell
        return hitlessctl({"drain", "app/web0"}).err.find("-for") != std::string::npos;
    }));
    ASSERT_TRUE(wait_until([&] { return admin("web0") == "ready"; })) << stage.log();
    const Ended held =
        hitlessctl({"drain", "app/web0", "-for", "10m", "-because", "new disk\nserver x"});
    EXPECT_EQ(held.code, 0);
    EXPECT_EQ(held.err, "");
    ASSERT_TRUE(stage.wait_log("app/web0 is held by hand: drain until")) << stage.log();
    EXPECT_EQ(hitlessctl({"diff"}).code, 0) << "it is as wanted";
    EXPECT_EQ(admin("web0"), "drain");
    // The daemon, and HAProxy, come back.
    stage.kill_daemon();
    stage.restart_haproxy();
    EXPECT_EQ(admin("web0"), "ready") << "the file doesn't know of it";
    stage.start_daemon({"-resync", "200ms"});
    ASSERT_TRUE(wait_until([&] { return admin("web0") == "drain"; })) << stage.log();
    // Its server moves, and goes, and comes.
    stage.add("web0", 2);
    ASSERT_TRUE(wait_until([&] {
        return hitlessctl({"servers", "app/web0"}).out.find(stage.web.address(2)) !=
               std::string::npos;
    })) << stage.log();
    EXPECT_EQ(admin("web0"), "drain");
    ASSERT_TRUE(wait_until([&] { return hitlessctl({"diff"}).code == 0; })) << stage.log();
    EXPECT_THAT(hitlessctl({"servers"}).out, HasSubstr("held: drain until"));
    EXPECT_THAT(hitlessctl({"holds"}).out,
                AllOf(HasSubstr("web0"), HasSubstr("new disk\\nserver")));
    const Ended explained = hitlessctl({"explain", "app/web0"});
    EXPECT_EQ(explained.code, 0);
    EXPECT_THAT(explained.out,
                AllOf(HasSubstr("holds --lift app/web0"), Not(HasSubstr("hitlessctl ready"))));
    const Ended lifted = hitlessctl({"holds", "-lift", "app/web0"});
    EXPECT_EQ(lifted.code, 0) << lifted.err;
    EXPECT_THAT(lifted.out, HasSubstr("lifted: app/web0, drain until"));
    EXPECT_EQ(admin("web0"), "ready");
    ASSERT_TRUE(stage.wait_log("app/web0 is no longer held by hand: that was lifted"))
        << stage.log();
    EXPECT_EQ(hitlessctl({"holds"}).out, "nothing is held\n");
    EXPECT_EQ(hitlessctl({"holds", "-lift", "app/web0"}).code, 5);
}

/// The connection to the old process stands after a reload, and nothing comes from it.
TEST_F(Holds, AreSetAgainWhenSomebodyElseReloadsHaproxy) {
    stage.start_daemon({"-resync", "10m"});
    stage.add("web0", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web0", 0)})) << stage.log();
    ASSERT_TRUE(wait_until([&] { return hitlessctl({"diff"}).code == 0; })) << stage.log();
    EXPECT_EQ(hitlessctl({"maint", "app/web0", "-for", "1h"}).code, 0);
    ASSERT_TRUE(stage.wait_log("app/web0 is held by hand")) << stage.log();
    stage.haproxy().reload();
    ASSERT_TRUE(stage.wait_log(fmt::format("with pid {} answers", stage.haproxy().pid())))
        << stage.log();
    EXPECT_TRUE(wait_until([&] { return admin("web0") == "maint"; })) << stage.log();
    stage.restart_haproxy();
    EXPECT_TRUE(wait_until([&] { return admin("web0") == "maint"; })) << stage.log();
    EXPECT_EQ(stage.file().find("disabled"), std::string::npos);
    EXPECT_THAT(stage.log(), Not(HasSubstr("reload dest=")));
}

TEST_F(Holds, HitlessctlTellsThatEtcdIsAway) {
    start();
    EXPECT_EQ(hitlessctl({"diff"}).code, 0);
    stage.etcd.stop();
    ASSERT_TRUE(wait_diff("etcd can't be followed: ")) << stage.log();
    const Ended told = hitlessctl({"diff"});
    EXPECT_EQ(told.code, 3);
    EXPECT_THAT(told.out, HasSubstr("the keys that were last read count"));
    const Ended explained = hitlessctl({"explain", "app/web0"});
    EXPECT_EQ(explained.code, 3);
    EXPECT_THAT(explained.out, HasSubstr("etcd can't be followed"));
    stage.etcd.start();
    EXPECT_TRUE(wait_until([&] { return hitlessctl({"diff"}).code == 0; })) << stage.log();
}

/// What the file doesn't say yet is no difference that anybody should undo.
TEST(TheFileOfARunningHitlessd, IsComparedWithWhenItSaysWhatWasDoneLive) {
    StageOptions options;
    options.toml =
        boost::replace_all_copy(Stage::default_toml(), "check_cmd = \"",
                                "check_cmd = \"while test -e @DIR@/gate; do sleep 0.02; done; ");
    Stage stage(options);
    const auto diff = [&] {
        const Ended ended = run_hitlessctl({"diff", "-s", stage.haproxy_socket()});
        return std::to_string(ended.code) + " " + ended.out;
    };
    const std::string gate = stage.haproxy().directory() / "gate";
    const auto is_not_compared = AllOf(HasSubstr("3 "), HasSubstr("does not say so yet"),
                                       Not(HasSubstr("add ")), Not(HasSubstr("remove ")));
    stage.start_daemon({"-resync", "10m"});
    stage.add("web0", 0);
    stage.add("web1", 1);
    ASSERT_TRUE(wait_until([&] { return diff() == "0 "; })) << stage.log();
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    std::ofstream(gate).put('x');
    stage.remove("web1");
    ASSERT_TRUE(stage.wait_servers({stage.running("web0", 0)})) << stage.log();
    // HAProxy is as the file is to be that is being checked.
    ASSERT_TRUE(wait_until([&] { return diff().starts_with("0 ACTION"); })) << diff();
    EXPECT_THAT(diff(), AllOf(HasSubstr("is being checked (check_cmd) since "),
                              Not(HasSubstr("trouble")), Not(HasSubstr("remove "))))
        << "a server is gone";
    (void)stage.haproxy().command("set server app/web0 state drain");
    EXPECT_THAT(diff(), AllOf(HasSubstr("3 "), HasSubstr("drain → ready"))) << "it is compared";
    (void)stage.haproxy().command("set server app/web0 state ready");
    stage.add("web2", 2);
    ASSERT_TRUE(stage.wait_servers({stage.running("web0", 0), stage.running("web2", 2)}))
        << stage.log();
    // What is being checked isn't the newest, and nobody tells what is.
    EXPECT_THAT(diff(), AllOf(HasSubstr("3 "), HasSubstr("is being checked"),
                              Not(HasSubstr("add ")), Not(HasSubstr("remove "))));
    stage.etcd.stop();
    stage.kill_daemon();
    fs::remove(gate);
    EXPECT_THAT(diff(), is_not_compared);
    stage.start_daemon();
    ASSERT_TRUE(wait_until([&] { return diff().find("etcd can't") != std::string::npos; }));
    EXPECT_THAT(diff(), is_not_compared) << "without keys hitlessd changes nothing";
    stage.etcd.start();
    EXPECT_TRUE(wait_until([&] { return diff() == "0 "; })) << diff() << stage.log();
    EXPECT_TRUE(stage.wait_servers({stage.running("web0", 0), stage.running("web2", 2)}));
}

TEST_F(Holds, EndByThemselves) {
    start();
    EXPECT_EQ(hitlessctl({"maint", "app/web0", "-for", "2s"}).code, 0);
    EXPECT_EQ(hitlessctl({"weight", "app/web1", "7", "-for", "2s"}).code, 0);
    ASSERT_TRUE(stage.wait_log("app/web1 is held by hand: weight 7")) << stage.log();
    ASSERT_TRUE(stage.wait_log("app/web1 is no longer held by hand: the time is over"))
        << stage.log();
    EXPECT_TRUE(stage.wait_servers({stage.running("web0", 0), stage.running("web1", 1)}))
        << stage.log();
    EXPECT_THAT(stage.log(), Not(HasSubstr("repairing")));
    EXPECT_THAT(hitlessctl({"holds"}).out, HasSubstr("nothing is held"));
}

/// Nobody has ended these: their servers are brought to what their lines say, also under an agent.
TEST(HoldsOfTheFile, ThatAreOverAtTheBeginningAreKnown) {
    using Clock = apply::ManualHold::Clock;
    const TemporaryDirectory directory;
    const std::string dest = directory / "haproxy.cfg";
    const auto now = Clock::now();
    ASSERT_TRUE(apply::change_holds(dest, [&](auto& holds) {
        holds.push_back({{"app", "old"}, {}, now, now - std::chrono::seconds(1), "", "ann"});
        holds.push_back({{"app", "new"}, {}, now, now + std::chrono::hours(1), "", "ann"});
    }));
    daemon::Status status(dest, false);
    daemon::Holds holds(dest, status);
    holds.refresh();
    EXPECT_THAT(holds.over(), testing::ElementsAre(plan::ServerId{"app", "old"}));
    EXPECT_EQ(holds.states().size(), 1U);
    // What can't be read counts as before, and is tried again.
    directory.write(".haproxy.cfg.holds.json", "{");
    holds.refresh();
    EXPECT_EQ(holds.states().size(), 1U);
    ASSERT_EQ(status.note().troubles.size(), 1U);
    EXPECT_THAT(status.note().troubles[0].message, HasSubstr("stays as it was"));
    directory.write(".haproxy.cfg.holds.json", "[]");
    holds.refresh();
    EXPECT_TRUE(holds.states().empty());
    EXPECT_TRUE(status.note().troubles.empty());
}

TEST_F(Holds, TwoKindsOfOneServerAreRefused) {
    start();
    EXPECT_EQ(hitlessctl({"maint", "app/web0", "-for", "1h", "-because", "broken disk"}).code, 0);
    const Ended weight = hitlessctl({"weight", "app/web0", "3", "-for", "1h"});
    EXPECT_EQ(weight.code, 1);
    EXPECT_THAT(weight.err, AllOf(HasSubstr("broken disk"), HasSubstr("holds --lift app/web0")));
    EXPECT_EQ(admin("web0"), "maint");
    const Ended longer = hitlessctl({"drain", "app/web0", "-for", "2h"});
    EXPECT_EQ(longer.code, 0);
    EXPECT_THAT(longer.err, AllOf(HasSubstr("broken disk"), HasSubstr("takes its place")));
    EXPECT_EQ(admin("web0"), "drain");
}

TEST_F(Holds, APartOfTheWeightIsThatOfTheLine) {
    stage.start_daemon({"-resync", "200ms", "-init-state", "down"});
    stage.etcd.put("/app/servers/web0", stage.web.address(0) + " weight 40");
    ASSERT_TRUE(stage.wait_servers({stage.running("web0", 0, 40)})) << stage.log();
    ASSERT_TRUE(wait_until([&] { return stage.file().find("weight 40") != std::string::npos; }));
    EXPECT_THAT(hitlessctl({"weight", "app/web0", "50%", "-for", "1h"}).out,
                HasSubstr("set server app/web0 weight 20"));
    ASSERT_TRUE(stage.wait_log("app/web0 is held by hand: weight 20")) << stage.log();
    EXPECT_TRUE(stage.wait_servers({stage.running("web0", 0, 20)})) << stage.log();
    EXPECT_EQ(hitlessctl({"ready", "app/web0"}).err,
              "hitlessctl: the hold of app/web0 is lifted\n");
    EXPECT_EQ(stage.servers().front(), stage.running("web0", 0, 40));
}

TEST_F(Holds, AHitlessdThatHasEndedIsTold) {
    start();
    ASSERT_TRUE(wait_until([&] { return hitlessctl({"diff"}).code == 0; })) << stage.log();
    stage.stop_daemon();
    const Ended difference = hitlessctl({"diff"});
    EXPECT_EQ(difference.code, 3);
    EXPECT_THAT(difference.out, HasSubstr("hitlessd does not run"));
    EXPECT_THAT(hitlessctl({"explain", "app/web0"}).out, HasSubstr("hitlessd does not run"));
}

TEST_F(Holds, AreLiftedByReady) {
    start();
    const Ended held = hitlessctl({"maint", "app/*", "-for", "1h"});
    EXPECT_EQ(held.code, 0) << held.err;
    EXPECT_TRUE(wait_until([&] { return stage.servers().at(0).ends_with("MAINT"); }));
    const Ended ready = hitlessctl({"ready", "app/web0"});
    EXPECT_THAT(ready.err, HasSubstr("the hold of app/web0 is lifted"));
    EXPECT_EQ(admin("web0"), "ready");
    EXPECT_THAT(hitlessctl({"holds"}).out, AllOf(Not(HasSubstr("web0")), HasSubstr("web1")));
    // A server that isn't wanted goes, held or not.
    stage.remove("web1");
    EXPECT_TRUE(stage.wait_servers({stage.running("web0", 0)})) << stage.log();
}

TEST_F(Holds, AFaultyNoteLiftsNothing) {
    start();
    EXPECT_EQ(hitlessctl({"drain", "app/web0", "-for", "1h"}).code, 0);
    ASSERT_TRUE(stage.wait_log("app/web0 is held by hand")) << stage.log();
    stage.haproxy().directory().write(".haproxy.cfg.holds.json", "[{");
    ASSERT_TRUE(stage.wait_log("what is held by hand stays as it was")) << stage.log();
    EXPECT_EQ(admin("web0"), "drain");
    EXPECT_EQ(hitlessctl({"holds"}).code, 1);
    EXPECT_EQ(apply::read_status(stage.haproxy().config_file()).value().troubles.size(), 1U);
    EXPECT_THAT(hitlessctl({"drain", "app/web1", "-for", "1h"}).err, HasSubstr("delete the file"));
    EXPECT_EQ(admin("web1"), "ready") << "nothing is done that can't be noted";
}

/// A line for each would bury all others.
TEST_F(Holds, ABurstIsOneLine) {
    start();
    std::vector<apply::ManualHold> holds;
    const auto now = apply::ManualHold::Clock::now();
    for (int i = 0; i < 1'000; ++i)
        holds.push_back({{"app", fmt::format("web{}", i)},
                         {plan::ManualState::Kind::drain, 0},
                         now,
                         now + std::chrono::hours(1),
                         "new disks",
                         "ann"});
    ASSERT_TRUE(apply::change_holds(stage.haproxy().config_file(),
                                    [&](std::vector<apply::ManualHold>& all) { all = holds; }));
    ASSERT_TRUE(stage.wait_log("by ann: new disks; likewise 999 more servers")) << stage.log();
    EXPECT_TRUE(wait_until([&] { return admin("web0") == "drain"; }));
    ASSERT_TRUE(apply::change_holds(stage.haproxy().config_file(),
                                    [&](std::vector<apply::ManualHold>& all) { all.clear(); }));
    ASSERT_TRUE(stage.wait_log("is no longer held by hand: that was lifted; likewise 999 more"));
    EXPECT_EQ(count(stage.log(), "held by hand"), 2U) << stage.log();
}

TEST_F(Holds, NeedSomeoneWhoKeepsTheFile) {
    const Ended none = hitlessctl({"drain", "app/nobody", "-for", "1h"});
    EXPECT_EQ(none.code, 5) << none.err;
    EXPECT_EQ(hitlessctl({"drain", "app/web0", "-because", "x"}).code, 2);
}

/// What hitlessctl says while hitlessd can't follow the keys.
TEST_F(Holds, WhatStandsStillIsTold) {
    start();
    EXPECT_EQ(hitlessctl({"diff"}).code, 0);
    stage.write_template(Stage::default_cfg() + "{{getv \"/app/none\"}}\n");
    stage.daemon().signal(SIGHUP);
    // As hitlessd says it: hitlessctl finds the same by itself before.
    ASSERT_TRUE(wait_diff("gets no changes, since the template can't be rendered: "))
        << stage.log();
    EXPECT_EQ(hitlessctl({"diff"}).code, 3);
    EXPECT_THAT(hitlessctl({"diff"}).out, HasSubstr("/app/none"));
    EXPECT_THAT(hitlessctl({"diff", "-commands"}).out, HasSubstr("# trouble: "));
    const Ended explained = hitlessctl({"explain", "app/web0"});
    EXPECT_EQ(explained.code, 3);
    EXPECT_THAT(explained.out, HasSubstr("hitlessd can't follow the keys: "));
    // Also the one that is started so.
    stage.stop_daemon();
    EXPECT_EQ(hitlessctl({"diff"}).code, 3) << "the template fails, whoever tries it";
    stage.write_template(Stage::default_cfg());
    stage.start_daemon();
    ASSERT_TRUE(wait_until([&] { return hitlessctl({"diff"}).code == 0; }))
        << hitlessctl({"diff"}).out << stage.log();
    EXPECT_EQ(hitlessctl({"explain", "app/web0"}).code, 0);
}

/// A template that can't be read leaves the one before it in use.
TEST_F(Holds, TemplatesThatAreOlderThanTheConfdirAreTold) {
    start();
    stage.write_template(Stage::default_cfg() + "{{end}}\n");
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(wait_diff("the templates in use are older than")) << stage.log();
    EXPECT_EQ(hitlessctl({"diff"}).code, 3);
    EXPECT_THAT(hitlessctl({"diff"}).out, HasSubstr("haproxy.cfg.tmpl"));
    stage.add("web2", 2);
    EXPECT_TRUE(wait_until([&] { return stage.servers().size() == 3; })) << stage.log();
    stage.write_template(Stage::default_cfg());
    stage.daemon().signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return hitlessctl({"diff"}).code == 0; }))
        << hitlessctl({"diff"}).out << stage.log();
}

TEST_F(Holds, AGuardIsTold) {
    stage.start_daemon({"-min-servers", "1"});
    stage.add("web0", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web0", 0)})) << stage.log();
    stage.remove("web0");
    ASSERT_TRUE(wait_diff("backend app would have 0")) << stage.log();
    EXPECT_EQ(hitlessctl({"diff"}).code, 3);
    EXPECT_THAT(hitlessctl({"diff"}).out, AllOf(HasSubstr("held"), HasSubstr("UTC")));
    EXPECT_THAT(hitlessctl({"explain", "app/web0"}).out, HasSubstr("would have 0"));
    stage.add("web0", 0);
    EXPECT_TRUE(wait_until([&] { return hitlessctl({"diff"}).code == 0; })) << stage.log();
}

TEST_F(Holds, OfAHaproxyThatIsAwayAreSeenByItsFile) {
    start();
    ASSERT_EQ(hitlessctl({"drain", "app/web0", "-for", "1h"}).code, 0);
    stage.haproxy().stop();
    Ended unknown;
    EXPECT_TRUE(wait_until([&] { // an end in the middle of an answer has another status
        unknown = hitlessctl({"holds"});
        return unknown.code == 4;
    })) << unknown.out
        << unknown.err;
    EXPECT_THAT(unknown.err, HasSubstr("name it with -c"));
    const Ended known = hitlessctl({"holds", "-c", stage.haproxy().config_file()});
    EXPECT_EQ(known.code, 0) << known.err;
    EXPECT_THAT(known.out, HasSubstr("web0    drain"));
}

/// The file is behind while check_cmd refuses it: what it says is nothing to go by.
TEST_F(Holds, AFileThatIsBehindIsNotComparedWith) {
    start();
    stage.write_template(Stage::default_cfg() +
                         "{{if exists \"/app/breaks\"}}    nonsense\n{{end}}");
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return count(stage.log(), "info HAProxy ") == 2; }))
        << stage.log();
    stage.etcd.put("/app/breaks", "1");
    ASSERT_TRUE(stage.wait_log("its check_cmd refuses the new one")) << stage.log();
    stage.add("web2", 2);
    ASSERT_TRUE(wait_until([&] { return stage.servers().size() == 3; })) << stage.log();
    ASSERT_TRUE(wait_diff("trouble")) << stage.log();
    EXPECT_EQ(hitlessctl({"diff"}).code, 3);
    EXPECT_THAT(hitlessctl({"diff", "-commands"}).out,
                AllOf(HasSubstr("# trouble: "), Not(HasSubstr("\nset server"))));
    // For a moment hitlessd tries it without the server.
    Ended explained;
    EXPECT_TRUE(wait_until([&] {
        explained = hitlessctl({"explain", "app/web2"});
        return explained.out.find("nothing was compared: mend what the trouble names") !=
               std::string::npos;
    })) << explained.err
        << stage.log();
    EXPECT_THAT(explained.out, HasSubstr("servers follow the keys where that needs no reload, but "
                                         "the file does not: "));
}

} // namespace
} // namespace hitless::test
