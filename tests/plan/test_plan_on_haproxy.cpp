#include "plan/live.hpp"
#include "support/http_backend.hpp"

#include <gmock/gmock.h>

#include <ostream>

/// What the planner says a real HAProxy can do, done by a real HAProxy.
namespace hitless::plan {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct ChangeCase {
    std::string_view what;
    std::string_view before;
    std::string_view after;
    int since = 204; ///< the first version that does it without a reload
};

void PrintTo(const ChangeCase& one, std::ostream* out) {
    *out << one.what;
}

class OnHaproxy : public testing::TestWithParam<ChangeCase> {};

TEST_P(OnHaproxy, EveryCommandIsTakenAndHasItsEffect) {
    Live live(GetParam().before);
    EXPECT_THAT(describe(live.plan()), IsEmpty()) << "nothing to do after its start";
    for (const auto after : {GetParam().after, GetParam().before}) {
        live.want(after);
        const Plan plan = live.step();
        if (test::haproxy_version() < GetParam().since) {
            EXPECT_FALSE(plan.obstacles.empty()) << GetParam().what;
            break;
        }
        EXPECT_FALSE(plan.steps.empty()) << GetParam().what;
        EXPECT_THAT(in_words(plan.obstacles), IsEmpty());
        EXPECT_THAT(in_words(plan.problems), IsEmpty());
        EXPECT_THAT(describe(live.plan()), IsEmpty()) << "one plan does it";
        live.delete_leaving();
        EXPECT_THAT(describe(live.plan()), IsEmpty());
    }
}

// Each goes there and back.
INSTANTIATE_TEST_SUITE_P(
    Plan, OnHaproxy,
    testing::Values(
        ChangeCase{"a new server, and one gone", " server x 127.0.0.1:9\n",
                   " server x 127.0.0.1:9\n server y 127.0.0.1:10 weight 256 maxconn 5\n"},
        ChangeCase{"the first of a backend, by a name", "", " server x web.example:9 weight 0\n"},
        ChangeCase{"checks and options of default-server",
                   " default-server check inter 1h fall 2 rise 3 maxconn 4 weight 7\n",
                   " default-server check inter 1h fall 2 rise 3 maxconn 4 weight 7\n"
                   " server x 127.0.0.1:9\n server y 127.0.0.1:9 no-check backup disabled\n",
                   205},
        ChangeCase{"an agent", " server x 127.0.0.1:9\n",
                   " server x 127.0.0.1:9\n"
                   " server y 127.0.0.1:9 agent-check agent-port 9 agent-inter 1h agent-send \"a "
                   "b;c\\\\d<<\"\n",
                   205},
        ChangeCase{"IPv6, no port, a Unix socket", "",
                   " server x [::1]:9\n server y 127.0.0.1\n server z /run/hitless-test.sock\n"
                   " server w ipv4@127.0.0.1:+5\n"},
        ChangeCase{
            "many options", "",
            " server x 127.0.0.1:9 check inter 1h fastinter 1h downinter 1h rise 2 fall 3 port 10 "
            "addr 127.0.0.2 slowstart 10s observe layer7 on-marked-down shutdown-sessions "
            "maxqueue 5 minconn 1 maxconn 9 send-proxy-v2 proxy-v2-options crc32c source 127.0.0.1 "
            "pool-max-conn 7 error-limit 3 on-error fail-check init-addr none id 77\n",
            205},
        ChangeCase{"address and port", " server x 127.0.0.1:9\n", " server x 127.0.0.2:10\n"},
        ChangeCase{"from IPv4 to IPv6", " server x 127.0.0.1:9 check inter 1h\n",
                   " server x [::1]:9 check inter 1h\n"},
        ChangeCase{"an address without a port", " server x 127.0.0.1\n", " server x 127.0.0.2\n"},
        ChangeCase{"a name", " server x 127.0.0.2:9\n", " server x web.example:9\n"},
        ChangeCase{"weight", " server x 127.0.0.1:9 weight 5\n",
                   " server x 127.0.0.1:9 weight 0\n"},
        ChangeCase{"weight with slowstart and check",
                   " server x 127.0.0.1:9 weight 5 slowstart 10s check inter 1h\n",
                   " server x 127.0.0.1:9 weight 256 slowstart 10s check inter 1h\n"},
        ChangeCase{"no weight and back under a static balance",
                   " balance source\n server x 127.0.0.1:9 weight 5\n",
                   " balance source\n server x 127.0.0.1:9 weight 0\n"},
        ChangeCase{"consistent hashing takes servers",
                   " balance uri\n hash-type consistent\n server x 127.0.0.1:9\n",
                   " balance uri\n hash-type consistent\n server x 127.0.0.1:9 weight 9\n"
                   " server y 127.0.0.1:9\n"},
        ChangeCase{"leastconn takes servers", " balance leastconn\n",
                   " balance leastconn\n server y 127.0.0.1:9\n"},
        ChangeCase{"random takes servers", " balance random(2)\n",
                   " balance random(2)\n server y 127.0.0.1:9\n"},
        ChangeCase{"first takes servers", " balance first\n",
                   " balance first\n server y 127.0.0.1:9\n"},
        ChangeCase{"the limit", " server x 127.0.0.1:9 maxconn 5\n", " server x 127.0.0.1:9\n"},
        ChangeCase{"disabled", " server x 127.0.0.1:9 disabled\n", " server x 127.0.0.1:9\n"},
        ChangeCase{"disabled, with a check", " server x 127.0.0.1:9 check inter 1h\n",
                   " server x 127.0.0.1:9 check inter 1h disabled\n"},
        ChangeCase{"the check", " server x 127.0.0.1:9 check inter 1h\n",
                   " server x 127.0.0.1:9\n"},
        ChangeCase{"a swap", " server x 127.0.0.1:9\n server y 127.0.0.2:9\n",
                   " server x 127.0.0.2:9\n server y 127.0.0.1:9\n"},
        ChangeCase{"a rename", " server x 127.0.0.1:9\n", " server y 127.0.0.1:9\n"}));

TEST(PlanOnHaproxy, AStaticBalanceTakesNoServer) {
    Live live(" balance source\n server x 127.0.0.1:9\n");
    live.want(" balance source\n server x 127.0.0.1:9\n server y 127.0.0.1:9\n");
    EXPECT_THAT(in_words(live.plan().obstacles), testing::ElementsAre(HasSubstr("is static")));
    EXPECT_THAT(live.run({"add server app/y 127.0.0.1:9"})[0], HasSubstr("dynamic"));
}

TEST(PlanOnHaproxy, RepairsADrain) {
    Live live(" server x 127.0.0.1:9 check inter 1h\n");
    for (const std::string_view state : {"drain", "maint"}) {
        live.run({fmt::format("set server app/x state {}", state), "disable health app/x",
                  "set server app/x weight 7"});
        live.read();
        EXPECT_EQ(live.step().steps.size(), 1U);
        EXPECT_THAT(describe(live.plan()), IsEmpty());
    }
}

TEST(PlanOnHaproxy, ComesBackWhileItLeaves) {
    Live live(" server x 127.0.0.1:9\n server y 127.0.0.1:9\n");
    live.want(" server x 127.0.0.1:9\n");
    live.step();
    EXPECT_TRUE(live.servers().at("y").leaving);
    live.want(" server x 127.0.0.1:9\n server y 127.0.0.1:10\n");
    live.step();
    EXPECT_FALSE(live.servers().at("y").leaving);
    EXPECT_TRUE(live.servers().at("y").takes_traffic());
}

TEST(PlanOnHaproxy, ReplacesTheOnlyServerWithoutAFailedRequest) {
    const test::HttpBackend web(1);
    const auto line = [&](std::string_view options) {
        return fmt::format(" server x {} {}\n", web.address(0), options);
    };
    Live live(line("check inter 20ms"));
    EXPECT_TRUE(test::wait_until([&] { // its check has passed
        live.read();
        return live.servers().at("x").passed_check();
    }));
    live.want(line("check inter 30ms maxconn 50"));
    if (test::haproxy_version() < 205) { // which deletes no server of its file
        EXPECT_THAT(in_words(live.plan().obstacles), testing::SizeIs(1));
        return;
    }
    int steps = 0;
    EXPECT_TRUE(test::wait_until([&] {
        const Plan plan = live.step();
        steps += plan.steps.empty() ? 0 : 1;
        EXPECT_EQ(live.get().status, 200U);
        live.delete_leaving();
        EXPECT_EQ(live.get().status, 200U);
        return plan.steps.empty() && plan.waiting.empty();
    }));
    EXPECT_EQ(steps, 3);
    EXPECT_THAT(live.servers(), testing::ElementsAre(testing::Key("x")));
}

TEST(PlanOnHaproxy, StartsDownUntilTheCheckPasses) {
    const test::HttpBackend web(1);
    Live live("");
    live.start_down = true;
    live.want(fmt::format(" option httpchk\n server x {} check inter 10ms rise 2 weight 9\n"
                          " server y 127.0.0.1:9 check inter 10ms\n",
                          web.address(0)));
    const Plan plan = live.plan();
    if (test::haproxy_version() < 205) { // which adds no server with a check
        EXPECT_THAT(in_words(plan.obstacles), testing::SizeIs(1));
        return;
    }
    for (const Step& step : plan.steps)
        live.run(step.commands);
    EXPECT_TRUE(test::wait_until([&] {
        live.read();
        return live.servers().at("x").takes_traffic();
    }));
    EXPECT_EQ(live.servers().at("x").weight, 9);
    EXPECT_EQ(live.get().body, "s1");
    // Nobody listens where y is: up from the start, it would have had one chance, and requests.
    EXPECT_FALSE(live.servers().at("y").takes_traffic());
    EXPECT_THAT(live.run({"show stat app 4 -1"})[0], testing::Not(HasSubstr("app,y,0,0,0,1")));
}

TEST(PlanOnHaproxy, StartsDownInASlotToo) {
    const test::HttpBackend web(1);
    const std::string_view backend =
        " balance static-rr\n option httpchk\n default-server check inter 10ms rise 2 weight 9\n";
    Live live(fmt::format("{} server hitless-slot1 127.0.0.1:1 disabled\n"
                          " server hitless-slot2 127.0.0.1:1 disabled\n",
                          backend));
    live.start_down = live.slots = true;
    live.want(fmt::format("{} server x {}\n server y 127.0.0.1:9\n", backend, web.address(0)));
    const Plan plan = live.plan();
    EXPECT_THAT(in_words(plan.obstacles), IsEmpty());
    for (const Step& step : plan.steps)
        live.run(step.commands);
    EXPECT_TRUE(test::wait_until([&] {
        live.read();
        return live.servers().at("hitless-slot1").takes_traffic();
    }));
    EXPECT_EQ(live.servers().at("hitless-slot1").weight, 9);
    EXPECT_EQ(live.get().body, "s1");
    EXPECT_FALSE(live.servers().at("hitless-slot2").takes_traffic());
}

TEST(PlanOnHaproxy, UsesIdleConnectionsAgain) {
    // Servers that are added to HAProxy before 3.0 (and its backports) keep none by themselves.
    const test::HttpBackend web(1);
    Live live(" http-reuse always\n");
    live.want(fmt::format(" http-reuse always\n server x {}\n", web.address(0)));
    live.step();
    EXPECT_EQ(live.get().status, 200U);
    EXPECT_TRUE(test::wait_until([&] {
        // "app/x … used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur": -1 is no limit
        return live.run({"show servers conn app"})[0].find(" -1 1 ") != std::string::npos;
    })) << live.run({"show servers conn app"})[0];
}

} // namespace
} // namespace hitless::plan
