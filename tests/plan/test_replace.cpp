#include "plan/planning.hpp"

#include <gmock/gmock.h>

/// Servers that get other options.
namespace hitless::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Replace : public testing::Test {
  protected:
    Plan plan(const Config& wanted) {
        return make_plan({wanted, running_, info_, {}}, std::vector<ServerId>{{"b", "x"}});
    }

    const Config before_ = parse("backend b\n server x 10.0.0.1:80 check inter 1s\n");
    const Config after_ = parse("backend b\n server x 10.0.0.1:80 check inter 2s backup\n");
    Running running_ = started_from(before_);
    const haproxy::Info info_ = version(3, 0);
};

TEST_F(Replace, GoesByAStandIn) {
    const Plan first = plan(after_);
    EXPECT_THAT(commands(first),
                ElementsAre("add server b/x:next 10.0.0.1:80 check inter 2s backup",
                            "enable health b/x:next", "set server b/x:next state ready"));
    EXPECT_THAT(first.steps[0].detail,
                HasSubstr("stands in for x: inter 1s → 2s, backup none → on"));
    EXPECT_THAT(first.next, ElementsAre(object_id(ServerId{"b", "x"})));
    carry_out(running_, first);

    const Plan second = plan(after_);
    EXPECT_THAT(commands(second), ElementsAre("set server b/x state maint"));
    carry_out(running_, second);

    EXPECT_TRUE(plan(after_).empty());
    EXPECT_THAT(
        in_words(plan(after_).waiting),
        ElementsAre(HasSubstr("b/x: the server of the same name that it replaces still has")));
    // A full plan leaves the stand-in alone as well.
    EXPECT_TRUE(make_plan({after_, running_, info_, {}}, every_server(after_, running_)).empty());
    delete_leaving(running_);

    const Plan third = plan(after_);
    EXPECT_THAT(commands(third),
                ElementsAre("add server b/x 10.0.0.1:80 check inter 2s backup", "enable health b/x",
                            "set server b/x state ready", "set server b/x:next state maint"));
    carry_out(running_, third);
    delete_leaving(running_);
    EXPECT_TRUE(make_plan({after_, running_, info_, {}}, every_server(after_, running_)).empty());
}

TEST_F(Replace, EndsWhenTheServerIsNoLongerWanted) {
    carry_out(running_, plan(after_));
    const Config gone = parse("backend b\n server y 10.0.0.2:80\n");
    const auto end = ElementsAre("set server b/x state maint", "set server b/x:next state maint");
    EXPECT_THAT(commands(plan(gone)), end) << "the plan for the server alone";
    const std::vector<ServerId> all{{"b", "x"}, {"b", "x:next"}};
    EXPECT_THAT(commands(make_plan({gone, running_, info_, {}}, all)), end) << "each once";
    running_["b"].erase("x");
    EXPECT_THAT(commands(make_plan({gone, running_, info_, {}}, std::vector{all[1]})),
                ElementsAre("set server b/x:next state maint"));
    // A server of the file has that name.
    const Config own = parse("backend b\n server x:next 10.0.0.1:80 check inter 2s backup\n");
    EXPECT_THAT(commands(plan(own)), IsEmpty());
}

TEST_F(Replace, WaitsForTheStandInsCheck) {
    carry_out(running_, plan(after_));
    running_["b"]["x:next"].operational = 0;
    EXPECT_THAT(commands(plan(after_)), IsEmpty());
    EXPECT_THAT(in_words(plan(after_).waiting),
                ElementsAre(HasSubstr("it serves with its old options until the check of x:next")));
    running_["b"]["x"].operational = 0; // then there is nothing to lose
    EXPECT_THAT(commands(plan(after_)), ElementsAre("set server b/x state maint"));
}

/// Up it is from the begin, whatever its check will say.
TEST_F(Replace, WaitsUntilTheCheckHasPassedAsTheOldOnesHas) {
    running_["b"]["x"].check_result = RunningServer::check_passed;
    carry_out(running_, plan(after_));
    EXPECT_THAT(in_words(plan(after_).waiting),
                ElementsAre(HasSubstr("it serves with its old options until the check of x:next")));
    running_["b"]["x:next"].check_result = 2; // failed
    EXPECT_THAT(commands(plan(after_)), IsEmpty());
    running_["b"]["x:next"].check_result = RunningServer::check_passed;
    EXPECT_THAT(commands(plan(after_)), ElementsAre("set server b/x state maint"));
}

