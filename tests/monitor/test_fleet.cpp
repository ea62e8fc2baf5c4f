#include "monitor/fleet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hitless::monitor {
namespace {

using haproxy::RunningServer;
using nlohmann::json;

const Time now{std::chrono::seconds(1'800'000'000)};

haproxy::Config config(const std::string& servers) {
    auto parsed = haproxy::Config::parse("global\ndefaults\nbackend app\n" + servers);
    return *parsed;
}

RunningServer running(const std::string& address, std::uint16_t port) {
    RunningServer server;
    server.address = address;
    server.port = port;
    server.operational = 2;
    return server;
}

/// The one server of the one backend.
json only(const Fleet& fleet) {
    const FleetText text = text_of(fleet);
    EXPECT_EQ(text.size(), 1U);
    EXPECT_EQ(text.at(0).servers.size(), 1U);
    return json::parse(text.at(0).servers.at(0).json);
}

Fleet fleet(const std::string& line, const RunningServer& server) {
    Fleet made;
    made.wanted = config(line);
    made.running["app"]["web1"] = server;
    return made;
}

TEST(Fleet, AServerThatIsAsItIsWanted) {
    Fleet made = fleet("server web1 10.0.0.1:80 weight 5\n", running("10.0.0.1", 80));
    made.running["app"]["web1"].weight = 5;
    made.keys = std::make_shared<const KeysOfServers>(
        KeysOfServers{{{"app", "web1"}, "/app/servers/web1"}});
    const json server = only(made);
    EXPECT_EQ(server["name"], "web1");
    EXPECT_EQ(server["wanted"],
              json({{"address", "10.0.0.1:80"}, {"weight", 5}, {"state", "ready"}}));
    EXPECT_EQ(server["running"]["address"], "10.0.0.1:80");
    EXPECT_EQ(server["running"]["state"], "no check");
    EXPECT_TRUE(server["running"]["sessions"].is_null());
    EXPECT_TRUE(server["differs"].is_null());
    EXPECT_EQ(server["key"], "/app/servers/web1");
}

TEST(Fleet, SaysHowAServerDiffers) {
    struct Case {
        std::string line;
        std::function<void(RunningServer&)> change;
        std::string differs;
    };
    const Case cases[] = {
        {"server web1 10.0.0.2:80\n", [](auto&) {}, "it is at 10.0.0.1:80, not at 10.0.0.2:80"},
        {"server web1 10.0.0.1:80 weight 7\n", [](auto&) {}, "its weight is 1, not 7"},
        {"server web1 10.0.0.1:80\n", [](auto& server) { server.admin_state = 1; },
         "it is in maintenance"},
        {"server web1 10.0.0.1:80\n", [](auto& server) { server.admin_state = 8; },
         "it is drained"},
        {"server web1 10.0.0.1:80\n", [](auto& server) { server.leaving = true; },
         "it leaves before it can come again"},
    };
    for (const Case& each : cases) {
        Fleet made = fleet(each.line, running("10.0.0.1", 80));
        each.change(made.running["app"]["web1"]);
        EXPECT_EQ(only(made)["differs"], each.differs) << each.line;
    }
    Fleet held = fleet("server web1 10.0.0.1:80\n", running("10.0.0.1", 80));
    held.running["app"]["web1"].admin_state = 8;
    held.by_hand[{"app", "web1"}] = {"drain", now, "new disk"};
    EXPECT_TRUE(only(held)["differs"].is_null());
    EXPECT_EQ(only(held)["by_hand"]["because"], "new disk");
}

TEST(Fleet, ServersThatOnlyOneSideHas) {
    Fleet wanted;
    wanted.wanted = config("server web1 10.0.0.1:80\n");
    EXPECT_EQ(only(wanted)["differs"], "HAProxy doesn't have it");
    EXPECT_TRUE(only(wanted)["running"].is_null());
    Fleet left = fleet("", running("10.0.0.1", 80));
    EXPECT_EQ(only(left)["differs"], "it isn't wanted");
    left.running["app"]["web1"].leaving = true;
    left.leaving[{"app", "web1"}] = {now, now + std::chrono::seconds(30)};
    EXPECT_TRUE(only(left)["differs"].is_null());
    EXPECT_EQ(only(left)["leaving"]["until"], "2027-01-15T08:00:30.000Z");
}

TEST(Fleet, AServerInASparePlaceHasItsOwnName) {
    Fleet made;
    made.wanted = config("server web1 10.0.0.1:80\n");
    RunningServer slot = running("10.0.0.1", 80);
    slot.serves = "web1";
    made.running["app"]["hitless-slot1"] = slot;
    RunningServer unused = running("127.0.0.1", 1);
    unused.admin_state = RunningServer::forced_maintenance;
    made.running["app"]["hitless-slot2"] = unused;
    EXPECT_EQ(only(made)["serves_in"], "hitless-slot1");
    EXPECT_TRUE(only(made)["differs"].is_null());
}

std::vector<haproxy::StatRow> rows(const std::string& status, const std::string& changed) {
    return *haproxy::parse_stat("# pxname,svname,qcur,scur,status,lastchg,check_status,type,\n"
                                "app,web1,1,3," +
                                status + "," + changed + ",L7OK,2,\napp,BACKEND,0,3,UP,9,,1,\n");
}

TEST(Fleet, TakesSessionsAndStatesFromTheStatistics) {
    Fleet made = fleet("server web1 10.0.0.1:80 check\n", running("10.0.0.1", 80));
    made.statistics =
        std::make_shared<const Statistics>(statistics_of(rows("DOWN 1/2", "60"), now, nullptr));
    const json server = only(made)["running"];
    EXPECT_EQ(server["state"], "down");
    EXPECT_EQ(server["sessions"], 3);
    EXPECT_EQ(server["queue"], 1);
    EXPECT_EQ(server["last_check"], "L7OK");
    EXPECT_EQ(server["since"], "2027-01-15T07:59:00.000Z");
    // A command that was sent after they were read.
    made.running["app"]["web1"].admin_state = RunningServer::forced_maintenance;
    EXPECT_EQ(only(made)["running"]["state"], "maint");
}

TEST(Fleet, ABeginningDoesNotMoveToAndFro) {
    const Statistics first = statistics_of(rows("UP", "10"), now, nullptr);
    const Statistics second =
        statistics_of(rows("UP", "11"), now + std::chrono::milliseconds(1'900), &first);
    EXPECT_EQ(second.servers.at({"app", "web1"}).since, first.servers.at({"app", "web1"}).since);
    const Statistics third =
        statistics_of(rows("DOWN", "0"), now + std::chrono::seconds(4), &second);
    EXPECT_EQ(third.servers.at({"app", "web1"}).since, now + std::chrono::seconds(4));
}

TEST(Fleet, EventsHaveWhatDiffers) {
    const FleetText before = {{"app", {{"a", "1"}, {"b", "2"}, {"d", "4"}}}, {"old", {{"x", "1"}}}};
    const FleetText after = {{"app", {{"a", "1"}, {"b", "9"}, {"c", "3"}}}, {"new", {}}};
    EXPECT_EQ(servers_event("cfg", "sock", &before, before), "");
    EXPECT_EQ(json::parse(servers_event("cfg", "sock", &before, after)), json::parse(R"(
        {"resource": "cfg", "haproxy": "sock", "whole": false, "backends": [
          {"name": "app", "servers": [9, 3], "gone": ["d"]},
          {"name": "new", "servers": [], "gone": []},
          {"name": "old", "servers": [], "gone": ["x"]}]})"));
    EXPECT_EQ(json::parse(servers_event("cfg", "sock", nullptr, after)), json::parse(R"(
        {"resource": "cfg", "haproxy": "sock", "whole": true, "backends": [
          {"name": "app", "servers": [1, 9, 3], "gone": []},
          {"name": "new", "servers": [], "gone": []}]})"));
}

} // namespace
} // namespace hitless::monitor
