#include "daemon/owed_reload.hpp"

#include <gmock/gmock.h>

#include <utility>

namespace hitless::daemon {
namespace {

using plan::ServerChange;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;

ServerChange app(std::string server) {
    return {"app", std::move(server)};
}

class OwedReloads : public testing::Test {
  protected:
    OwedReload::Verdict plan(const std::vector<ServerChange>& servers,
                             std::vector<std::string> reasons = {}) {
        plan::Plan plan;
        plan.reload_reasons = std::move(reasons);
        return owed_.note_plan(servers, plan);
    }

    /// A plan for the server, with commands for the one of that name.
    void plan_command(const ServerChange& server, const std::string& running_name) {
        plan::Plan plan;
        plan.actions.emplace_back();
        plan.actions.back().backend = server.backend;
        plan.actions.back().server = running_name;
        (void)owed_.note_plan(std::vector{server}, plan);
    }

    [[nodiscard]] std::vector<std::string> reasons() const { return owed_.reasons(10); }

    OwedReload owed_;
};

TEST_F(OwedReloads, GoWithTheServer) {
    EXPECT_THAT(plan({app("web1")}, {"app/web1: static"}).plan_again, IsEmpty());
    EXPECT_THAT(reasons(), ElementsAre("app/web1: static"));
    EXPECT_THAT(plan({app("web2"), {"other", "web1"}}).plan_again, IsEmpty());
    EXPECT_THAT(reasons(), ElementsAre("app/web1: static"));
    plan({app("web1")});
    EXPECT_THAT(reasons(), IsEmpty());
}

/// A plan names one of three. When that one goes, the other two still need the reload.
TEST_F(OwedReloads, AreNotForgottenWithTheServerThatIsNamed) {
    plan({app("web1"), app("web2"), app("web3"), app("web4")}, {"app/web2: static (and 1 more)"});
    EXPECT_THAT(reasons(), ElementsAre("app/web2: static (and 1 more)"));
    const auto verdict = plan({app("web2")});
    EXPECT_THAT(reasons(), ElementsAre("app/web3: static (and 1 more)"));
    EXPECT_THAT(verdict.plan_again, ElementsAre(app("web3"), app("web4")));
    EXPECT_THAT(plan(verdict.plan_again, {"app/web4: static"}).plan_again, IsEmpty());
    EXPECT_THAT(reasons(), ElementsAre("app/web4: static"));
    EXPECT_THAT(plan({app("web4")}).plan_again, IsEmpty());
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(OwedReloads, EndWithAPlanForTheOthersThatHasNone) {
    plan({app("web1"), app("web2")}, {"app/web1: static (and 1 more)"});
    EXPECT_THAT(plan({app("web1")}).plan_again, ElementsAre(app("web2")));
    plan({app("web2")});
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(OwedReloads, AreHopelessWhenAReloadDoesNotHelp) {
    plan({app("web1"), app("web2")}, {"app/web1: static (and 1 more)"});
    owed_.note_reloaded({});
    EXPECT_THAT(reasons(), IsEmpty());
    const auto verdict = plan({app("web1"), app("web2")}, {"app/web1: static (and 1 more)"});
    EXPECT_THAT(verdict.hopeless, ElementsAre(Key(app("web1"))));
    EXPECT_THAT(verdict.plan_again, IsEmpty());
    EXPECT_THAT(reasons(), IsEmpty());
    // Another reason is worth another try, and so is another line.
    plan({app("web1")}, {"app/web1: another"});
    EXPECT_THAT(reasons(), ElementsAre("app/web1: another"));
    owed_.note_change(app("web2"));
    EXPECT_THAT(plan({app("web2")}, {"app/web2: static"}).hopeless, IsEmpty());
    EXPECT_THAT(reasons(), ElementsAre("app/web1: another", "app/web2: static"));
}

/// Behind one for which nothing helps there may be one that is new.
TEST_F(OwedReloads, OfANewServerAreFoundBehindAHopelessOne) {
    plan({app("web1")}, {"app/web1: static"});
    owed_.note_reloaded({});
    const auto verdict = plan({app("web1"), app("web2")}, {"app/web1: static (and 1 more)"});
    EXPECT_THAT(verdict.plan_again, ElementsAre(app("web2")));
    EXPECT_FALSE(reasons().empty()) << "owed until it is known";
    plan(verdict.plan_again, {"app/web2: static"});
    EXPECT_THAT(reasons(), ElementsAre("app/web2: static"));
}

TEST_F(OwedReloads, OfServersThatCameMeanwhileAreNotHopeless) {
    plan({app("web1"), app("web2")}, {"app/web1: static (and 1 more)"});
    owed_.note_reloaded({{app("web2")}, {}});
    EXPECT_THAT(plan({app("web2")}, {"app/web2: static"}).hopeless, IsEmpty());
    EXPECT_THAT(reasons(), ElementsAre("app/web2: static"));
    owed_.note_reloaded({{}, {{"backend app", "+ mode tcp"}}});
    EXPECT_THAT(plan({app("web2")}, {"app/web2: static"}).hopeless, IsEmpty());
}

/// What HAProxy has refused is tried again, and owed all that time: it must not be told as settled
/// in between.
TEST_F(OwedReloads, OfARefusedServerLastUntilNothingIsLeftToDo) {
    EXPECT_TRUE(owed_.need(app("web1"), "no such file"));
    EXPECT_THAT(reasons(), ElementsAre("app/web1: no such file"));
    plan_command(app("web1"), "web1");
    EXPECT_THAT(reasons(), ElementsAre("app/web1: no such file"));
    plan_command(app("web1"), "web1:next");
    EXPECT_THAT(reasons(), ElementsAre("app/web1: no such file"));
    plan({app("web1")});
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_TRUE(owed_.need(app("web1"), "no such file"));
    owed_.note_reloaded({});
    EXPECT_FALSE(owed_.need(app("web1"), "no such file"));
    owed_.note_change(app("web1"));
    EXPECT_TRUE(owed_.need(app("web1"), "no such file"));
    owed_.forget_all();
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(OwedReloads, AreCountedWhenTheyAreMany) {
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(owed_.need(app("web" + std::to_string(i)), "refused"));
    EXPECT_THAT(owed_.reasons(2),
                ElementsAre("app/web0: refused", "app/web1: refused", "and 3 reasons more"));
}

TEST_F(OwedReloads, AreReadFromAnyText) {
    plan({}, {"app/web1", "a:b/web: x: y (and more)", "app/w: z (and 99 more)"});
    EXPECT_THAT(reasons(), testing::UnorderedElementsAre("app/web1: ", "a:b/web: x: y (and more)",
                                                         "app/w: z (and 99 more)"));
}

} // namespace
} // namespace hitless::daemon
