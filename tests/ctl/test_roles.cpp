#include "ctl/roles.hpp"
#include "ctl/statistics.hpp"

#include <gtest/gtest.h>

namespace hitless::ctl {
namespace {

using haproxy::RunningServer;
using test::running;

TEST(Roles, OfSlots) {
    const auto file = haproxy::Config::parse("backend app\n server web9 10.0.0.1:80\n"
                                             " server hitless-slot1 127.0.0.1:1 disabled\n"
                                             " server hitless-slot2 127.0.0.1:1 disabled\n")
                          .value();
    haproxy::Running servers = running("app", "hitless-slot1");
    servers["app"]["hitless-slot2"] =
        running("app", "x", RunningServer::forced_maintenance)["app"]["x"];
    const Roles roles(servers, file, true);
    EXPECT_EQ(roles.of("app", "hitless-slot1").text(), "slot for web9");
    EXPECT_EQ(roles.of("app", "hitless-slot2").text(), "spare");
    EXPECT_EQ(roles.running_name("app", "web9"), "hitless-slot1");
    EXPECT_EQ(roles.running_name("app", "other"), "other");
    EXPECT_EQ(roles.running_name("nowhere", "web9"), "web9");
}

TEST(Roles, OfServersOnTheirWay) {
    const auto file = haproxy::Config::parse("backend app\n server web1 10.0.0.1:80\n").value();
    constexpr unsigned maintenance = RunningServer::forced_maintenance;
    const auto role = [&](const std::string& server, unsigned state, bool managed = true) {
        return Roles(running("app", server, state), file, managed).of("app", server).text();
    };
    EXPECT_EQ(role("web1", 0), "");
    EXPECT_EQ(role("web1", maintenance), "") << "it has a line";
    EXPECT_EQ(role("web1:next", 0), "stands in for web1");
    EXPECT_EQ(role("web1:next", maintenance), "leaving");
    EXPECT_EQ(role("web2", maintenance), "leaving");
    EXPECT_EQ(role("web2", 0), "");
    EXPECT_EQ(role("web2", maintenance, false), "") << "someone else's";
    EXPECT_EQ(Roles({}, file, true).of("app", "web1").text(), "");
}

/// The file is behind while check_cmd looks at the next one; what hitlessd has noted is newer.
TEST(Roles, AreThoseThatHitlessdHasNoted) {
    const auto file = haproxy::Config::parse("backend app\n server web1 10.0.0.1:80\n"
                                             " server hitless-slot1 127.0.0.1:1 disabled\n"
                                             " server hitless-slot2 127.0.0.1:1 disabled\n")
                          .value();
    constexpr unsigned maintenance = RunningServer::forced_maintenance;
    haproxy::Running servers = running("app", "hitless-slot1");
    servers["app"]["hitless-slot2"] = running("app", "x", maintenance)["app"]["x"];
    servers["app"]["web1"] = running("app", "x", maintenance)["app"]["x"];
    EXPECT_EQ(Roles(servers, file, true).of("app", "hitless-slot1").text(), "slot in use")
        << "nobody knows by whom, but it is not free";
    apply::LivePlaces noted;
    noted.slots = {{{"app", "hitless-slot1"}, "web9"}, {{"app", "hitless-slot2"}, "web8"}};
    noted.leaving = {{{"app", "web1"}, true}};
    const Roles roles(servers, file, true, {}, noted);
    EXPECT_EQ(roles.of("app", "hitless-slot1").text(), "slot for web9");
    EXPECT_EQ(roles.of("app", "hitless-slot2").text(), "spare") << "it has been freed since";
    EXPECT_EQ(roles.of("app", "web1").text(), "leaving") << "though the file still has it";
    EXPECT_EQ(roles.running_name("app", "web9"), "hitless-slot1");
    EXPECT_EQ(roles.running_name("app", "web8"), "web8");
    servers["app"]["web5"] = running("app", "x", maintenance)["app"]["x"];
    noted.leaving[{"app", "web5"}] = false;
    EXPECT_EQ(Roles(servers, file, true, {}, noted).of("app", "web5").text(), "")
        << "it is new, and its key wants it disabled";
    servers["app"]["web1"] = running("app", "x")["app"]["x"];
    EXPECT_EQ(Roles(servers, file, true, {}, noted).of("app", "web1").text(), "") << "it is back";
}

} // namespace
} // namespace hitless::ctl
