#include "converge/haproxy_model.hpp"

#include <gmock/gmock.h>

#include <string>

// The races between what is wanted and what a running HAProxy does, each staged without one.
namespace hitless::converge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::string none = "backend app\n";
const std::string web1 = "backend app\n server web1 10.0.0.1:80\n";
const std::string web2 = web1 + " server web2 10.0.0.2:80\n";
const std::string web3 = web2 + " server web3 10.0.0.3:80\n";
const std::string web2_only = "backend app\n server web2 10.0.0.2:80\n";
const std::string static_weight = "backend app\n balance static-rr\n server web1 10.0.0.1:80";

class OneHaproxies : public testing::Test {
  protected:
    /// What is told from now on.
    void forget() { haproxy_.told.clear(); }

    void expect_equal(const std::string& configuration) {
        EXPECT_THAT(HaproxyModel::describe(haproxy_.process),
                    testing::ElementsAreArray(HaproxyModel::describe_file(configuration)));
    }

    /// HAProxy runs it, and that is known.
    void begin_with(const std::string& configuration) {
        haproxy_.restart(configuration);
        haproxy_.start_machine(configuration);
        haproxy_.want(configuration);
        haproxy_.run();
        forget();
    }

    [[nodiscard]] std::vector<std::string> reasons() const {
        return in_words(haproxy_.machine->obstacles());
    }

    HaproxyModel haproxy_{none};
};

TEST_F(OneHaproxies, IsMetAndReadBeforeAnythingIsDone) {
    EXPECT_EQ(haproxy_.run(), "") << "nothing is wanted yet";
    haproxy_.want(web1);
    EXPECT_EQ(haproxy_.run(), "identify, learn, read, plan");
    EXPECT_THAT(haproxy_.told, ElementsAre("met", "add app/web1"));
    haproxy_.pass(50ms);
    EXPECT_EQ(haproxy_.run(), "identify, read back");
    EXPECT_TRUE(haproxy_.machine->in_step(true));
    expect_equal(web1);
}

TEST_F(OneHaproxies, AChangeWaitsForNothing) {
    begin_with(web1);
    haproxy_.want(web2);
    EXPECT_TRUE(haproxy_.machine->busy(true, haproxy_.now));
    EXPECT_EQ(haproxy_.run(), "plan");
    EXPECT_FALSE(haproxy_.machine->in_step(true)) << "it is to be read back";
    haproxy_.want(web2_only);
    EXPECT_EQ(haproxy_.run(), "plan, collect");
    EXPECT_THAT(haproxy_.told, ElementsAre("add app/web2", "remove app/web1"));
    haproxy_.settle();
    expect_equal(web2_only);
}

TEST_F(OneHaproxies, ReplacesOptionsByAStandIn) {
    const std::string before = "backend app\n server web1 10.0.0.1:80 check inter 1s\n";
    const std::string after = "backend app\n server web1 10.0.0.1:80 check inter 2s\n";
    begin_with(before);
    haproxy_.keeps_connections = true;
    haproxy_.want(after);
    EXPECT_EQ(haproxy_.run(), "plan");
    EXPECT_THAT(haproxy_.told, ElementsAre("add app/web1:next"));
    haproxy_.pass(50ms);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, ElementsAre("add app/web1:next", "remove app/web1"));
    haproxy_.keeps_connections = false;
    haproxy_.settle();
    EXPECT_THAT(haproxy_.told, Not(Contains(StartsWith("repair"))));
    expect_equal(after);
}

/// Whichever step hitlessd is killed at, the next run goes on from what HAProxy says.
TEST_F(OneHaproxies, GoesOnWithAStandInAfterAKill) {
    const std::string before = "backend app\n server web1 10.0.0.1:80 check inter 1s\n";
    const std::string after = "backend app\n server web1 10.0.0.1:80 check inter 2s\n";
    for (int kill_after = 0; kill_after < 12; ++kill_after) {
        SCOPED_TRACE(kill_after);
        begin_with(before);
        haproxy_.want(after);
        for (int i = 0; i < kill_after; ++i) {
            if (!haproxy_.step())
                haproxy_.pass(50ms);
        }
        haproxy_.start_machine(before); // the file was not written yet
        haproxy_.want(after);
        haproxy_.settle();
        expect_equal(after);
        EXPECT_THAT(reasons(), IsEmpty());
    }
}

