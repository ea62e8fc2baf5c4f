#include "ctl/statistics.hpp"
#include "ctl/traffic.hpp"

#include <gmock/gmock.h>

namespace hitless::ctl {
namespace {

using haproxy::RunningServer;
using test::running;
using test::statistics;
using test::StatLine;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> why(const StatLine& server, const haproxy::Running& state,
                             const std::string& file = {}) {
    const auto stat = statistics({server, {"app", "BACKEND"}});
    if (file.empty())
        return why_no_traffic("app", "w1", stat, state, nullptr);
    const auto config = haproxy::Config::parse(file).value();
    return why_no_traffic("app", "w1", stat, state, &config);
}

TEST(WhyNoTraffic, IsEmptyForAServerThatServes) {
    EXPECT_THAT(why({"app", "w1"}, running("app", "w1")), IsEmpty());
    EXPECT_THAT(
        why({"app", "w1"}, running("app", "w1"),
            "frontend web\n    default_backend app\nbackend app\n    server w1 10.0.0.1:80\n"),
        IsEmpty());
    EXPECT_THAT(why({"app", "w1"}, running("app", "w1"), "listen app\n    server w1 10.0.0.1:80\n"),
                IsEmpty());
    EXPECT_THAT(why({"app", "w1"}, running("app", "w1"),
                    "frontend web\n    use_backend %[req.hdr(x)] if TRUE\nbackend app\n"),
                IsEmpty());
}

TEST(WhyNoTraffic, NamesEachReason) {
    EXPECT_THAT(why({"app", "w1"}, running("app", "w1", RunningServer::forced_maintenance)),
                ElementsAre(HasSubstr("hitlessctl ready app/w1")));
    EXPECT_THAT(why({"app", "w1"}, running("app", "w1", RunningServer::forced_drain)),
                ElementsAre(HasSubstr("it is in drain")));
    EXPECT_THAT(why({"app", "w1"}, running("app", "w1", RunningServer::maintenance_of_resolution)),
                ElementsAre(HasSubstr("has no address")));
    StatLine down{"app", "w1", "DOWN"};
    down.check_status = "L4CON";
    down.last_chk = "Connection refused";
    EXPECT_THAT(why(down, running("app", "w1")),
                ElementsAre("its check fails: L4CON, Connection refused"));
    EXPECT_THAT(why({"app", "w1"}, running("app", "w1", 0, 0)),
                ElementsAre(HasSubstr("its weight is 0")));
    EXPECT_THAT(
        why({"app", "w1", "UP", "5", "5"}, running("app", "w1")),
        ElementsAre(HasSubstr("as many sessions as it may: 5 of 5; 4 requests wait for it")));
    StatLine backup{"app", "w1"};
    backup.act = "0";
    backup.bck = "1";
    EXPECT_THAT(why(backup, running("app", "w1")), ElementsAre(HasSubstr("it is a backup")));
    EXPECT_THAT(why({"app", "w1"}, running("app", "w1"),
                    "frontend web\n    default_backend other\nbackend app\nbackend other\n"),
                ElementsAre(HasSubstr("leads to app")));
    EXPECT_THAT(why({"app", "w2"}, running("app", "w2")),
                ElementsAre("HAProxy has no server app/w1"));
    EXPECT_THAT(why({"b", "w2"}, running("b", "w2")), ElementsAre("HAProxy has no server app/w1"))
        << "a backend without servers";
    EXPECT_THAT(why_no_traffic("app", "w1", statistics({{"b", "w2"}, {"b", "BACKEND"}}),
                               running("b", "w2"), nullptr),
                ElementsAre("HAProxy has no backend app"));
    EXPECT_THAT(why(down, running("app", "w1", RunningServer::forced_drain, 0)),
                testing::SizeIs(3));
}

TEST(ABackend, IsDownWhenNoneOfItsServersTakesRequests) {
    const auto told = [](const char* status) {
        return why_backend_is_down("app", statistics({{"app", "w1"}, {"app", "BACKEND", status}}));
    };
    EXPECT_EQ(told("UP"), "");
    EXPECT_THAT(told("DOWN"), HasSubstr("app is down as a whole"));
    EXPECT_EQ(why_backend_is_down("other", statistics({{"app", "BACKEND", "DOWN"}})), "");
}

TEST(AnAgent, IsToldWithItsShareOfTheWeight) {
    const auto told = [](unsigned agent, int weight) {
        auto state = running("app", "w1", 0, weight);
        RunningServer& server = state.at("app").at("w1");
        server.agent_state = agent;
        server.initial_weight = 10;
        return agent_in_words("app", "w1", statistics({{"app", "w1"}}), state);
    };
    constexpr unsigned asked = RunningServer::check_configured | RunningServer::check_enabled;
    EXPECT_EQ(told(0, 5), "");
    EXPECT_THAT(told(asked, 5), HasSubstr("weight 5 is a share of the 10 that its line has"));
    EXPECT_THAT(told(asked, 10), testing::Not(HasSubstr("share")));
}

TEST(WhyNoTraffic, NamesTheKeyThatAnOffLineComesFrom) {
    const auto of_line = [](const std::string& options, unsigned admin_state, int weight) {
        const auto config =
            haproxy::Config::parse("listen app\n    server w1 10.0.0.1:80 " + options + "\n")
                .value();
        ServerHints hints;
        hints.key = "key /a/w1, which is 'x'";
        hints.weight_key = "key /a/weight, which is '0'";
        return why_no_traffic("app", "w1", statistics({{"app", "w1"}, {"app", "BACKEND"}}),
                              running("app", "w1", admin_state, weight), &config, hints);
    };
    EXPECT_THAT(of_line("disabled", RunningServer::forced_maintenance, 1),
                ElementsAre("it is in maint: its line says so; to change that, change key /a/w1, "
                            "which is 'x'"));
    EXPECT_THAT(of_line("weight 0", 0, 0),
                ElementsAre("its weight is 0: its line says so; to change that, change key "
                            "/a/weight, which is '0'"));
}

/// Whose own line is disabled.
TEST(WhyNoTraffic, AdvisesForASpareServerByTheNameOfTheOneInIt) {
    const auto config = haproxy::Config::parse("listen app\n    server web9 10.0.0.1:80\n"
                                               "    server hitless-slot1 127.0.0.1:1 disabled\n")
                            .value();
    const std::string slot = "hitless-slot1";
    const auto reasons = [&](const ServerHints& hints) {
        return why_no_traffic("app", slot, statistics({{"app", slot}, {"app", "BACKEND"}}),
                              running("app", slot, RunningServer::forced_drain), &config, hints);
    };
    ServerHints hints;
    hints.name = "app/web9";
    EXPECT_THAT(reasons(hints),
                ElementsAre("it is in drain: `hitlessctl ready app/web9` ends that"));
    apply::ManualHold hold;
    hold.state.kind = plan::ManualState::Kind::maint;
    hints.hold = &hold;
    EXPECT_THAT(reasons(hints), ElementsAre(HasSubstr("`hitlessctl holds --lift app/web9`")));
}

TEST(WhyNoTraffic, KnowsThatAnAgentUndoesCommands) {
    const auto asked = [](unsigned admin_state, int weight = 1) {
        auto all = running("app", "w1", admin_state, weight);
        all["app"]["w1"].agent_state =
            RunningServer::check_configured | RunningServer::check_enabled;
        return all;
    };
    EXPECT_THAT(why({"app", "w1", "DRAIN (agent)"}, asked(RunningServer::forced_drain)),
                ElementsAre(testing::AllOf(HasSubstr("hitlessctl ready app/w1"),
                                           HasSubstr("answer 'drain'"), HasSubstr("'ready'"))));
    EXPECT_THAT(why({"app", "w1", "MAINT"}, asked(RunningServer::forced_maintenance)),
                ElementsAre(HasSubstr("answer 'maint'")));
    EXPECT_THAT(why({"app", "w1"}, asked(0, 0)),
                ElementsAre(testing::AllOf(HasSubstr("answer '0%'"), HasSubstr("'100%'"))));
    StatLine down{"app", "w1", "DOWN (agent)"};
    down.last_agt = "via agent : stopped";
    EXPECT_THAT(why(down, asked(0)),
                ElementsAre(testing::AllOf(HasSubstr("its agent takes it down"),
                                           HasSubstr("via agent : stopped"),
                                           HasSubstr("a command doesn't help"))));
    down.check_status = "L4CON";
    EXPECT_THAT(why(down, asked(0)),
                ElementsAre(HasSubstr("its agent"), HasSubstr("its check fails: L4CON")));
    EXPECT_THAT(why({"app", "w1", "DRAIN"}, running("app", "w1", RunningServer::forced_drain)),
                ElementsAre("it is in drain: `hitlessctl ready app/w1` ends that"));
}

} // namespace
} // namespace hitless::ctl
