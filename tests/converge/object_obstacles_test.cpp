#include "converge/object_obstacles.hpp"

#include <gmock/gmock.h>

#include <utility>

namespace hitless::converge {
namespace {

using plan::Cause;
using plan::ObjectId;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;

const Cause is_static{Cause::Kind::not_added, "static"};
const Cause no_such_file{Cause::Kind::refused, "no such file"};

ObjectId app(std::string server) {
    return {ObjectId::Kind::server, "app", std::move(server)};
}

class ObjectObstaclesOf : public testing::Test {
  protected:
    /// A plan for `servers` has that cause for each of `troubled`.
    std::map<ObjectId, Cause> plan(const std::vector<ObjectId>& servers,
                                   const std::vector<ObjectId>& troubled = {},
                                   const Cause& cause = is_static) {
        plan::Plan plan;
        for (const ObjectId& server : troubled)
            plan.obstacles.add(server, cause);
        return owed_.note_plan(servers, plan);
    }

    /// A plan for the server, with commands for the one of that name.
    void plan_command(const ObjectId& server, const std::string& running_name) {
        plan::Plan plan;
        plan.steps.emplace_back();
        plan.steps.back().object.scope = server.scope;
        plan.steps.back().object.name = running_name;
        (void)owed_.note_plan(std::vector{server}, plan);
    }

    [[nodiscard]] std::vector<std::string> reasons() const { return in_words(owed_.obstacles()); }