TEST_F(OneHaproxies, AStandInWhoseCheckFailsIsWaitedFor) {
    const std::string before = "backend app\n server web1 10.0.0.1:80 check inter 1s\n";
    begin_with(before);
    haproxy_.checks_fail = true;
    haproxy_.want("backend app\n server web1 10.0.0.1:80 check inter 2s\n");
    for (int i = 0; i < 20; ++i) {
        haproxy_.run();
        haproxy_.pass(1s);
    }
    EXPECT_TRUE(haproxy_.process["app"]["web1"].takes_traffic())
        << "it serves with its old options";
    EXPECT_FALSE(haproxy_.machine->in_step(true));
    EXPECT_THAT(reasons(), IsEmpty());
    haproxy_.want(before);
    haproxy_.checks_fail = false;
    haproxy_.settle();
    expect_equal(before);
}

/// The next run finds a server that leaves, which has to be gone before the new one can come: it
/// looks again with growing pauses.
TEST_F(OneHaproxies, WhatIsWaitedForAtTheStartIsLookedAtWithPauses) {
    const std::string before = "backend app\n server web1 10.0.0.1:80 check inter 1s\n";
    begin_with(before);
    haproxy_.keeps_connections = true;
    haproxy_.want("backend app\n server web1 10.0.0.1:80 check inter 2s\n");
    haproxy_.run();
    haproxy_.checks_fail = true;
    haproxy_.process["app"]["web1:next"].check_result = 2;
    haproxy_.start_machine(before);
    haproxy_.want("backend app\n server web1 10.0.0.1:80 check inter 2s\n");
    EXPECT_THAT(haproxy_.run(), StartsWith("identify, learn, read"));
    int reads = 0;
    for (int i = 0; i < 100; ++i) {
        haproxy_.pass(50ms);
        reads += haproxy_.run().find("read back") == std::string::npos ? 0 : 1;
    }
    EXPECT_GT(reads, 4);
    EXPECT_LT(reads, 12);
}

TEST_F(OneHaproxies, TheConnectionBreaksAfterSomeOfTheCommands) {
    for (const std::size_t done : {0U, 1U, 2U}) {
        SCOPED_TRACE(done);
        begin_with(web1);
        haproxy_.want(web3);
        haproxy_.breaks_after = done;
        EXPECT_EQ(haproxy_.run(), "plan");
        haproxy_.pass(20ms);
        EXPECT_EQ(haproxy_.run(), "identify, read" + std::string(done == 2 ? "" : ", plan"));
        haproxy_.settle();
        expect_equal(web3);
        EXPECT_THAT(haproxy_.told, Not(Contains(StartsWith("repair"))))
            << "nobody else has changed anything";
        EXPECT_THAT(haproxy_.told, Contains("lost"));
    }
}

TEST_F(OneHaproxies, IsAwayForAWhile) {
    begin_with(web1);
    haproxy_.is_away = true;
    haproxy_.want(web2);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, ElementsAre("lost"));
    for (int i = 0; i < 100; ++i) {
        haproxy_.pass(100ms);
        haproxy_.run();
    }
    EXPECT_LT(haproxy_.told.size(), 30U) << "it is asked with growing pauses";
    EXPECT_FALSE(haproxy_.machine->busy(false, haproxy_.now));
    EXPECT_FALSE(haproxy_.machine->settled(false));
    EXPECT_THAT(reasons(), IsEmpty()) << "commands will do when it is back";
    haproxy_.is_away = false;
    haproxy_.pass(1s);
    haproxy_.run();
    expect_equal(web2);
}

TEST_F(OneHaproxies, IsRestartedBetweenTheCommandsAndTheirAnswers) {
    begin_with(web1);
    haproxy_.want(web3);
    haproxy_.breaks_after = 99; // all is done, and no answer comes
    (void)haproxy_.step();
    haproxy_.restart(web1); // from the file, which is older
    haproxy_.settle();
    expect_equal(web3);
    EXPECT_THAT(haproxy_.told, Contains("met"));
}

