#include "hitless/plan/slots.hpp"

#include "plan/planning.hpp"

#include <gmock/gmock.h>

/// Servers that someone holds by hand.
namespace hitless::plan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = ManualState::Kind;

const std::string lines_of_two = " server x 10.0.0.1:80 weight 8\n server y 10.0.0.2:80\n";
const std::string two = "backend b\n" + lines_of_two;

class Manual : public testing::Test {
  protected:
    /// The plan for all servers while x is held so.
    Plan plan(ManualState state, const Config& wanted) {
        by_hand = {{{"b", "x"}, state}};
        Situation situation{wanted, running, info, names};
        situation.by_hand = &by_hand;
        return make_plan(situation, every_server(wanted, running));
    }

    Config before = parse(two);
    Running running = started_from(before);
    haproxy::Info info = version(3, 0);
    Names names;
    ManualStates by_hand;
};

TEST_F(Manual, AServerIsBroughtToItAndStays) {
    const Plan drain = plan({Kind::drain, 0}, before);
    EXPECT_THAT(commands(drain), ElementsAre("set server b/x state drain"));
    carry_out(running, drain);
    EXPECT_THAT(commands(plan({Kind::drain, 0}, before)), IsEmpty());
    const Plan maint = plan({Kind::maint, 0}, before);
    EXPECT_THAT(commands(maint), ElementsAre("set server b/x state maint"));
    carry_out(running, maint);
    EXPECT_THAT(commands(plan({Kind::maint, 0}, before)), IsEmpty());
    // Its weight is another one, and it is ready.
    const Plan weight = plan({Kind::weight, 3}, before);
    EXPECT_THAT(commands(weight),
                ElementsAre("set server b/x weight 3", "set server b/x state ready"));
    carry_out(running, weight);
    EXPECT_THAT(commands(plan({Kind::weight, 3}, before)), IsEmpty());
    EXPECT_THAT(commands(plan({Kind::released, 0}, before)),
                ElementsAre("set server b/x weight 8"));
}

TEST_F(Manual, ItsLineMayChangeMeanwhile) {
    carry_out(running, plan({Kind::drain, 0}, before));
    const Config moved =
        parse("backend b\n server x 10.0.0.9:80 weight 5\n server y 10.0.0.2:80\n");
    const Plan change = plan({Kind::drain, 0}, moved);
    EXPECT_THAT(commands(change),
                ElementsAre("set server b/x addr 10.0.0.9 port 80", "set server b/x weight 5"));
    carry_out(running, change);
    EXPECT_THAT(commands(plan({Kind::drain, 0}, moved)), IsEmpty());
    EXPECT_THAT(commands(plan({Kind::released, 0}, moved)),
                ElementsAre("set server b/x state ready"));
    // `disabled` in the line counts more than a drain.
    const Config disabled = parse("backend b\n server x 10.0.0.9:80 weight 5 disabled\n"
                                  " server y 10.0.0.2:80\n");
    EXPECT_THAT(commands(plan({Kind::drain, 0}, disabled)),
                ElementsAre("set server b/x state maint"));
    const Config gone = parse("backend b\n server y 10.0.0.2:80\n");
    EXPECT_THAT(commands(plan({Kind::drain, 0}, gone)), ElementsAre("set server b/x state maint"));
}

TEST_F(Manual, AServerThatComesTakesNoRequestBefore) {
    running["b"].erase("x");
    const std::string add = "add server b/x 10.0.0.1:80 weight 8";
    const Plan drain = plan({Kind::drain, 0}, before);
    EXPECT_THAT(commands(drain), ElementsAre(add, "set server b/x state drain"));
    EXPECT_TRUE(drain.steps.front().server().after.draining());
    const Plan maint = plan({Kind::maint, 0}, before);
    EXPECT_THAT(commands(maint), ElementsAre(add));
    EXPECT_TRUE(maint.steps.front().server().after.in_maintenance());
    EXPECT_THAT(commands(plan({Kind::weight, 3}, before)),
                ElementsAre(add, "set server b/x weight 3", "set server b/x state ready"));
    for (const ManualState state :
         {ManualState{Kind::drain, 0}, {Kind::maint, 0}, {Kind::weight, 3}}) {
        const Running empty = running;
        carry_out(running, plan(state, before));
        EXPECT_THAT(commands(plan(state, before)), IsEmpty());
        running = empty;
    }
}

TEST_F(Manual, AWeightIsKeptWhileTheCheckDecides) {
    const Config checked = parse("backend b\n server x 10.0.0.1:80 weight 8 check\n"
                                 " server y 10.0.0.2:80\n");
    running["b"].erase("x");
    by_hand = {{{"b", "x"}, {Kind::weight, 3}}};
    Situation situation{checked, running, info, names};
    situation.by_hand = &by_hand;
    situation.start_down = true;
    EXPECT_THAT(commands(make_plan(situation, every_server(checked, running))),
                ElementsAre("add server b/x 10.0.0.1:80 check weight 0", "enable health b/x",
                            "set server b/x weight 3", "set server b/x state ready",
                            "set server b/x health down", "set server b/x weight 3"));
}

