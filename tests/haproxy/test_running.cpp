#include "hitless/haproxy/running.hpp"

#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view state =
    "1\n"
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
    "srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl "
    "srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n"
    "2 app 1 web1 127.0.0.1 2 0 5 7 1 6 3 4 6 0 0 0 - 8080 - 0 0 - - 0\n"
    "2 app 2 web2 - 0 33 1 1 1 1 0 2 14 1 0 0 web.example.org 80 - 0 0 - - 0\n"
    "3 api 1 web1 ::1 2 8 1 1 1 1 0 2 0 0 0 0 - 0 - 0 0 - - 0\n"
    "\n";

TEST(Running, ReadsServersState) {
    const auto running = parse_servers_state(state);
    ASSERT_TRUE(running) << running.error().message;
    ASSERT_EQ(running->size(), 2U);
    const RunningServer& web1 = running->at("app").at("web1");
    EXPECT_EQ(web1.address, "127.0.0.1");
    EXPECT_EQ(web1.port, 8080);
    EXPECT_EQ(web1.operational, 2);
    EXPECT_EQ(web1.weight, 5);
    EXPECT_EQ(web1.initial_weight, 7);
    EXPECT_EQ(web1.check_state, 6U);
    EXPECT_EQ(web1.fqdn, "");
    EXPECT_TRUE(web1.takes_traffic());
    const RunningServer& web2 = running->at("app").at("web2");
    EXPECT_EQ(web2.address, "-");
    EXPECT_EQ(web2.fqdn, "web.example.org");
    EXPECT_TRUE(web2.in_maintenance());
    EXPECT_EQ(find_server(*running, "api", "web1")->address, "::1");
    EXPECT_TRUE(find_server(*running, "api", "web1")->draining());
    EXPECT_EQ(find_server(*running, "api", "web2"), nullptr);
    EXPECT_EQ(find_server(*running, "none", "web1"), nullptr);
}

/// In a container the next process often has the pid of the one before.
TEST(Info, TellsProcessesOfOnePidApart) {
    const auto info = [](long pid, long start, long uptime) {
        return parse_info(fmt::format("Version: 2.6.1\nPid: {}\nUptime_sec: {}\n{}", pid, uptime,
                                      start == 0 ? "" : fmt::format("Start_time_sec: {}\n", start)))
            .value();
    };
    EXPECT_TRUE(info(7, 1'000, 5).is_same_process(info(7, 1'000, 5)));
    EXPECT_TRUE(info(7, 1'000, 5).is_same_process(info(7, 1'000, 9)));
    EXPECT_FALSE(info(7, 1'000, 5).is_same_process(info(8, 1'000, 9)));
    EXPECT_FALSE(info(7, 1'000, 5).is_same_process(info(7, 1'003, 9))) << "up for longer by now";
    // Before 2.4 only the pid and the uptime are known.
    EXPECT_TRUE(info(7, 0, 5).is_same_process(info(7, 0, 9)));
    EXPECT_FALSE(info(7, 0, 5).is_same_process(info(7, 0, 4)));
}

TEST(Running, ColumnsAreFoundByName) {
    std::string other(state);
    const std::size_t at = other.find("srv_addr");
    other.replace(at, 8, "srv_new");
    EXPECT_FALSE(parse_servers_state(other));
    const auto with_more = parse_servers_state(
        "2\n# be_name new srv_name srv_port srv_addr srv_fqdn srv_op_state srv_admin_state "
        "srv_uweight "
        "srv_iweight srv_check_state srv_agent_state srv_check_result srv_id\n"
        "app x web1 80 10.0.0.1 - 2 0 1 1 0 0 3 7\n");
    ASSERT_TRUE(with_more);
    EXPECT_EQ(with_more->at("app").at("web1").port, 80);
    EXPECT_EQ(with_more->at("app").at("web1").id, 7);
    EXPECT_TRUE(with_more->at("app").at("web1").passed_check());
}

TEST(Running, AnotherAnswerIsAnError) {
    for (const std::string_view answer : {"", "Can't find backend.", "Permission denied"})
        EXPECT_FALSE(parse_servers_state(answer)) << answer;
    EXPECT_THAT(*parse_servers_state(state.substr(0, state.find("2 app"))), IsEmpty());
    EXPECT_FALSE(parse_servers_state(state.substr(0, state.find(" 80 -")))) << "a line is cut off";
}

struct AdminCase {
    unsigned bits;
    bool maintenance;
    bool draining;
    bool traffic;
};

class AdminState : public testing::TestWithParam<AdminCase> {};