TEST_F(OneHaproxies, IsReloadedBySomebodyElseWithANewerFile) {
    begin_with(web1);
    haproxy_.want(web2);
    haproxy_.run();
    haproxy_.restart(web3);
    haproxy_.pass(50ms);
    EXPECT_EQ(haproxy_.run(), "identify, identify, learn, read, plan, collect");
    haproxy_.settle();
    expect_equal(web2);
    EXPECT_THAT(haproxy_.told, Not(Contains(StartsWith("repair"))));
}

/// The connection stands, since the old process finishes it.
TEST_F(OneHaproxies, AReloadBySomebodyElseIsNoticedWithinASecond) {
    begin_with(web1);
    haproxy_.restart(web1);
    EXPECT_EQ(haproxy_.run(), "");
    haproxy_.pass(1s);
    EXPECT_EQ(haproxy_.run(), "identify, identify, learn, read");
}

TEST_F(OneHaproxies, OurReloadBringsWhatCommandsCanNot) {
    begin_with(web1);
    const std::string wanted = "backend app\n balance leastconn\n server web1 10.0.0.1:80\n";
    haproxy_.want(wanted);
    haproxy_.run();
    EXPECT_THAT(reasons(), ElementsAre("backend app: + balance leastconn"));
    haproxy_.reload();
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_EQ(haproxy_.run(), "identify, read");
    EXPECT_THAT(haproxy_.told, ElementsAre("met ours"));
}

/// Its process answers before reload_cmd has ended: it is taken for somebody else's.
TEST_F(OneHaproxies, TheNewProcessIsMetBeforeTheReloadEnds) {
    begin_with(web1);
    const std::string wanted = "backend app\n balance leastconn\n server web1 10.0.0.1:80\n";
    haproxy_.want(wanted);
    haproxy_.run();
    haproxy_.machine->reload_begins(true);
    haproxy_.restart(wanted);
    haproxy_.pass(5s);
    EXPECT_EQ(haproxy_.run(), "") << "nobody asks while it is reloaded";
    haproxy_.breaks_after = 0; // the old process has ended
    haproxy_.want(wanted + " server web2 10.0.0.2:80\n");
    haproxy_.run();
    haproxy_.pass(20ms);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, Contains("met"));
    haproxy_.machine->reloaded(*haproxy_.machine->wanted());
    haproxy_.settle();
    expect_equal(wanted + " server web2 10.0.0.2:80\n");
    EXPECT_THAT(haproxy_.told, Not(Contains("met ours")));
    // The next one that answers is somebody else's.
    forget();
    haproxy_.restart(web1);
    haproxy_.pass(1s);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, Contains("met"));
}

/// Nobody has waited for it: when it comes, it may be of a newer file.
TEST_F(OneHaproxies, IsAwayDuringOurReload) {
    begin_with(web1);
    const std::string wanted = "backend app\n balance leastconn\n server web1 10.0.0.1:80\n";
    haproxy_.want(wanted);
    haproxy_.run();
    haproxy_.is_away = true;
    haproxy_.pass(1s);
    haproxy_.run();
    haproxy_.machine->reload_begins(false);
    haproxy_.machine->reloaded(*haproxy_.machine->wanted());
    haproxy_.is_away = false;
    haproxy_.restart(web1); // the old file, say
    haproxy_.pass(1s);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, Contains("met"));
    EXPECT_THAT(haproxy_.told, Not(Contains("met ours")));
    EXPECT_THAT(reasons(), ElementsAre("backend app: + balance leastconn"));
}

/// A change that comes while it is asked who answers is read back after its own quiet time.
TEST_F(OneHaproxies, AChangeComesBetweenTheQuestionAndTheReadingBack) {
    begin_with(web1);
    haproxy_.want(web2);
    haproxy_.run();
    haproxy_.pass(50ms);
    (void)haproxy_.step(); // who answers?
    haproxy_.want(web3);
    EXPECT_EQ(haproxy_.run(), "plan");
    haproxy_.pass(49ms);
    EXPECT_EQ(haproxy_.run(), "");
    haproxy_.pass(1ms);
    EXPECT_EQ(haproxy_.run(), "identify, read back");
    EXPECT_TRUE(haproxy_.machine->in_step(true));
}

