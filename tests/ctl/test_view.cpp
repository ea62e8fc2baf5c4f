#include "ctl/statistics.hpp"
#include "ctl/view.hpp"

#include <gmock/gmock.h>

namespace hitless::ctl {
namespace {

using haproxy::RunningServer;
using test::running;
using test::statistics;
using testing::HasSubstr;

TEST(Words, TellWhatSomeoneWants) {
    const struct {
        unsigned bits;
        const char* word;
    } cases[] = {{0, "ready"},
                 {RunningServer::forced_maintenance, "maint"},
                 {RunningServer::forced_maintenance | RunningServer::forced_drain, "maint"},
                 {RunningServer::inherited_maintenance, "maint (tracked)"},
                 {RunningServer::maintenance_of_resolution, "maint (no address)"},
                 {RunningServer::maintenance_of_file, "ready"},
                 {RunningServer::forced_drain, "drain"},
                 {0x10, "drain (tracked)"}};
    for (const auto& [bits, word] : cases) {
        RunningServer server;
        server.admin_state = bits;
        EXPECT_EQ(admin_word(server), word) << bits;
    }
    EXPECT_EQ(state_word("no check"), "up");
    EXPECT_EQ(state_word("DOWN 1/2"), "down 1/2");
}

TEST(Servers, AreRows) {
    const auto file = haproxy::Config::parse("backend app\n    server w1 10.0.0.1:80\n").value();
    const auto stat = statistics(
        {{"app", "w1"}, {"app", "w2", "no check", "0", "7", "1", "0", ""}, {"app", "BACKEND"}});
    auto state = running("app", "w1", RunningServer::forced_drain, 5);
    const Table table = server_table(stat, state, &file);
    ASSERT_EQ(table.rows.size(), 2U);
    const auto& first = table.rows[0];
    EXPECT_EQ(first["address"], "10.0.0.1:80");
    EXPECT_EQ(first["admin"], "drain");
    EXPECT_EQ(first["state"], "up");
    EXPECT_EQ(first["weight"], 5);
    EXPECT_EQ(first["check"], "L4OK in 2ms");
    EXPECT_TRUE(first["limit"].is_null());
    EXPECT_EQ(first["errors"], 3);
    EXPECT_EQ(first["age"], 60);
    EXPECT_EQ(first["origin"], "file");
    const auto& second = table.rows[1];
    EXPECT_EQ(second["check"], "none");
    EXPECT_EQ(second["limit"], 7);
    EXPECT_EQ(second["origin"], "runtime");
    EXPECT_TRUE(server_table(stat, state, nullptr).rows[0]["origin"].is_null());
}

TEST(Servers, AreKeptByState) {
    const auto stat = statistics({{"app", "up"},
                                  {"app", "down", "DOWN 1/2"},
                                  {"app", "unchecked", "no check", "0", "", "1", "0", ""}});
    auto state = running("app", "up", RunningServer::forced_drain);
    const auto kept = [&](std::string_view words) {
        Table table = server_table(stat, state, nullptr);
        keep_states(table, words);
        std::vector<std::string> names;
        for (const auto& row : table.rows)
            names.push_back(row["server"]);
        return names;
    };
    EXPECT_THAT(kept(""), testing::SizeIs(3));
    EXPECT_THAT(kept("down"), testing::ElementsAre("down"));
    EXPECT_THAT(kept("drain,down"), testing::ElementsAre("up", "down"));
    EXPECT_THAT(kept("nocheck"), testing::ElementsAre("unchecked"));
    EXPECT_THAT(kept("maint"), testing::IsEmpty());
    EXPECT_TRUE(check_states("up,nocheck"));
    EXPECT_FALSE(check_states("up,bogus"));
    EXPECT_FALSE(check_states("up,"));
}

TEST(Names, MatchPatterns) {
    EXPECT_TRUE(is_named("app", "app", "w1"));
    EXPECT_TRUE(is_named("app/w1", "app", "w1"));
    EXPECT_TRUE(is_named("a*/w?", "app", "w1"));
    EXPECT_FALSE(is_named("app/w1", "app", "w10"));
    EXPECT_FALSE(is_named("app", "apple", "w1"));
    EXPECT_FALSE(is_named("*/w2", "app", "w1"));
}

TEST(Sessions, AreRows) {
    const Table table = session_table(
        "0x55d: proto=tcpv4 src=127.0.0.1:40000 fe=web be=app srv=w1 ts=00 epoch=0 age=3s calls=2 "
        "rq[f=80c020h] exp=9s rc=0\n"
        "0x55e: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> age=0s\n"
        "0x55f: proto=tcpv4 src=127.0.0.1:40001 fe=web be=<NONE> srv=<none> age=1m2s\n"
        "something else\n");
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_EQ(table.rows[0]["id"], "0x55d");
    EXPECT_EQ(table.rows[0]["source"], "127.0.0.1:40000");
    EXPECT_EQ(table.rows[0]["server"], "w1");
    EXPECT_EQ(table.rows[0]["age"], "3s");
    EXPECT_EQ(table.rows[0]["expires"], "9s");
    EXPECT_TRUE(table.rows[1]["backend"].is_null());
}

} // namespace
} // namespace hitless::ctl
