#include "monitor/monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hitless::monitor {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

SiteStatus site() {
    SiteStatus made;
    made.version = "1.2.3";
    made.ready = true;
    made.registry.connected = true;
    ResourceStatus resource;
    resource.dest = "/etc/haproxy/haproxy.cfg";
    resource.kind = "haproxy";
    resource.in_step = true;
    HaproxyStatus haproxy;
    haproxy.socket = "/run/haproxy/admin.sock";
    haproxy.connected = true;
    resource.haproxies.push_back(haproxy);
    made.resources.push_back(resource);
    return made;
}

TEST(Status, HasAStateAndReasons) {
    SiteStatus made = site();
    EXPECT_EQ(state_of(made), "in_step");
    made.resources[0].in_step = false;
    EXPECT_EQ(state_of(made), "working");
    EXPECT_THAT(
        reasons_of(made),
        ::testing::ElementsAre("/etc/haproxy/haproxy.cfg is being brought to what the keys say"));
    made.resources[0].haproxies[0].queued = 3;
    EXPECT_THAT(reasons_of(made), ::testing::ElementsAre("/etc/haproxy/haproxy.cfg: 3 servers "
                                                         "wait for commands"));
    made.registry.trouble = "etcd is away";
    EXPECT_EQ(state_of(made), "degraded");
    EXPECT_THAT(reasons_of(made), ::testing::ElementsAre("etcd is away"));
    EXPECT_TRUE(json::parse(readiness_json(made))["ready"]); // it runs on with what it has
    made.ready = false;
    made.unready = {"the keys have not been read yet"};
    EXPECT_EQ(state_of(made), "starting");
    EXPECT_THAT(readiness_json(made), HasSubstr("the keys have not been read yet"));
    made.ready = true;
    made.ending = true;
    EXPECT_EQ(state_of(made), "ending");
    EXPECT_FALSE(json::parse(readiness_json(made))["ready"]);
}

// Else one place says that all is as the keys say, and another one what is not.
TEST(Status, IsNotInStepWhileAnythingIsNotAsTheKeysSay) {
    SiteStatus left_out = site();
    left_out.resources[0].left_out = {{"/app/servers/web1", "it is no address"}, {"/app/x", "bad"}};
    EXPECT_EQ(state_of(left_out), "degraded");
    EXPECT_THAT(
        reasons_of(left_out),
        ::testing::ElementsAre("/etc/haproxy/haproxy.cfg: 2 keys are left out for bad values"));
    SiteStatus refused = site();
    refused.resources[0].check_refused = "unknown keyword";
    EXPECT_EQ(state_of(refused), "degraded");
    EXPECT_THAT(reasons_of(refused), ::testing::ElementsAre(HasSubstr("check_cmd refuses")));
    SiteStatus owed = site();
    owed.resources[0].in_step = false;
    owed.resources[0].reload.since = Time();
    EXPECT_EQ(state_of(owed), "working");
    EXPECT_THAT(reasons_of(owed),
                ::testing::ElementsAre("/etc/haproxy/haproxy.cfg: a reload is owed"));
    owed.resources[0].reload.obstacles.add({plan::ObjectId::Kind::section, "", "backend app"},
                                           {plan::Cause::Kind::line, "+ retries 4"});
    EXPECT_THAT(reasons_of(owed),
                ::testing::ElementsAre("/etc/haproxy/haproxy.cfg: a reload is owed: backend app: "
                                       "+ retries 4"));
}

TEST(Status, TellsATroubleOnceThoughOnePlaceKnowsMoreOfIt) {
    SiteStatus made = site();
    made.resources.push_back(made.resources[0]);
    made.registry.trouble = "etcd can't be followed: it is away";
    for (ResourceStatus& resource : made.resources)
        resource.troubles = {
            {"registry", made.registry.trouble + "; the keys that were read count"}};
    EXPECT_THAT(reasons_of(made),
                ::testing::ElementsAre("etcd can't be followed: it is away; the keys that were "
                                       "read count"));
    std::swap(made.registry.trouble, made.resources[0].troubles[0].message);
    EXPECT_THAT(reasons_of(made), ::testing::SizeIs(1));
}

TEST(Status, KnowsNoProcessOfAHaproxyThatIsAway) {
    SiteStatus made = site();
    made.resources[0].haproxies[0].connected = false;
    const json away = json::parse(summary_json(made, {}))["resources"][0]["haproxies"][0];
    EXPECT_TRUE(away["pid"].is_null()) << away;
    EXPECT_TRUE(away["version"].is_null()) << away;
    made.resources[0].haproxies[0].pid = 7;
    EXPECT_EQ(json::parse(summary_json(made, {}))["resources"][0]["haproxies"][0]["pid"], 7);
}