TEST_F(OneHaproxies, AReloadThatFailsLeavesTheObstacles) {
    begin_with(web1);
    haproxy_.want("backend app\n balance leastconn\n server web1 10.0.0.1:80\n");
    haproxy_.run();
    haproxy_.machine->reload_begins(true);
    haproxy_.machine->reload_failed();
    EXPECT_THAT(reasons(), ElementsAre("backend app: + balance leastconn"));
    haproxy_.pass(1s);
    EXPECT_EQ(haproxy_.run(), "identify") << "it is asked again who answers";
}

TEST_F(OneHaproxies, AReloadEndsWhileTheNextChangeIsUnderWay) {
    begin_with(web1);
    haproxy_.want("backend app\n balance leastconn\n server web1 10.0.0.1:80\n");
    haproxy_.run();
    const haproxy::Config reloaded = *haproxy_.machine->wanted();
    haproxy_.machine->reload_begins(true);
    haproxy_.restart(reloaded.text());
    const std::string next = "backend app\n balance source\n server web1 10.0.0.1:80\n";
    haproxy_.want(next);
    haproxy_.machine->reloaded(reloaded);
    EXPECT_THAT(reasons(), UnorderedElementsAre("backend app: - balance leastconn",
                                                "backend app: + balance source"));
    haproxy_.settle();
    expect_equal(next);
}

TEST_F(OneHaproxies, AServerThatComesDuringAReloadIsAddedAfterIt) {
    begin_with(web1);
    haproxy_.want("backend app\n balance leastconn\n server web1 10.0.0.1:80\n");
    haproxy_.run();
    const haproxy::Config reloaded = *haproxy_.machine->wanted();
    haproxy_.machine->reload_begins(true);
    const std::string next = reloaded.text() + " server web2 10.0.0.2:80\n";
    haproxy_.want(next);
    haproxy_.run(); // the old process gets it
    haproxy_.restart(reloaded.text());
    haproxy_.machine->reloaded(reloaded);
    haproxy_.run();
    expect_equal(next);
    EXPECT_THAT(haproxy_.told, Not(Contains(StartsWith("repair"))));
}

/// A burst brings obstacles; then one of the servers that they are about goes.
TEST_F(OneHaproxies, AnObstacleGoesWithItsServer) {
    begin_with(static_weight + "\n");
    haproxy_.want(static_weight + "\n server web2 10.0.0.2:80\n server web3 10.0.0.3:80\n");
    haproxy_.run();
    EXPECT_THAT(reasons(), ElementsAre(testing::AllOf(StartsWith("app/web2: "),
                                                      testing::HasSubstr("(and 1 more)"))));
    haproxy_.want(static_weight + "\n server web3 10.0.0.3:80\n");
    haproxy_.run();
    EXPECT_THAT(reasons(), ElementsAre(StartsWith("app/web3: ")));
    haproxy_.want(static_weight + "\n");
    haproxy_.run();
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(OneHaproxies, WhatItRefusesIsTriedAgainAndThenAReason) {
    begin_with(web1);
    haproxy_.refuses = {{"app", "web2"}};
    haproxy_.want(web3);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, UnorderedElementsAre("add app/web3", "refused app/web2"));
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_FALSE(haproxy_.machine->settled(true)) << "it may come at the second try";
    haproxy_.pass(100ms);
    haproxy_.run();
    EXPECT_THAT(reasons(), ElementsAre("app/web2: no"));
    EXPECT_THAT(haproxy_.told, UnorderedElementsAre("add app/web3", "refused app/web2"))
        << "the same answer is told once";
    // A later process takes it.
    haproxy_.refuses.clear();
    haproxy_.reload();
    haproxy_.settle();
    expect_equal(web3);
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(OneHaproxies, ARefusalIsForgottenWithTheProcess) {
    begin_with(web1);
    haproxy_.refuses = {{"app", "web2"}};
    haproxy_.want(web2);
    for (int i = 0; i < 5; ++i) {
        haproxy_.run();
        haproxy_.pass(500ms);
    }
    EXPECT_THAT(reasons(), ElementsAre("app/web2: no"));
    haproxy_.refuses.clear();
    haproxy_.restart(web1); // another version, perhaps
    haproxy_.pass(1s);
    haproxy_.run();
    EXPECT_THAT(reasons(), IsEmpty());
    expect_equal(web2);
}

TEST_F(OneHaproxies, WhatAReloadDoesNotMendIsToldOnce) {
    begin_with(web1);
    haproxy_.refuses = {{"app", "web2"}};
    haproxy_.want(web2);
    haproxy_.run();
    haproxy_.pass(100ms);
    haproxy_.run();
    EXPECT_THAT(reasons(), ElementsAre("app/web2: no"));
    haproxy_.machine->reload_begins(true);
    haproxy_.restart(web1); // it comes without web2 all the same
    haproxy_.machine->reloaded(*haproxy_.machine->wanted());
    for (int i = 0; i < 20; ++i) {
        haproxy_.run();
        haproxy_.pass(500ms);
    }
    EXPECT_THAT(haproxy_.told, Contains("hopeless app/web2"));
    EXPECT_THAT(reasons(), IsEmpty()) << "no reload helps";
    haproxy_.refuses.clear();
    haproxy_.pass(30s);
    haproxy_.run();
    expect_equal(web2);
}

TEST_F(OneHaproxies, WhatSomebodyHasChangedIsRepaired) {
    begin_with(web1);
    haproxy_.process["app"]["web1"].admin_state = haproxy::RunningServer::forced_maintenance;
    haproxy_.pass(10s);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, ElementsAre("repair app/web1", "change app/web1"));
    expect_equal(web1);
}