    ObjectObstacles owed_;
};

TEST_F(ObjectObstaclesOf, GoWithTheServer) {
    plan({app("web1")}, {app("web1")});
    EXPECT_TRUE(owed_.any());
    EXPECT_THAT(reasons(), ElementsAre("app/web1: static"));
    plan({app("web2"), {ObjectId::Kind::server, "other", "web1"}});
    EXPECT_THAT(reasons(), ElementsAre("app/web1: static"));
    plan({app("web1")});
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_FALSE(owed_.any());
}

TEST_F(ObjectObstaclesOf, OfOthersStayWhenOneGoes) {
    plan({app("web1"), app("web2"), app("web3")}, {app("web2"), app("web3")});
    EXPECT_THAT(reasons(), ElementsAre("app/web2: static (and 1 more)"));
    plan({app("web2")});
    EXPECT_THAT(reasons(), ElementsAre("app/web3: static"));
    plan({app("web3")});
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(ObjectObstaclesOf, AreHopelessWhenAReloadDoesNotHelp) {
    plan({app("web1"), app("web2")}, {app("web1"), app("web2")});
    owed_.note_reloaded({});
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_THAT(plan({app("web1"), app("web2")}, {app("web1"), app("web2")}),
                ElementsAre(Key(app("web1")), Key(app("web2"))));
    EXPECT_THAT(reasons(), IsEmpty());
    // Another cause is worth another try, and so is another line.
    plan({app("web1")}, {app("web1")}, {Cause::Kind::not_set, "another"});
    EXPECT_THAT(reasons(), ElementsAre("app/web1: another"));
    owed_.note_change(app("web2"));
    EXPECT_THAT(plan({app("web2")}, {app("web2")}), IsEmpty());
    EXPECT_THAT(reasons(), ElementsAre("app/web1: another", "app/web2: static"));
}

/// What it has helped for can come back, as other servers of the backend come and go.
TEST_F(ObjectObstaclesOf, AreTriedAgainWhenTheLastOneHasHelped) {
    for (int times = 0; times < 3; ++times) {
        EXPECT_THAT(plan({app("web1")}, {app("web1")}), IsEmpty());
        EXPECT_THAT(reasons(), ElementsAre("app/web1: static"));
        owed_.note_reloaded({});
        EXPECT_THAT(plan({app("web1"), app("web2")}), IsEmpty());
    }
    // It counts as mended when nothing is left to do.
    plan({app("web1")}, {app("web1")});
    owed_.note_reloaded({});
    plan_command(app("web1"), "web1");
    EXPECT_THAT(plan({app("web1")}, {app("web1")}), ElementsAre(Key(app("web1"))));
}

/// A server that comes or goes may give others the trouble that they had before the reload.
TEST_F(ObjectObstaclesOf, AreNotHopelessBecauseOfOtherServersThatChangeMeanwhile) {
    plan({app("web1")}, {app("web1")});
    owed_.note_reloaded({{app("web2")}, {}});
    EXPECT_THAT(plan({app("web1")}, {app("web1")}), IsEmpty());
    EXPECT_THAT(reasons(), ElementsAre("app/web1: static"));
    owed_.note_reloaded({});
    owed_.note_change(app("web2"));
    EXPECT_THAT(plan({app("web1")}, {app("web1")}), IsEmpty());
    EXPECT_THAT(reasons(), ElementsAre("app/web1: static"));
    // No such change gives HAProxy a file that it has missed.
    owed_.need(app("web3"), no_such_file);
    owed_.note_reloaded({});
    owed_.note_change(app("web2"));
    EXPECT_FALSE(owed_.need(app("web3"), no_such_file));
}

TEST_F(ObjectObstaclesOf, ForRepairsThatDontLastAreNotTriedAgain) {
    const Cause undone{Cause::Kind::undone, "its repairs don't last"};
    EXPECT_TRUE(owed_.need(app("web1"), undone));
    owed_.note_reloaded({});
    plan({app("web1")});
    EXPECT_FALSE(owed_.need(app("web1"), undone));
    plan({app("web1")});
    EXPECT_FALSE(owed_.need(app("web1"), undone));
}

/// Beside one for which nothing helps there may be one that is new.
TEST_F(ObjectObstaclesOf, OfANewServerAreFoundBesideAHopelessOne) {
    plan({app("web1")}, {app("web1")});
    owed_.note_reloaded({});
    EXPECT_THAT(plan({app("web1"), app("web2")}, {app("web1"), app("web2")}),
                ElementsAre(Key(app("web1"))));
    EXPECT_THAT(reasons(), ElementsAre("app/web2: static"));
}

TEST_F(ObjectObstaclesOf, OfServersThatCameMeanwhileAreNotHopeless) {
    plan({app("web1"), app("web2")}, {app("web1"), app("web2")});
    owed_.note_reloaded({{app("web2")}, {}});
    EXPECT_THAT(plan({app("web2")}, {app("web2")}), IsEmpty());
    EXPECT_THAT(reasons(), ElementsAre("app/web2: static"));
    owed_.note_reloaded({{}, {{"backend", "app", plan::LineChange::Kind::added, "mode tcp"}}});
    EXPECT_THAT(plan({app("web2")}, {app("web2")}), IsEmpty());
}

/// What HAProxy has refused is tried again, and owed all that time: it must not be told as settled
/// in between.
TEST_F(ObjectObstaclesOf, OfARefusedServerLastUntilNothingIsLeftToDo) {
    EXPECT_TRUE(owed_.need(app("web1"), no_such_file));
    EXPECT_THAT(reasons(), ElementsAre("app/web1: no such file"));
    plan_command(app("web1"), "web1");
    EXPECT_THAT(reasons(), ElementsAre("app/web1: no such file"));
    plan_command(app("web1"), "web1:next");
    EXPECT_THAT(reasons(), ElementsAre("app/web1: no such file"));
    EXPECT_TRUE(owed_.need(app("web1"), {Cause::Kind::refused, "permission denied"}));
    EXPECT_THAT(reasons(), ElementsAre("app/web1: permission denied")) << "the last answer counts";
    plan({app("web1")});
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_TRUE(owed_.need(app("web1"), no_such_file));
    owed_.note_reloaded({});
    EXPECT_FALSE(owed_.need(app("web1"), no_such_file));
    owed_.note_change(app("web1"));
    EXPECT_TRUE(owed_.need(app("web1"), no_such_file));
    owed_.forget_all();
    EXPECT_THAT(reasons(), IsEmpty());
}

} // namespace
} // namespace hitless::converge
