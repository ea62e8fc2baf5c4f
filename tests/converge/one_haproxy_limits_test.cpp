#include "converge/haproxy_model.hpp"

#include <gmock/gmock.h>

#include <string>

// One HAProxy's limits, whose races are those of servers.
namespace hitless::converge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

const std::string web1 = "backend app\n server web1 10.0.0.1:80\n";
const std::string web2 = web1 + " server web2 10.0.0.2:80\n";
const std::string limits_90 = "global\n maxconn 90\nfrontend web\n maxconn 8\n" + web1;
const std::string limits_50 = "global\n maxconn 50\nfrontend web\n maxconn 3\n" + web1;

std::vector<std::string> limits_of(const HaproxyModel& haproxy) {
    return HaproxyModel::describe(haproxy.limits);
}

class LimitsOfOneHaproxy : public testing::Test {
  protected:
    /// What is told from now on.
    void forget() { haproxy_.told.clear(); }

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

    HaproxyModel haproxy_{web1};
};

TEST_F(LimitsOfOneHaproxy, ChangesLimitsWithoutAReload) {
    begin_with(limits_90);
    haproxy_.want(limits_50);
    EXPECT_EQ(haproxy_.run(), "plan") << "nothing is read before";
    EXPECT_THAT(haproxy_.told,
                ElementsAre("change global maxconn", "change maxconn of frontend web"));
    EXPECT_THAT(limits_of(haproxy_), ElementsAre("global 50", "web 3"));
    EXPECT_THAT(reasons(), IsEmpty());
    haproxy_.pass(50ms);
    EXPECT_EQ(haproxy_.run(), "identify, read back");
    EXPECT_TRUE(haproxy_.machine->in_step(true));
    EXPECT_TRUE(haproxy_.machine->loaded().text() == limits_90) << "what it was started from";
    haproxy_.want(limits_90);
    haproxy_.run();
    EXPECT_THAT(limits_of(haproxy_), ElementsAre("global 90", "web 8"));
}

/// What was changed live is no difference any more, whatever the file says by then.
TEST_F(LimitsOfOneHaproxy, BelievesLimitsAfterAKill) {
    for (const std::string& file : {limits_90, limits_50}) {
        SCOPED_TRACE(file);
        begin_with(limits_90);
        haproxy_.want(limits_50);
        haproxy_.run();
        forget();
        haproxy_.start_machine(file);
        haproxy_.want(limits_50);
        haproxy_.settle();
        EXPECT_THAT(haproxy_.told, ElementsAre("met"));
        EXPECT_THAT(reasons(), IsEmpty());
        haproxy_.want(limits_90);
        haproxy_.settle();
        EXPECT_THAT(limits_of(haproxy_), ElementsAre("global 90", "web 8"));
        EXPECT_THAT(reasons(), IsEmpty());
    }
}

/// Whenever hitlessd is killed, the next run brings the limits to what is wanted by then.
TEST_F(LimitsOfOneHaproxy, GoesOnWithLimitsAfterAKill) {
    for (int kill_after = 0; kill_after < 6; ++kill_after) {
        SCOPED_TRACE(kill_after);
        begin_with("frontend web\n" + web1);
        haproxy_.want("frontend web\n maxconn 3\n" + web1);
        for (int i = 0; i < kill_after; ++i) {
            if (!haproxy_.step())
                haproxy_.pass(50ms);
        }
        haproxy_.start_machine(haproxy_.file);
        haproxy_.want("frontend web\n" + web1); // wanted no more
        haproxy_.settle();
        EXPECT_THAT(limits_of(haproxy_), ElementsAre("global 1000", "web 1000"));
        EXPECT_THAT(reasons(), IsEmpty());
    }
}

TEST_F(LimitsOfOneHaproxy, RepairsLimits) {
    begin_with(limits_90);
    haproxy_.limits.frontends["web"] = 5;
    haproxy_.pass(11s);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told,
                ElementsAre("repair maxconn of frontend web", "change maxconn of frontend web"));
    EXPECT_THAT(limits_of(haproxy_), ElementsAre("global 90", "web 8"));
}

TEST_F(LimitsOfOneHaproxy, ALimitThatCantBeHadIsAnObstacle) {
    begin_with(limits_50);
    haproxy_.want(limits_90);
    haproxy_.run();
    EXPECT_THAT(reasons(), ElementsAre(StartsWith("global maxconn: 90 are wanted")));
    EXPECT_THAT(limits_of(haproxy_), ElementsAre("global 50", "web 8")) << "the rest is live";
    haproxy_.reload();
    haproxy_.settle();
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_THAT(limits_of(haproxy_), ElementsAre("global 90", "web 8"));
}

TEST_F(LimitsOfOneHaproxy, ARefusedLimitIsTriedAgainAndHoldsUpNoServer) {
    begin_with(limits_90);
    haproxy_.refuses = {{"web", "maxconn"}};
    haproxy_.want("global\n maxconn 90\nfrontend web\n maxconn 3\n" + web2);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, ElementsAre("add app/web2", "refused maxconn of frontend web"));
    haproxy_.refuses.clear();
    haproxy_.pass(150ms);
    haproxy_.settle();
    EXPECT_THAT(limits_of(haproxy_), ElementsAre("global 90", "web 3"));
    EXPECT_THAT(reasons(), IsEmpty());
}

} // namespace
} // namespace hitless::converge