TEST_F(OneHaproxies, ARepairWithoutLastingEffectIsGivenUp) {
    begin_with(web1);
    for (int i = 0; i < 3; ++i) {
        haproxy_.process["app"]["web1"].admin_state = haproxy::RunningServer::forced_maintenance;
        haproxy_.pass(10s);
        haproxy_.run();
    }
    EXPECT_THAT(reasons(), ElementsAre("app/web1: its repairs don't last"));
    haproxy_.pass(1s);
    EXPECT_EQ(haproxy_.run(), "identify") << "it is not read back at once again and again";
    haproxy_.reload();
    haproxy_.settle();
    EXPECT_THAT(reasons(), IsEmpty());
    expect_equal(web1);
}

TEST_F(OneHaproxies, ANameHoldsUpNobodyElse) {
    begin_with(none);
    const std::string named = " server web9 slow.example:80\n";
    haproxy_.want(web1 + named);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, ElementsAre("later app/web9 slow.example", "add app/web1"));
    EXPECT_FALSE(haproxy_.machine->settled(true));
    EXPECT_FALSE(haproxy_.machine->in_step(true));
    haproxy_.want(web2 + named);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, Contains("add app/web2"));
    haproxy_.names["slow.example"] = {"10.0.0.9"};
    haproxy_.machine->names_changed({"slow.example"});
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, Contains("add app/web9"));
    haproxy_.names["slow.example"] = {"10.0.0.10"};
    haproxy_.machine->names_changed({"slow.example", "other.example"});
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, Contains("change app/web9"));
    EXPECT_THAT(haproxy_.told, Not(Contains(StartsWith("repair"))));
    EXPECT_EQ(haproxy_.process["app"]["web9"].address, "10.0.0.10");
}

TEST_F(OneHaproxies, AServerThatFlapsDuringAReload) {
    begin_with(web1);
    haproxy_.machine->reload_begins(true);
    for (int i = 0; i < 10; ++i) {
        haproxy_.want(i % 2 == 0 ? web2 : web1);
        haproxy_.run();
        haproxy_.pass(10ms);
    }
    EXPECT_THAT(haproxy_.told, Contains("later app/web2"));
    haproxy_.restart(web2);
    haproxy_.machine->reloaded(*haproxy_.machine->wanted());
    haproxy_.settle();
    expect_equal(web1);
}

TEST_F(OneHaproxies, AHeldServerIsAsItIsHeld) {
    begin_with(web2);
    const plan::ManualStates held = {{{"app", "web1"}, {plan::ManualState::Kind::drain, 0}}};
    haproxy_.machine->hold(held, {});
    EXPECT_EQ(haproxy_.run(), "identify, read, plan");
    EXPECT_TRUE(haproxy_.process["app"]["web1"].draining());
    haproxy_.pass(10s);
    haproxy_.machine->hold(held, {});
    haproxy_.run();
    EXPECT_TRUE(haproxy_.process["app"]["web1"].draining());
    haproxy_.machine->hold({}, {});
    haproxy_.run();
    EXPECT_FALSE(haproxy_.process["app"]["web1"].draining());
    EXPECT_THAT(haproxy_.told, Not(Contains(StartsWith("repair"))));
}

