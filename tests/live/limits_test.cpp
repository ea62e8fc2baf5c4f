// Limits as a kind of live objects.
#include "live/claims.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>
#include <string>

namespace hitless::live {
namespace {

using plan::parse;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string web = "frontend web\n";
const std::string listens = "listen l\n";

class LimitClaims : public testing::TestWithParam<ClaimCase> {};

TEST_P(LimitClaims, AreTheLinesOfLimits) {
    expect_claims(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Limits, LimitClaims,
    testing::Values(
        ClaimCase{"a frontend's",
                  web + " maxconn 5\n",
                  web + " maxconn 6\n",
                  {"maxconn of frontend web"}},
        ClaimCase{"a new one", web, web + " maxconn 6\n", {"maxconn of frontend web"}},
        ClaimCase{"one that goes", web + " maxconn 6\n", web, {"maxconn of frontend web"}},
        ClaimCase{"a listen's",
                  listens + " maxconn 5\n",
                  listens + " maxconn 6\n",
                  {"maxconn of frontend l"}},
        ClaimCase{"the global one is about those without one as well",
                  "global\n maxconn 5\n" + web + listens,
                  "global\n maxconn 6\n" + web + listens,
                  {"global maxconn", "maxconn of frontend l", "maxconn of frontend web"}},
        ClaimCase{"that of the defaults",
                  "defaults\n maxconn 5\n" + web,
                  "defaults\n maxconn 6\n" + web,
                  {"global maxconn", "maxconn of frontend web"}},
        ClaimCase{"a rate",
                  "global\n maxconnrate 5\n",
                  "global\n maxsslrate 5\n",
                  {"global maxconnrate", "global maxsslrate"}},
        ClaimCase{"a rate twice, of which HAProxy takes the first",
                  "global\n maxconnrate 5\n",
                  "global\n maxconnrate 5\n maxconnrate 6\n",
                  {},
                  {"+ maxconnrate 6"}},
        ClaimCase{"a rate that is none",
                  "global\n maxsessrate 5\n",
                  "global\n maxsessrate -5\n",
                  {},
                  {"- maxsessrate 5", "+ maxsessrate -5"}},
        ClaimCase{"no rate of a frontend", web + " maxconnrate 5\n", web, {}, {"- maxconnrate 5"}},
        ClaimCase{"others beside it stay",
                  web + " maxconn 5\n bind :1\n",
                  web + " maxconn 6\n bind :2\n",
                  {"maxconn of frontend web"},
                  {"- bind :1", "+ bind :2"}},
        ClaimCase{"in quotes it is the same", web + " maxconn 5\n", web + " maxconn \"5\"\n", {}},
        ClaimCase{"no number",
                  web + " maxconn 5\n",
                  web + " maxconn x\n",
                  {},
                  {"- maxconn 5", "+ maxconn x"}},
        ClaimCase{"none at all",
                  web + " maxconn 5\n",
                  web + " maxconn\n",
                  {},
                  {"- maxconn 5", "+ maxconn"}},
        ClaimCase{"no limit",
                  web + " maxconn 5\n",
                  web + " maxconn 0\n",
                  {},
                  {"- maxconn 5", "+ maxconn 0"}},
        ClaimCase{"too many words",
                  web + " maxconn 5\n",
                  web + " maxconn 6 7\n",
                  {},
                  {"- maxconn 5", "+ maxconn 6 7"}},
        ClaimCase{"a variable",
                  web + " maxconn 5\n",
                  web + " maxconn \"$N\"\n",
                  {},
                  {"- maxconn 5", "+ maxconn \"$N\""}},
        ClaimCase{"a condition",
                  web + " maxconn 5\n",
                  web + " .if defined(X)\n maxconn 6\n .endif\n",
                  {},
                  {"- maxconn 5", "+ .if defined(X)", "+ maxconn 6", "+ .endif"}},
        ClaimCase{"a line that a variable makes",
                  web + " maxconn 5\n \"$LINE\"\n",
                  web + " maxconn 6\n \"$LINE\"\n",
                  {},
                  {"- maxconn 5", "+ maxconn 6"}},
        ClaimCase{"a backend's has no effect",
                  "backend b\n maxconn 5\n",
                  "backend b\n",
                  {},
                  {"- maxconn 5"}},
        ClaimCase{"a new frontend", "global\n", "global\n" + web + " maxconn 5\n", {}, {""}}));

struct PlanCase {
    std::string what;
    std::string started;
    std::string wanted;
    long global; ///< what HAProxy has
    long hard;
    std::optional<long> web; ///< nullopt: it has no such frontend
    std::vector<std::string> commands;
    std::vector<std::string> reasons = {};
};

class LimitPlans : public testing::TestWithParam<PlanCase> {};

plan::Plan plan_of(const std::string& started, const std::string& wanted, Observed& observed) {
    const haproxy::Config before = parse(started);
    const haproxy::Config after = parse(wanted);
    const auto info = plan::version(2, 6);
    const plan::Names names;
    const Kind& limits = *find_kind(ObjectId::Kind::limit);
    return make_plan({before, after, {}, observed, info, names}, limits.all(after, {}, observed));
}

Observed observed_of(const PlanCase& one) {
    Observed observed;
    observed.limits.global = one.global;
    observed.limits.hard = one.hard;
    if (one.web)
        observed.limits.frontends["web"] = *one.web;
    return observed;
}

TEST_P(LimitPlans, GiveTheCommands) {
    const auto& [what, started, wanted, global, hard, limit, commands, reasons] = GetParam();
    Observed observed = observed_of(GetParam());
    const plan::Plan plan = plan_of(started, wanted, observed);
    EXPECT_THAT(plan::commands(plan), ElementsAreArray(commands)) << what;
    EXPECT_THAT(in_words(plan.obstacles), ElementsAreArray(reasons)) << what;
    // What was done is not done again.
    for (const plan::Step& step : plan.steps)
        note_done(step, observed);
    EXPECT_THAT(plan_of(started, wanted, observed).steps, IsEmpty()) << what;
}

const std::string web5 = web + " maxconn 5\n";
const std::string web6 = web + " maxconn 6\n";
const std::string global300 = "global\n maxconn 300\n";
const std::string global200 = "global\n maxconn 200\n";
const std::string shares = "backend b\n server x 10.0.0.1:80 minconn 2 maxconn 9\n";
const std::string why_shares = "HAProxy works out the fullconn of backend b from it when it "
                               "starts, of which the minconn of its servers is a share";

INSTANTIATE_TEST_SUITE_P(
    Limits, LimitPlans,
    testing::Values(
        PlanCase{"nothing", web5, web5, 900, 900, 5, {}},
        PlanCase{"a frontend's", web5, web6, 900, 900, 5, {"set maxconn frontend web 6"}},
        PlanCase{"it has it already", web5, web6, 900, 900, 6, {}},
        PlanCase{
            "somebody has changed it", web5, web5, 900, 900, 7, {"set maxconn frontend web 5"}},
        PlanCase{"a frontend that comes with a reload", "global\n", web6, 900, 900, {}, {}},
        PlanCase{"a new line", web, web6, 900, 900, 900, {"set maxconn frontend web 6"}},
        PlanCase{"a line that goes", web5, web, 900, 900, 5, {"set maxconn frontend web 900"}},
        PlanCase{"the defaults'",
                 "defaults\n maxconn 5\n" + web,
                 "defaults\n maxconn 6\n" + web,
                 900,
                 900,
                 5,
                 {"set maxconn frontend web 6"}},
        PlanCase{"its own counts more",
                 "defaults\n maxconn 5\n" + web6,
                 "defaults\n maxconn 7\n" + web6,
                 900,
                 900,
                 6,
                 {}},
        PlanCase{"what a flag may have set", web, web, 900, 900, 50, {}},
        PlanCase{"a global one without a line that somebody has changed",
                 web5,
                 web5,
                 100,
                 900,
                 5,
                 {"set maxconn global 900"}},
        PlanCase{"the global one",
                 global300 + web5,
                 global200 + web5,
                 300,
                 300,
                 5,
                 {"set maxconn global 200"}},
        PlanCase{"and what has none of its own",
                 global300 + web,
                 global200 + web,
                 300,
                 300,
                 300,
                 {"set maxconn global 200", "set maxconn frontend web 200"}},
        PlanCase{"back to more",
                 global300 + web5,
                 global300 + web5,
                 200,
                 300,
                 5,
                 {"set maxconn global 300"}},
        PlanCase{"more than it was started for",
                 global200 + web5,
                 global300 + web5,
                 200,
                 200,
                 5,
                 {},
                 {"global maxconn: 300 are wanted, and HAProxy was started for 200 at most"}},
        PlanCase{"no line any more",
                 global300 + web5,
                 "global\n" + web5,
                 300,
                 300,
                 5,
                 {},
                 {"global maxconn: only a HAProxy that starts works out how many it can have"}},
        PlanCase{"as a flag has it", global200 + web5, global200 + web5, 500, 500, 5, {}},
        PlanCase{"less than its line says", global300 + web5, global300 + web5, 100, 100, 5, {}},
        PlanCase{"servers with shares",
                 web5 + shares,
                 web6 + shares,
                 900,
                 900,
                 5,
                 {},
                 {"maxconn of frontend web: " + why_shares}},
        PlanCase{"also where it was changed before they came",
                 web5,
                 web6 + shares,
                 900,
                 900,
                 6,
                 {},
                 {"maxconn of frontend web: " + why_shares}},
        PlanCase{"they are set back all the same",
                 web5 + shares,
                 web5 + shares,
                 900,
                 900,
                 7,
                 {"set maxconn frontend web 5"}},
        PlanCase{"with a fullconn of their own",
                 web5 + shares + " fullconn 9\n",
                 web6 + shares + " fullconn 9\n",
                 900,
                 900,
                 5,
                 {"set maxconn frontend web 6"}},
        PlanCase{"pipes",
                 web5 + " option splice-auto\n",
                 web6 + " option splice-auto\n",
                 900,
                 900,
                 5,
                 {},
                 {"maxconn of frontend web: HAProxy works out from it when it starts how many "
                  "pipes 'option splice-…' may have"}},
        PlanCase{"not read yet", web5, web6, 0, 0, 5, {}}));

TEST(Limits, OfRatesAreWhatTheLinesSay) {
    Observed observed;
    observed.limits.global = observed.limits.hard = 900;
    observed.limits.rates = {
        {"maxcomprate", 0}, {"maxconnrate", 5}, {"maxsessrate", 6}, {"maxsslrate", 0}};
    const std::string before = "global\n maxconnrate 5\n maxsessrate 6\n";
    EXPECT_THAT(plan_of(before, before, observed).steps, IsEmpty());
    const std::string after = "global\n maxconnrate 7\n maxcomprate 9\n maxsslrate 0\n";
    const plan::Plan plan = plan_of(before, after, observed);
    EXPECT_THAT(plan::commands(plan), ElementsAre("set rate-limit http-compression global 9",
                                                  "set rate-limit connections global 7",
                                                  "set rate-limit sessions global 0"));
    EXPECT_EQ(plan.steps.back().detail, "maxsessrate 6 → none");
    EXPECT_THAT(in_words(plan.obstacles), IsEmpty());
    for (const plan::Step& step : plan.steps) {
        EXPECT_TRUE(find_kind(ObjectId::Kind::limit)->is_told(step.object));
        note_done(step, observed);
    }
    EXPECT_THAT(plan_of(before, after, observed).steps, IsEmpty());
    observed.limits.rates["maxsslrate"] = 3; // somebody has typed it
    EXPECT_THAT(plan::commands(plan_of(before, after, observed)),
                ElementsAre("set rate-limit ssl-sessions global 0"));
    EXPECT_THAT(plan_of(before,
                        "global\n .if 1\n maxsslrate 5\n .endif\n maxconnrate 7\n "
                        "maxcomprate 9\n",
                        observed)
                    .steps,
                IsEmpty())
        << "only HAProxy can tell";
}

TEST(Limits, ChangedLiveAndBackAgainAreSet) {
    Observed observed;
    observed.limits.global = observed.limits.hard = 900;
    observed.limits.frontends["web"] = 900;
    for (const plan::Step& step : plan_of(web, global300 + web6, observed).steps)
        note_done(step, observed);
    EXPECT_EQ(observed.limits.global, 300);
    EXPECT_EQ(observed.limits.frontends["web"], 6);
    EXPECT_THAT(plan::commands(plan_of(web, web, observed)),
                ElementsAre("set maxconn global 900", "set maxconn frontend web 900"));
}

/// The file says it, and perhaps nobody has told HAProxy.
TEST(Limits, InDoubtAreSet) {
    Observed observed;
    observed.limits.global = observed.limits.hard = 300;
    observed.limits.frontends["web"] = 5;
    EXPECT_THAT(plan_of(global200 + web, global200 + web, observed).steps, IsEmpty());
    adopt(parse(global200 + web),
          {{ObjectId::Kind::limit, "", "maxconn"}, {ObjectId::Kind::limit, "web", "maxconn"}},
          observed);
    EXPECT_THAT(plan::commands(plan_of(global200 + web, global200 + web, observed)),
                ElementsAre("set maxconn global 200", "set maxconn frontend web 200"));
}

TEST(Limits, AreReadFromHaproxysAnswers) {
    const Kind& kind = *find_kind(ObjectId::Kind::limit);
    EXPECT_THAT(haproxy::lines_of(kind.questions({"web"})),
                ElementsAre("show info", "show stat -1 1 -1"));
    Observed observed;
    observed.limits.changed = {{ObjectId::Kind::limit, "web", "maxconn"}};
    const std::vector<std::string> answers = {
        "Name: HAProxy\nVersion: 2.6.12\nPid: 7\nUptime_sec: 9\nMaxconn: 200\nHard_maxconn: 300\n"
        "ConnRateLimit: 4\nCompressBpsRateLim: 2048\n",
        "# pxname,svname,slim,type\nweb,FRONTEND,50,0\nl,FRONTEND,7,0\n"};
    ASSERT_TRUE(kind.take({}, answers, observed));
    EXPECT_EQ(observed.limits.global, 200);
    EXPECT_EQ(observed.limits.hard, 300);
    EXPECT_EQ(observed.limits.frontends,
              (std::map<std::string, long, std::less<>>{{"l", 7}, {"web", 50}}));
    EXPECT_EQ(observed.limits.rates,
              (std::map<std::string, long, std::less<>>{{"maxcomprate", 2}, {"maxconnrate", 4}}));
    EXPECT_EQ(observed.limits.changed.size(), 1U) << "HAProxy doesn't tell that";
    for (const std::vector<std::string>& bad :
         {std::vector<std::string>{"x", answers[1]}, {answers[0], "x"}, {answers[0], ""}})
        EXPECT_FALSE(kind.take({}, bad, observed));
}

/// Nobody knows whether HAProxy has it by its flag -N.
TEST(Limits, WithoutALineAreSetBackToWhatTheyWereAtFirst) {
    const Kind& kind = *find_kind(ObjectId::Kind::limit);
    Observed observed;
    const auto read = [&](const std::string& limit, int uptime = 9) {
        const std::vector<std::string> answers = {
            fmt::format("Name: HAProxy\nVersion: 2.6.12\nPid: 7\nUptime_sec: {}\nMaxconn: 900\n"
                        "Hard_maxconn: 900\n",
                        uptime),
            "# pxname,svname,slim,type\nweb,FRONTEND," + limit + ",0\n"};
        ASSERT_TRUE(kind.take({}, answers, observed));
    };
    read("70");
    EXPECT_THAT(plan_of(web, web, observed).steps, IsEmpty());
    for (const std::string typed : {"6", "900"}) {
        read(typed);
        EXPECT_THAT(plan::commands(plan_of(web, web, observed)),
                    ElementsAre("set maxconn frontend web 70"));
    }
    read("70");
    EXPECT_THAT(plan::commands(plan_of(web, web6, observed)),
                ElementsAre("set maxconn frontend web 6"));
    EXPECT_THAT(plan::commands(plan_of(web, web, observed)),
                ElementsAre("set maxconn frontend web 900"))
        << "a line was there: it is what a fresh start gives";
    observed.forget_process();
    read("50");
    EXPECT_THAT(plan_of(web, web, observed).steps, IsEmpty());
    // Somebody may have typed that before hitlessd was started: it is not defended.
    observed.forget_process();
    read("60", 3'600);
    read("500", 3'610);
    EXPECT_THAT(plan_of(web, web, observed).steps, IsEmpty());
}

TEST(Limits, OfANameThatIsNoNameAreLeftAlone) {
    Observed observed;
    observed.limits.global = observed.limits.hard = 900;
    observed.limits.frontends["a;b"] = 5;
    EXPECT_THAT(plan_of("frontend a;b\n maxconn 5\n", "frontend a;b\n maxconn 6\n", observed).steps,
                IsEmpty());
}

} // namespace
} // namespace hitless::live
