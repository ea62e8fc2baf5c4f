#include "hitless/plan/unresolved.hpp"

#include "plan/planning.hpp"

#include <gtest/gtest.h>

namespace hitless::plan {
namespace {

struct NameCase {
    std::string_view what;
    std::string before;
    UnresolvedServers servers;
    std::string after;
};

class WithoutNames : public testing::TestWithParam<NameCase> {};

TEST_P(WithoutNames, HaproxyCanBeStarted) {
    const NameCase& param = GetParam();
    EXPECT_EQ(without_names(parse(param.before), param.servers).text(), param.after) << param.what;
}

const std::string begin = "backend b\n";

INSTANTIATE_TEST_SUITE_P(
    Plan, WithoutNames,
    testing::Values(NameCase{"nothing to do",
                             begin + " server x one.example:80\n",
                             {},
                             begin + " server x one.example:80\n"},
                    NameCase{"HAProxy has it",
                             begin + "  server x one.example:80 check # a\n server y z:1\n",
                             {{{"b", "x"}, {"one.example", "10.0.0.7"}}},
                             begin + "  server x 10.0.0.7:80 check # a\n server y z:1\n"},
                    NameCase{"IPv6, in quotes, without a port",
                             begin + " server x \"ipv6@one.example\" check",
                             {{{"b", "x"}, {"one.example", "fd00::1"}}},
                             begin + " server x [fd00::1] check"},
                    NameCase{"HAProxy doesn't have it",
                             begin + " server x one.example:80\n server y a:1\n",
                             {{{"b", "x"}, {"one.example"}}},
                             begin + " server y a:1\n"},
                    NameCase{"the last line",
                             begin + " server y a:1\n server x one.example:80",
                             {{{"b", "x"}, {"one.example"}}},
                             begin + " server y a:1\n"},
                    NameCase{"HAProxy looks no address up",
                             begin + " server x one.example:80 resolvers d\n",
                             {{{"b", "x"}, {"one.example", "10.0.0.7"}}},
                             begin},
                    NameCase{"a port that is the client's and some more",
                             begin + " server x tcp@one.example:+5 check\n",
                             {{{"b", "x"}, {"one.example", "10.0.0.7"}}},
                             begin + " server x 10.0.0.7:+5 check\n"},
                    NameCase{"the name stands in an option, too",
                             begin + " server x one.example:80 check addr one.example\n",
                             {{{"b", "x"}, {"one.example", "10.0.0.7"}}},
                             begin},
                    NameCase{"only in an option",
                             begin + " server x 10.0.0.1:80 agent-addr one.example\n",
                             {{{"b", "x"}, {"one.example", "10.0.0.7"}}},
                             begin},
                    NameCase{"a longer name",
                             begin + " server x one.example.com:80 addr an-one.example\n",
                             {{{"b", "x"}, {"one.example", "10.0.0.7"}}},
                             begin + " server x one.example.com:80 addr an-one.example\n"},
                    NameCase{
                        "several, in the order of names, not of lines",
                        begin + " server y two.example:80\n retries 3\n server x one.example:80\n",
                        {{{"b", "x"}, {"one.example", "10.0.0.7"}}, {{"b", "y"}, {"two.example"}}},
                        begin + " retries 3\n server x 10.0.0.7:80\n"},
                    NameCase{"another name by now, an address, no such server, no such backend",
                             begin + " server x two.example:80\n server y 10.0.0.2:80\n",
                             {{{"b", "x"}, {"one.example"}},
                              {{"b", "y"}, {"one.example"}},
                              {{"b", "z"}, {"one.example"}},
                              {{"c", "x"}, {"one.example"}}},
                             begin + " server x two.example:80\n server y 10.0.0.2:80\n"}));

TEST(WrittenAddress, IsThatOfTheLine) {
    const haproxy::Config config =
        parse(begin + " server x 10.0.0.7:80\n server y [fd00::1]:80\n server z one.example:80\n");
    EXPECT_EQ(written_address(config, {"b", "x"}), "10.0.0.7");
    EXPECT_EQ(written_address(config, {"b", "y"}), "fd00::1");
    for (const char* const none : {"z", "other"})
        EXPECT_EQ(written_address(config, {"b", none}), "") << none;
}

TEST(RunningAddress, IsWhereHaproxyHasTheServer) {
    Running running;
    running["b"]["x"] = server_at("10.0.0.7", 80);
    running["b"]["leaves"] = server_at("10.0.0.8", 80);
    running["b"]["leaves"].leaving = true;
    running["b"]["nowhere"] = server_at("-", 0);
    running["b"]["hitless-slot1"] = server_at("fd00::1", 80);
    running["b"]["hitless-slot1"].serves = "y";
    const std::pair<const char*, const char*> cases[] = {
        {"x", "10.0.0.7"}, {"leaves", ""}, {"nowhere", ""}, {"y", "fd00::1"}, {"z", ""}};
    for (const auto& [server, address] : cases)
        EXPECT_EQ(running_address(running, {"b", server}), address) << server;
    EXPECT_EQ(running_address(running, {"c", "x"}), "");
}

} // namespace
} // namespace hitless::plan