/// HAProxy says nothing of the last check while the next one runs.
TEST_F(Replace, AServerThatIsBeingCheckedWaitsForTheCheckOfItsStandIn) {
    running_["b"]["x"].check_result = 0;
    running_["b"]["x"].check_state |= 1;
    carry_out(running_, plan(after_));
    EXPECT_THAT(in_words(plan(after_).waiting),
                ElementsAre(HasSubstr("it serves with its old options until the check of x:next")));
    running_["b"]["x"].check_state &= ~1U; // and that one has failed
    running_["b"]["x"].check_result = 2;
    EXPECT_THAT(commands(plan(after_)), ElementsAre("set server b/x state maint"));
}

TEST_F(Replace, AServerWithoutACheckWaitsForTheCheckThatItGets) {
    const Config unchecked = parse("backend b\n server x 10.0.0.1:80\n");
    running_ = started_from(unchecked);
    carry_out(running_, plan(after_));
    EXPECT_THAT(in_words(plan(after_).waiting),
                ElementsAre(HasSubstr("it serves with its old options until the check of x:next")));
    running_["b"]["x:next"].check_result = RunningServer::check_passed;
    EXPECT_THAT(commands(plan(after_)), ElementsAre("set server b/x state maint"));
}

/// What a stand-in's agent says, it would say of a server of the file. What its check says is
/// waited for.
TEST_F(Replace, FollowsTheAgentOfTheStandIn) {
    const Config asked = parse("backend b\n server x 10.0.0.1:80 check agent-check agent-port 9\n");
    running_ = started_from(parse("backend b\n server x 10.0.0.1:80\n"));
    carry_out(running_, plan(asked));
    RunningServer& stand_in = running_["b"]["x:next"];
    const RunningServer up = stand_in;
    constexpr int passed = RunningServer::check_passed;
    struct Case {
        unsigned admin_state;
        int weight;
        int operational;
        int check_result;
        bool replaces;
    };
    for (const Case& now : {
             Case{0, 1, 2, passed, true},
             Case{RunningServer::forced_drain, 1, 2, 0, true},
             Case{RunningServer::forced_maintenance, 1, 2, 0, true},
             Case{0, 0, 2, 0, true},      // 50 % of 1
             Case{0, 1, 0, passed, true}, // the check has not taken it down
             Case{0, 1, 0, 0, false},
             Case{RunningServer::maintenance_of_resolution, 1, 0, passed, false},
             Case{RunningServer::inherited_maintenance, 1, 2, passed, false},
         }) {
        stand_in = up;
        stand_in.admin_state = now.admin_state;
        stand_in.weight = now.weight;
        stand_in.operational = now.operational;
        stand_in.check_result = now.check_result;
        const Plan next = plan(asked);
        EXPECT_EQ(next.waiting.empty(), now.replaces) << now.admin_state << now.operational;
        EXPECT_EQ(next.steps.empty(), !now.replaces) << now.admin_state << now.operational;
    }
}

TEST_F(Replace, NeedsNoStandInForAServerThatServesNobody) {
    running_["b"]["x"].operational = 0;
    EXPECT_THAT(commands(plan(after_)), ElementsAre("set server b/x state maint"));
}

TEST_F(Replace, WaitsForNoStandInThatIsToServeNobody) {
    carry_out(running_, plan(after_));
    // Wanted disabled since, so that the stand-in never takes traffic.
    const Config disabled =
        parse("backend b\n server x 10.0.0.1:80 check inter 2s backup disabled\n");
    carry_out(running_, plan(disabled));
    EXPECT_TRUE(running_["b"]["x:next"].in_maintenance());
    running_["b"]["x:next"].operational = 0;
    const Plan next = plan(disabled);
    EXPECT_THAT(commands(next), ElementsAre("set server b/x state maint"));
    carry_out(running_, next);
    delete_leaving(running_);
    carry_out(running_, plan(disabled));
    delete_leaving(running_);
    EXPECT_TRUE(running_["b"]["x"].in_maintenance());
    EXPECT_EQ(running_["b"].size(), 1U);
}

TEST_F(Replace, CanBeTakenBack) {
    carry_out(running_, plan(after_));
    const Plan back = plan(before_);
    EXPECT_THAT(commands(back), ElementsAre("set server b/x:next state maint"));
    carry_out(running_, plan(after_));
    EXPECT_TRUE(running_["b"]["x"].leaving);
    EXPECT_THAT(commands(plan(before_)),
                ElementsAre("set server b/x state ready", "set server b/x:next state maint"));
}

TEST_F(Replace, ToYetOtherOptions) {
    carry_out(running_, plan(after_));
    const Config other = parse("backend b\n server x 10.0.0.1:80 check inter 3s\n");
    const Plan again = plan(other);
    EXPECT_THAT(commands(again), ElementsAre("set server b/x:next state maint"));
    carry_out(running_, again);
    EXPECT_THAT(in_words(plan(other).waiting), ElementsAre(HasSubstr("earlier stand-in")));
    delete_leaving(running_);
    EXPECT_THAT(commands(plan(other)).front(), "add server b/x:next 10.0.0.1:80 check inter 3s");
}