TEST(Status, HasTheMembersThatAreDocumented) {
    SiteStatus made = site();
    made.host = "edge1";
    made.registry.applied_index = 17;
    made.resources[0].held =
        HeldStatus{{"app would lose 3 of 4 servers"}, made.now, {{"app", "web1"}}};
    made.resources[0].reload.since = made.now;
    made.resources[0].reload.obstacles.add({plan::ObjectId::Kind::section, "", "backend app"},
                                           {plan::Cause::Kind::line, "- balance source"});
    made.resources[0].reload.obstacles.add({plan::ObjectId::Kind::section, "", "backend app"},
                                           {plan::Cause::Kind::line, "+ balance leastconn"});
    made.resources[0].left_out = {{"/app/servers/bad",
                                   "key /app/servers/bad = 'x y' is bad",
                                   "server app/bad",
                                   true,
                                   {"app", "bad"}},
                                  {"/app/mode", "bad"}};
    Changes changes(made.now);
    changes.add({});
    const std::vector<FleetText> fleets = {{{"app", {{"web1", R"({"name":"web1"})"}}}}};
    const json status = json::parse(status_json(made, {}, fleets, changes.all()));
    for (const char* const name :
         {"format", "program", "version", "pid", "started", "now", "state", "ready", "reasons",
          "registry", "resources", "propagation", "changes"})
        EXPECT_TRUE(status.contains(name)) << name;
    const json& resource = status["resources"][0];
    EXPECT_EQ(resource["haproxies"][0]["backends"][0]["servers"][0]["name"], "web1");
    EXPECT_EQ(resource["held"]["why"], "app would lose 3 of 4 servers");
    EXPECT_EQ(resource["left_out"][0]["why"], "key /app/servers/bad = '…' is bad");
    EXPECT_EQ(resource["left_out"][0]["what"], "server app/bad");
    EXPECT_EQ(resource["left_out"][0]["hidden"], true);
    EXPECT_EQ(resource["left_out"][0]["object"],
              json::parse(R"({"kind":"server","scope":"app","name":"bad"})"));
    EXPECT_EQ(resource["left_out"][1]["object"], nullptr);
    EXPECT_EQ(resource["held"]["objects"],
              json::parse(R"([{"kind":"server","scope":"app","name":"web1"}])"));
    EXPECT_EQ(resource["reload"]["owed"], true);
    EXPECT_EQ(resource["reload"]["obstacles"][0]["words"],
              "backend app: - balance source; backend app: + balance leastconn");
    EXPECT_EQ(resource["reload"]["obstacles"][0]["causes"][0]["kind"], "line");
    EXPECT_TRUE(status["propagation"]["buckets"].back()["le_ms"].is_null());
    const std::string summary = summary_json(made, {});
    EXPECT_FALSE(json::parse(summary).contains("changes"));
    EXPECT_THAT(summary, Not(HasSubstr("backends")));
}

TEST(Status, SummariesAreComparedWithoutTheTime) {
    SiteStatus made = site();
    const std::string one = without_now(summary_json(made, {}));
    made.now += std::chrono::seconds(5);
    EXPECT_EQ(without_now(summary_json(made, {})), one);
    made.registry.index = 7;
    EXPECT_NE(without_now(summary_json(made, {})), one);
}

TEST(Status, SetsGauges) {
    SiteStatus made = site();
    made.resources[0].servers_wanted = 5;
    made.resources[0].haproxies[0].servers = {0, 4, 1, 2, 0};
    made.resources[0].check_refused = "no";
    made.resources[0].reload.since = Time(std::chrono::seconds(17));
    Metrics metrics("");
    set_gauges(metrics, made);
    const std::string text = metrics.text();
    for (const char* const line :
         {"hitless_ready 1\n", "hitless_servers_wanted 5\n", "hitless_servers_running 4\n",
          "hitless_servers_differing 1\n", "hitless_servers_draining 2\n",
          "hitless_config_rejected 1\n", "hitless_reload_owed 1\n",
          "hitless_reload_owed_since_timestamp_seconds 17\n",
          "hitless_haproxy_up{socket=\"/run/haproxy/admin.sock\"} 1\n"})
        EXPECT_THAT(text, HasSubstr(line));
    made.resources.clear();
    set_gauges(metrics, made);
    EXPECT_THAT(metrics.text(), HasSubstr("hitless_reload_owed_since_timestamp_seconds 0\n"));
    EXPECT_THAT(metrics.text(), Not(HasSubstr("admin.sock")));
}

} // namespace
} // namespace hitless::monitor