/// The connection breaks, or HAProxy refuses, when the hold is lifted: an agent's word would count
/// from then on, were that forgotten.
TEST_F(OneHaproxies, AHoldIsLiftedAsLongAsItTakes) {
    const std::string asked = "backend app\n server web1 10.0.0.1:80 agent-check agent-port 99\n";
    for (const bool breaks : {false, true}) {
        SCOPED_TRACE(breaks);
        begin_with(asked);
        haproxy_.machine->hold({{{"app", "web1"}, {plan::ManualState::Kind::drain, 0}}}, {});
        haproxy_.run();
        ASSERT_TRUE(haproxy_.process["app"]["web1"].draining());
        if (breaks)
            haproxy_.breaks_after = 0;
        else
            haproxy_.refuses = {{"app", "web1"}};
        haproxy_.machine->hold({}, {});
        haproxy_.run();
        EXPECT_TRUE(haproxy_.process["app"]["web1"].draining());
        haproxy_.breaks_after.reset();
        haproxy_.refuses.clear();
        haproxy_.pass(2s);
        haproxy_.settle();
        EXPECT_FALSE(haproxy_.process["app"]["web1"].draining());
    }
}

TEST_F(OneHaproxies, AHoldThatEndedBeforeThisRunIsLifted) {
    begin_with(web1);
    haproxy_.process["app"]["web1"].admin_state = haproxy::RunningServer::forced_drain;
    haproxy_.start_machine(web1);
    haproxy_.want(web1);
    const std::vector<plan::ServerId> over = {{"app", "web1"}};
    haproxy_.machine->hold({}, over);
    haproxy_.run();
    expect_equal(web1);
}

TEST_F(OneHaproxies, AStopEndsAtEachPhase) {
    for (int steps = 0; steps < 10; ++steps) {
        SCOPED_TRACE(steps);
        haproxy_.restart(none);
        haproxy_.start_machine(none);
        haproxy_.want(web3);
        for (int i = 0; i < steps; ++i) {
            if (!haproxy_.step())
                haproxy_.pass(50ms);
        }
        haproxy_.machine->stop();
        EXPECT_EQ(haproxy_.run(), "end");
    }
}

TEST_F(OneHaproxies, OfTwoTheOneThatIsAwayHoldsUpNobody) {
    HaproxyModel other(web1);
    other.is_away = true;
    begin_with(web1);
    other.want(web2);
    haproxy_.want(web2);
    EXPECT_EQ(other.run(), "identify");
    EXPECT_EQ(haproxy_.run(), "plan");
    EXPECT_FALSE(other.machine->busy(false, other.now)) << "the file doesn't wait for it";
    EXPECT_THAT(in_words(other.machine->obstacles()), IsEmpty());
}

TEST_F(OneHaproxies, ABackendThatTheProcessLacksComesWithTheReload) {
    begin_with(web1);
    const std::string both = web1 + "backend api\n server a1 10.0.1.1:80\n";
    haproxy_.want(both);
    haproxy_.run();
    EXPECT_THAT(reasons(), ElementsAre("backend api: the section is new"));
    EXPECT_THAT(haproxy_.told, Contains("later api/a1"));
    haproxy_.settle();
    expect_equal(both);
}

TEST(OneHaproxyWithNoop, ChangesNothing) {
    OneHaproxy::Options options;
    options.noop = true;
    HaproxyModel haproxy(web1, options);
    haproxy.want(web2);
    haproxy.run();
    EXPECT_THAT(HaproxyModel::describe(haproxy.process),
                testing::ElementsAreArray(HaproxyModel::describe_file(web1)));
}

/// A guard that has held a change lets it through, or is overtaken by another one.
TEST_F(OneHaproxies, WantedTurnsBackBeforeAnythingIsDone) {
    begin_with(web3);
    haproxy_.want(none);
    haproxy_.want(web3);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, IsEmpty());
    expect_equal(web3);
}

} // namespace
} // namespace hitless::converge