TEST_F(Replace, FollowsTheAddressMeanwhile) {
    carry_out(running_, plan(after_));
    const Config moved = parse("backend b\n server x 10.0.0.2:80 check inter 2s backup\n");
    EXPECT_THAT(commands(plan(moved)), ElementsAre("set server b/x:next addr 10.0.0.2 port 80"));
}

TEST_F(Replace, GoesOnAfterTheKnowledgeIsLost) {
    carry_out(running_, plan(after_));
    for (auto& [name, server] : running_["b"]) {
        server.options.reset();
        server.leaving = false;
    }
    adopt_options(running_, after_); // the file on disk has the new line
    EXPECT_THAT(commands(plan(after_)), ElementsAre("set server b/x state maint"));
}

TEST_F(Replace, IsGivenUpWhenNobodyWantsIt) {
    carry_out(running_, plan(after_));
    const Config without = parse("backend b\n");
    EXPECT_THAT(
        commands(make_plan({without, running_, info_, {}}, every_server(without, running_))),
        ElementsAre("set server b/x state maint", "set server b/x:next state maint"));
}

TEST_F(Replace, NeedsAFreeName) {
    const Config taken = parse("backend b\n server x 10.0.0.1:80 check inter 2s\n"
                               " server x:next 10.0.0.2:80\n");
    EXPECT_THAT(in_words(plan(taken).obstacles), ElementsAre(HasSubstr("name is taken")));
}

struct ReplaceCase {
    std::string before;
    std::string after;
    std::string_view why;
};

class NeedsReplacement : public testing::TestWithParam<ReplaceCase> {};

TEST_P(NeedsReplacement, BecauseNoCommandDoesIt) {
    const Config before = parse("backend b\n server x " + GetParam().before + "\n");
    const Config after = parse("backend b\n server x " + GetParam().after + "\n");
    const Running running = started_from(before);
    const auto info = version(3, 0);
    const Plan plan = make_plan({after, running, info, {}}, all_servers(after));
    ASSERT_EQ(plan.steps.size(), 1U);
    EXPECT_EQ(plan.steps[0].object.name, "x:next");
    EXPECT_THAT(plan.steps[0].detail, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Plan, NeedsReplacement,
    testing::Values(ReplaceCase{"10.0.0.1:80", "10.0.0.1:80 check", "check none → on"},
                    ReplaceCase{"10.0.0.1:80", "10.0.0.1:80 agent-check agent-port 5",
                                "agent-check none → on"},
                    ReplaceCase{"10.0.0.1:80", "10.0.0.1", "port 80 → none"},
                    ReplaceCase{"10.0.0.1:80", "/run/x.sock", "address 10.0.0.1:80 → /run/x.sock"},
                    ReplaceCase{"/run/y.sock", "/run/x.sock", "address /run/y.sock → /run/x.sock"},
                    ReplaceCase{"/run/y.sock", "10.0.0.1:80", "address /run/y.sock → 10.0.0.1:80"},
                    ReplaceCase{"10.0.0.1:80 minconn 1 maxconn 5", "10.0.0.1:80 maxconn 9",
                                "minconn 1 → none"}));

TEST(Replacing, VersionsThatDeleteNoServerOfTheirFile) {
    const Config before = parse("backend b\n server x 10.0.0.1:80\n server y 10.0.0.2:80\n");
    Running running = started_from(before);
    running["b"]["added"] = server_at("10.0.0.3", 80);
    const auto info = version(2, 4);
    const Config after = parse("backend b\n server y 10.0.0.2:80 backup\n");
    const auto plan = [&](const Config& config) {
        return make_plan({config, running, info, {}}, every_server(config, running));
    };
    const Plan first = plan(after);
    EXPECT_THAT(commands(first),
                ElementsAre("set server b/added state maint", "set server b/x state maint"));
    EXPECT_THAT(in_words(first.obstacles),
                ElementsAre("b/y: backup none → on: HAProxy 2.4.0 deletes no server of its file"));
    carry_out(running, first);
    EXPECT_THAT(commands(plan(after)), IsEmpty());
    running["b"]["x"].leaving = false; // its time is over
    running["b"]["x"].stays = true;
    running["b"].erase("added");
    EXPECT_THAT(commands(plan(after)), IsEmpty());
    EXPECT_THAT(commands(plan(before)), ElementsAre("set server b/x state ready"));
    const Config other = parse("backend b\n server x 10.0.0.1:80 backup\n server y 10.0.0.2:80\n");
    running["b"]["x"].leaving = true;
    EXPECT_THAT(in_words(plan(other).obstacles), ElementsAre(HasSubstr("b/x: backup none → on")));
}

} // namespace
} // namespace hitless::plan