TEST_P(AdminState, IsASetOfBits) {
    RunningServer server;
    server.operational = 2;
    server.admin_state = GetParam().bits;
    EXPECT_EQ(server.in_maintenance(), GetParam().maintenance);
    EXPECT_EQ(server.draining(), GetParam().draining);
    EXPECT_EQ(server.takes_traffic(), GetParam().traffic);
}

INSTANTIATE_TEST_SUITE_P(
    Running, AdminState,
    testing::Values(AdminCase{0x00, false, false, true}, AdminCase{0x01, true, false, false},
                    AdminCase{0x02, false, false, false},
                    // `disabled` in its line, made ready since
                    AdminCase{0x04, false, false, true}, AdminCase{0x05, true, false, false},
                    AdminCase{0x08, false, true, false}, AdminCase{0x20, false, false, false},
                    AdminCase{0x40, false, false, true}));

TEST(Running, AServerWithoutWeightOrDownTakesNoTraffic) {
    RunningServer server;
    EXPECT_FALSE(server.takes_traffic());
    server.operational = 2;
    server.weight = 0;
    EXPECT_FALSE(server.takes_traffic());
}

/// The end of an IPv6 address is no port.
TEST(Running, AddressesAreWithoutPorts) {
    RunningServer server;
    server.port = 80;
    const auto now = [&](const std::string& address) {
        server.address = address;
        const auto found = address_now(server);
        return found ? to_string(*found) : std::string();
    };
    EXPECT_EQ(now("10.0.0.1"), "10.0.0.1:80");
    EXPECT_EQ(now("2001:db8::1:5"), "[2001:db8::1:5]:80");
    EXPECT_EQ(now("::1"), "[::1]:80");
    EXPECT_EQ(now("-"), "");
    server.address = "2001:db8::1:5";
    EXPECT_EQ(to_string(*parking_address(server)), "[2001:db8::1:5]:1");
    server.port = 0;
    EXPECT_FALSE(parking_address(server));
}

TEST(Running, KeepsWhatHaproxyDoesNotTell) {
    Running before = *parse_servers_state(state);
    before["app"]["web1"].options = std::make_shared<ServerOptions>();
    before["app"]["web1"].address_text = "127.0.0.1:8080";
    before["app"]["web1"].leaving = true;
    before["app"]["web2"].leaving = true;
    Running after = *parse_servers_state(state);
    keep_knowledge(after, before);
    EXPECT_NE(after["app"]["web1"].options, nullptr);
    EXPECT_EQ(after["app"]["web1"].address_text, "127.0.0.1:8080");
    EXPECT_FALSE(after["app"]["web1"].leaving) << "someone has made it ready again";
    EXPECT_TRUE(after["app"]["web2"].leaving);
    EXPECT_EQ(after["api"]["web1"].options, nullptr);
}

struct InfoCase {
    std::string_view text;
    int major;
    int minor;
    bool stopping;
};

class ShowInfo : public testing::TestWithParam<InfoCase> {};

TEST_P(ShowInfo, IsRead) {
    const auto info = parse_info(GetParam().text);
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->major, GetParam().major);
    EXPECT_EQ(info->minor, GetParam().minor);
    EXPECT_EQ(info->stopping, GetParam().stopping);
    EXPECT_EQ(info->pid, 4711);
}

INSTANTIATE_TEST_SUITE_P(
    Running, ShowInfo,
    testing::Values(InfoCase{"Name: HAProxy\nVersion: 2.6.12-1+deb12u1\nPid: 4711\n"
                             "Uptime: 0d 0h00m03s\nUptime_sec: 3\nStopping: 0\n",
                             2, 6, false},
                    InfoCase{"Version: 3.5-dev5-5590ada\r\nPid: 4711\r\nStopping: 1\r\n", 3, 5,
                             true},
                    InfoCase{"Pid: 4711\nVersion: 3.10.1", 3, 10, false}));

TEST(Running, InfoOfSomethingElseIsAnError) {
    EXPECT_FALSE(parse_info(""));
    const auto info = parse_info("Permission denied\n");
    ASSERT_FALSE(info);
    EXPECT_THAT(info.error().message, HasSubstr("Permission denied"));
}

TEST(Running, AtLeast) {
    Info info;
    info.major = 3;
    info.minor = 0;
    EXPECT_TRUE(info.at_least(2, 9));
    EXPECT_TRUE(info.at_least(3, 0));
    EXPECT_FALSE(info.at_least(3, 1));
}

TEST(Running, ServerKeywords) {
    EXPECT_THAT(
        parse_server_keywords("List of keywords supported for dynamic server:\nweight\ncheck\n"),
        ElementsAre("check", "weight"));
    EXPECT_THAT(parse_server_keywords("Require 'backend/server'."), IsEmpty());
    EXPECT_THAT(parse_server_keywords(""), IsEmpty());
}

} // namespace
} // namespace hitless::haproxy