TEST_F(Manual, OtherOptionsComeToAServerThatNobodyMisses) {
    carry_out(running, plan({Kind::drain, 0}, before));
    const Config other = parse("backend b\n server x 10.0.0.1:80 weight 8 send-proxy\n"
                               " server y 10.0.0.2:80\n");
    const Plan first = plan({Kind::drain, 0}, other);
    EXPECT_THAT(commands(first), ElementsAre("set server b/x state maint"));
    carry_out(running, first);
    delete_leaving(running);
    EXPECT_THAT(commands(plan({Kind::drain, 0}, other)),
                ElementsAre("add server b/x 10.0.0.1:80 send-proxy weight 8",
                            "set server b/x state drain"));
}

/// At another HAProxy of the same file nobody has drained it yet.
TEST_F(Manual, AHeldServerWaitsForNoStandIn) {
    const Config checked = parse("backend b\n server x 10.0.0.1:80 check\n server y 10.0.0.2:80\n");
    running = started_from(checked);
    running["b"]["x"].check_result = RunningServer::check_passed;
    const Config other = parse("backend b\n server x 10.0.0.1:80 check inter 5s\n"
                               " server y 10.0.0.2:80\n");
    EXPECT_THAT(commands(plan({Kind::drain, 0}, other)), ElementsAre("set server b/x state maint"));
    // It may stand there already.
    by_hand.clear();
    carry_out(running, make_plan({other, running, info, names}, every_server(other, running)));
    ASSERT_TRUE(running["b"].contains("x:next"));
    const Plan held = plan({Kind::drain, 0}, other);
    carry_out(running, held);
    EXPECT_THAT(commands(plan({Kind::drain, 0}, other)), ElementsAre("set server b/x state maint"));
}

TEST_F(Manual, AStaticBalanceTakesNoWeight) {
    const Config fixed = parse("backend b\n balance static-rr\n server x 10.0.0.1:80 weight 8\n"
                               " server y 10.0.0.2:80\n");
    running = started_from(fixed);
    const Plan none = plan({Kind::weight, 3}, fixed);
    EXPECT_THAT(commands(none), IsEmpty());
    EXPECT_THAT(in_words(none.obstacles), IsEmpty());
    EXPECT_THAT(commands(plan({Kind::weight, 0}, fixed)), ElementsAre("set server b/x weight 0"));
    // A hold that can't be had keeps no other weight of the line back.
    const Config other = parse("backend b\n balance static-rr\n server x 10.0.0.1:80 weight 7\n"
                               " server y 10.0.0.2:80\n");
    EXPECT_THAT(in_words(plan({Kind::weight, 3}, other).obstacles), testing::SizeIs(1));
}

TEST_F(Manual, AnAgentDoesNotUndoIt) {
    const Config asked = parse("backend b\n server x 10.0.0.1:80 agent-check agent-port 99\n"
                               " server y 10.0.0.2:80\n");
    running = started_from(asked);
    const Plan drain = plan({Kind::drain, 0}, asked);
    EXPECT_THAT(commands(drain), ElementsAre("set server b/x state drain"));
    carry_out(running, drain);
    EXPECT_THAT(commands(plan({Kind::released, 0}, asked)),
                ElementsAre("set server b/x state ready"));
    carry_out(running, plan({Kind::released, 0}, asked));
    // Its weight as well.
    carry_out(running, plan({Kind::weight, 5}, asked));
    EXPECT_EQ(running["b"]["x"].weight, 5);
    EXPECT_THAT(commands(plan({Kind::released, 0}, asked)), ElementsAre("set server b/x weight 1"));
    // What nobody holds is the agent's.
    by_hand.clear();
    EXPECT_THAT(commands(make_plan({asked, running, info, names}, every_server(asked, running))),
                IsEmpty());
}

/// What its line is then, only a HAProxy that starts can tell.
TEST_F(Manual, AServerWhoseLinesAreUndecidedComesBackByAReload) {
    const Config undecided =
        parse("backend b\n .if defined(X)\n default-server weight 9\n .endif\n" + lines_of_two);
    running = started_from(before);
    EXPECT_TRUE(plan({Kind::released, 0}, undecided).obstacles.empty());
    running["b"]["x"].admin_state = RunningServer::forced_drain;
    EXPECT_TRUE(plan({Kind::drain, 0}, undecided).obstacles.empty());
    const Plan released = plan({Kind::released, 0}, undecided);
    EXPECT_THAT(commands(released), IsEmpty());
    EXPECT_THAT(in_words(released.obstacles),
                ElementsAre(testing::HasSubstr("b/x: it isn't held by hand any more, and ")));
}

TEST_F(Manual, ASlotIsDrainedSinceMaintenanceMeansFree) {
    const std::string begin = "backend b\n balance static-rr\n server x 10.0.0.1:80\n";
    running = started_from(with_slots(parse(begin), info, 1));
    const Config wanted = parse(begin + " server z 10.0.0.3:80\n");
    by_hand = {{{"b", "z"}, {Kind::maint, 0}}};
    Situation situation{wanted, running, info, names};
    situation.by_hand = &by_hand;
    situation.slots = true;
    const Plan fill = make_plan(situation, every_server(wanted, running));
    ASSERT_FALSE(fill.steps.empty());
    EXPECT_EQ(commands(fill).back(), "set server b/hitless-slot1 state drain");
    carry_out(running, fill);
    EXPECT_THAT(commands(make_plan(situation, every_server(wanted, running))), IsEmpty());
    by_hand = {{{"b", "z"}, {Kind::released, 0}}};
    EXPECT_THAT(commands(make_plan(situation, every_server(wanted, running))),
                ElementsAre("set server b/hitless-slot1 state ready"));
}

} // namespace
} // namespace hitless::plan
