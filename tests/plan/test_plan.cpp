#include "plan/planning.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace hitless::plan {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

struct PlanCase {
    std::string_view what;
    std::string before; ///< what HAProxy was started from
    std::string after;
    std::vector<std::string> commands;
    std::vector<std::string> reload = {}; ///< reload reasons
    std::vector<std::string> problems = {};
};

class MakePlan : public testing::TestWithParam<PlanCase> {};

TEST_P(MakePlan, GivesTheCommands) {
    const Config before = parse(GetParam().before);
    const Config after = parse(GetParam().after);
    const Running running = started_from(before);
    const auto info = version(3, 0);
    const Names names = {{"one.example", {"10.1.0.1", "10.1.0.2", "fd00::1"}},
                         {"none.example", {}}};
    const Situation situation{after, running, info, names};
    const Plan plan = make_plan(situation, compare(before, after).servers);
    EXPECT_THAT(commands(plan), ElementsAreArray(GetParam().commands)) << GetParam().what;
    EXPECT_THAT(in_words(plan.obstacles), ElementsAreArray(GetParam().reload)) << GetParam().what;
    EXPECT_THAT(in_words(plan.problems), ElementsAreArray(GetParam().problems)) << GetParam().what;
    // A full plan has nothing to add to it.
    EXPECT_THAT(commands(make_plan(situation, every_server(after, running))),
                testing::UnorderedElementsAreArray(GetParam().commands));
}

const std::string x = "backend b\n server x 10.0.0.1:80 check\n";

INSTANTIATE_TEST_SUITE_P(
    Plan, MakePlan,
    testing::Values(
        PlanCase{"nothing", x, x, {}},
        PlanCase{"a new server",
                 x,
                 x + " server y 10.0.0.2:80\n",
                 {"add server b/y 10.0.0.2:80", "set server b/y state ready"}},
        PlanCase{"its check must be enabled, and default-server said",
                 "backend b\n default-server check\n",
                 "backend b\n default-server check\n server y 10.0.0.2:80 weight 9 inter 1s\n",
                 {"add server b/y 10.0.0.2:80 check inter 1s weight 9", "enable health b/y",
                  "set server b/y state ready"}},
        PlanCase{"an agent",
                 "backend b\n",
                 "backend b\n server y 10.0.0.2:80 agent-check agent-port 99\n",
                 {"add server b/y 10.0.0.2:80 agent-check agent-port 99",
                  "set server b/y state ready", "enable agent b/y", "set server b/y agent up"}},
        PlanCase{"a disabled one",
                 x,
                 x + " server y 10.0.0.2:80 disabled\n",
                 {"add server b/y 10.0.0.2:80 disabled"}},
        PlanCase{"a disabled one with checks",
                 x,
                 x + " server y 10.0.0.2:80 check agent-check agent-port 9 disabled\n",
                 {"add server b/y 10.0.0.2:80 check agent-check agent-port 9 disabled",
                  "enable health b/y", "enable agent b/y", "set server b/y agent up"}},
        PlanCase{"the file's number, which a hash asks for",
                 "backend b\n balance uri\n hash-type consistent\n server x 10.0.0.1:80\n",
                 "backend b\n balance uri\n hash-type consistent\n server w 10.0.0.3:80\n"
                 " server-template t 2 10.0.0.4:80\n server y 10.0.0.2:80 id 9\n"
                 " server z 10.0.0.2:80\n server x 10.0.0.1:80\n",
                 {"add server b/w 10.0.0.3:80 id 4", "set server b/w state ready",
                  "add server b/y 10.0.0.2:80 id 9", "set server b/y state ready",
                  "add server b/z 10.0.0.2:80 id 5", "set server b/z state ready"}},
        PlanCase{"another number where the file's is taken, in the order of the lines",
                 "backend b\n balance random\n server z 10.0.0.1:80\n",
                 "backend b\n balance random\n server y 10.0.0.3:80\n server x 10.0.0.2:80\n"
                 " server z 10.0.0.1:80\n",
                 {"add server b/y 10.0.0.3:80 id 4", "set server b/y state ready",
                  "add server b/x 10.0.0.2:80 id 2", "set server b/x state ready"}},
        PlanCase{"balance first: a number behind the others",
                 "backend b\n balance first\n server x 10.0.0.1:80\n",
                 "backend b\n balance first\n server x 10.0.0.1:80\n server w 10.0.0.2:80\n",
                 {"add server b/w 10.0.0.2:80 id 2", "set server b/w state ready"}},
        PlanCase{"balance first: no number is free before the others",
                 "backend b\n balance first\n server x 10.0.0.1:80\n",
                 "backend b\n balance first\n server w 10.0.0.2:80\n server x 10.0.0.1:80\n",
                 {},
                 {"b/w: 'balance first' asks the servers in the order of their numbers, and no "
                  "number is free at its place in the file"}},
        PlanCase{"a backup server behind the others",
                 "backend b\n server z 10.0.0.1:80 backup\n",
                 "backend b\n server z 10.0.0.1:80 backup\n server a 10.0.0.2:80 backup\n"
                 " server y 10.0.0.3:80\n",
                 {"add server b/a 10.0.0.2:80 backup", "set server b/a state ready",
                  "add server b/y 10.0.0.3:80", "set server b/y state ready"}},
        PlanCase{"a backup server before another",
                 "backend b\n server z 10.0.0.1:80 backup\n",
                 "backend b\n server a 10.0.0.2:80 backup\n server z 10.0.0.1:80 backup\n",
                 {},
                 {"b/a: the backup servers take over in the order of the file, and 'z' would come "
                  "before it; 'option allbackups' has no order"}},
        PlanCase{"all backup servers at once have no order",
                 "backend b\n option allbackups\n server z 10.0.0.1:80 backup\n",
                 "backend b\n option allbackups\n server a 10.0.0.2:80 backup\n"
                 " server z 10.0.0.1:80 backup\n",
                 {"add server b/a 10.0.0.2:80 backup", "set server b/a state ready"}},
        PlanCase{"a check that speaks as its server does",
                 x,
                 x + " server y 10.0.0.2:80 check ssl verify none send-proxy-v2\n"
                     " server z 10.0.0.2:80 check ssl verify none send-proxy port 81\n"
                     " server w 10.0.0.2:80 check ssl verify none no-check-ssl\n",
                 {"add server b/y 10.0.0.2:80 check ssl verify none send-proxy-v2 check-ssl "
                  "check-send-proxy",
                  "enable health b/y", "set server b/y state ready",
                  "add server b/z 10.0.0.2:80 check ssl verify none send-proxy port 81",
                  "enable health b/z", "set server b/z state ready",
                  "add server b/w 10.0.0.2:80 check ssl verify none", "enable health b/w",
                  "set server b/w state ready"}},
        PlanCase{"options that add up",
                 x,
                 x + " default-server proxy-v2-options crc32c source 10.0.0.8 usesrc clientip\n"
                     " server y 10.0.0.2:80 send-proxy-v2 proxy-v2-options unique-id source "
                     "10.0.0.9\n",
                 {"add server b/y 10.0.0.2:80 send-proxy-v2 proxy-v2-options unique-id,crc32c "
                  "source 10.0.0.9 usesrc clientip",
                  "set server b/y state ready"}},
        PlanCase{"options that default-server doesn't hand on",
                 x,
                 x + " default-server no-tlsv13 check-proto h2 ssl\n server y 10.0.0.2:80\n",
                 {"add server b/y 10.0.0.2:80 ssl", "set server b/y state ready"}},
        PlanCase{"external checks",
                 "backend b\n option external-check\n",
                 "backend b\n option external-check\n server y 10.0.0.2:80 check\n"
                 " server z 10.0.0.2:80\n",
                 {"add server b/z 10.0.0.2:80", "set server b/z state ready"},
                 {"b/y: HAProxy runs no external checks of servers that are added at runtime"}},
        PlanCase{"gone", x + " server y 10.0.0.2:80\n", x, {"set server b/y state maint"}},
        PlanCase{"adds before changes before removals",
                 "backend b\n server a 10.0.0.1:80\n server b 10.0.0.2:80\n",
                 "backend b\n server b 10.0.0.3:80\n server c 10.0.0.4:80\n",
                 {"add server b/c 10.0.0.4:80", "set server b/c state ready",
                  "set server b/b addr 10.0.0.3 port 80", "set server b/a state maint"}},
        PlanCase{"an address and a port",
                 x,
                 "backend b\n server x [fd00::5]:81 check\n",
                 {"set server b/x addr fd00::5 port 81"}},
        PlanCase{"another spelling of the address",
                 "backend b\n server x [fd00::0:5]:81\n",
                 "backend b\n server x ipv6@[FD00::5]:81\n",
                 {}},
        PlanCase{"a swap of two names",
                 "backend b\n server x 10.0.0.1:80\n server y 10.0.0.2:80\n",
                 "backend b\n server x 10.0.0.2:80\n server y 10.0.0.1:80\n",
                 {"set server b/x addr 10.0.0.2 port 80", "set server b/y addr 10.0.0.1 port 80"}},
        PlanCase{"a rename",
                 "backend b\n server x 10.0.0.1:80\n",
                 "backend b\n server y 10.0.0.1:80\n",
                 {"add server b/y 10.0.0.1:80", "set server b/y state ready",
                  "set server b/x state maint"}},
        PlanCase{"a weight",
                 x,
                 "backend b\n server x 10.0.0.1:80 check weight 0\n",
                 {"set server b/x weight 0"}},
        PlanCase{"a limit",
                 "backend b\n server x 10.0.0.1:80 maxconn 5\n",
                 "backend b\n server x 10.0.0.1:80 maxconn 9\n",
                 {"set maxconn server b/x 9"}},
        PlanCase{"no limit",
                 "backend b\n server x 10.0.0.1:80 maxconn 5\n",
                 "backend b\n server x 10.0.0.1:80\n",
                 {"set maxconn server b/x 0"}},
        PlanCase{"the lower limit stays and the upper one moves",
                 "backend b\n server x 10.0.0.1:80 minconn 4 maxconn 8\n",
                 "backend b\n server x 10.0.0.1:80 minconn 4 maxconn 9\n",
                 {"set maxconn server b/x 9"}},
        PlanCase{"a lower limit alone is the upper one as well",
                 "backend b\n server x 10.0.0.1:80 minconn 4\n",
                 "backend b\n server x 10.0.0.1:80 maxconn 4\n",
                 {}},
        PlanCase{"a lower limit alone",
                 "backend b\n server x 10.0.0.1:80 minconn 4 maxconn 8\n",
                 "backend b\n server x 10.0.0.1:80 minconn 4\n",
                 {"set maxconn server b/x 4"}},
        PlanCase{"limits that no command can take away",
                 "backend b\n server x 10.0.0.1:80 minconn 4 maxconn 8\n",
                 "backend b\n server x 10.0.0.1:80\n",
                 {"add server b/x:next 10.0.0.1:80", "set server b/x:next state ready"}},
        PlanCase{"a weight that an agent counts from",
                 "backend b\n server x 10.0.0.1:80 agent-check agent-port 9 weight 5\n",
                 "backend b\n server x 10.0.0.1:80 agent-check agent-port 9 weight 7\n",
                 {"add server b/x:next 10.0.0.1:80 agent-check agent-port 9 weight 7",
                  "set server b/x:next state ready", "enable agent b/x:next",
                  "set server b/x:next agent up"}},
        PlanCase{"disabled",
                 x,
                 "backend b\n server x 10.0.0.1:80 check disabled\n",
                 {"set server b/x state maint"}},
        PlanCase{"enabled",
                 "backend b\n server x 10.0.0.1:80 disabled\n",
                 "backend b\n server x 10.0.0.1:80\n",
                 {"set server b/x state ready"}},
        PlanCase{"the check off",
                 x,
                 "backend b\n server x 10.0.0.1:80\n",
                 {"disable health b/x", "set server b/x health up"}},
        PlanCase{"the check off, and what is for checks only",
                 "backend b\n server x 10.0.0.1:80 check inter 1s port 81\n",
                 "backend b\n server x 10.0.0.1:80\n",
                 {"disable health b/x", "set server b/x health up"}},
        PlanCase{"the agent off",
                 "backend b\n server x 10.0.0.1:80 agent-check agent-port 9\n",
                 "backend b\n server x 10.0.0.1:80 agent-port 9\n",
                 {"set maxconn server b/x 0", "set server b/x agent up", "disable agent b/x"}},
        PlanCase{"what matters at start only",
                 "backend b\n server x 10.0.0.1:80 init-addr none\n",
                 "backend b\n server x 10.0.0.1:80\n",
                 {}},
        PlanCase{"the order of options",
                 "backend b\n server x 10.0.0.1:80 check inter 1s\n",
                 "backend b\n server x 10.0.0.1:80 inter 1s check\n",
                 {}},
        PlanCase{
            "names",
            "backend b\n",
            "backend b\n server x one.example:80\n server y ipv6@one.example:80\n"
            " server z none.example:80\n",
            {"add server b/x 10.1.0.1:80", "set server b/x state ready",
             "add server b/y [fd00::1]:80", "set server b/y state ready"},
            {},
            {"b/z: the name 'none.example' has no address now, so that the server isn't added yet; "
             "the name is looked up again"}},
        PlanCase{"another name, without an address",
                 "backend b\n server x one.example:80\n",
                 "backend b\n server x none.example:80\n",
                 {},
                 {},
                 {"b/x: the name 'none.example' has no address now, so that the server stays at "
                  "127.0.0.1:80; the name is looked up again"}},
        PlanCase{"a name that has moved since HAProxy started",
                 "backend b\n server x one.example:80\n",
                 "backend b\n server x one.example:80 weight 2\n",
                 {"set server b/x addr 10.1.0.1 port 80", "set server b/x weight 2"}},
        PlanCase{"a name that HAProxy resolves",
                 "backend b\n server x one.example:80 resolvers d\n",
                 "backend b\n server x two.example:80 resolvers d\n",
                 {"set server b/x fqdn two.example"}},
        PlanCase{"a Unix socket",
                 "backend b\n",
                 "backend b\n server x /run/x.sock\n",
                 {"add server b/x /run/x.sock", "set server b/x state ready"}},
        PlanCase{"a static balance",
                 "backend b\n balance source\n server x 10.0.0.1:80\n",
                 "backend b\n balance source\n server x 10.0.0.9:80\n server y 10.0.0.2:80\n"
                 " server z 10.0.0.3:80\n",
                 {"set server b/x addr 10.0.0.9 port 80"},
                 {"b/y: 'balance source' is static; 'hash-type consistent' or another algorithm "
                  "would take servers at runtime (and 1 more)"}},
        PlanCase{"weights under a static balance",
                 "backend b\n balance source\n server x 10.0.0.1:80\n server y 10.0.0.1:80\n",
                 "backend b\n balance source\n server x 10.0.0.1:80 weight 0\n"
                 " server y 10.0.0.1:80 weight 2\n",
                 {"set server b/x weight 0"},
                 {"b/y: its weight can't be set under a static balance algorithm"}},
        PlanCase{"an option that can't be had",
                 x,
                 x + " server y 10.0.0.2:80 non-stick\n",
                 {},
                 {"b/y: HAProxy 3.0.0 takes no 'non-stick' at runtime"}},
        PlanCase{"an option that no command line can carry",
                 x,
                 x + " server y 10.0.0.2:80 agent-send \"a\\n\"\n",
                 {},
                 {"b/y: 'a\\n' can't be part of a runtime command"}},
        PlanCase{"the environment",
                 "backend b\n server x \"$A:80\" disabled\n",
                 "backend b\n server x \"$A:81\" disabled\n",
                 {},
                 {"b/x: address $A:80 → $A:81: an environment variable is HAProxy's to expand"}},
        PlanCase{
            "a broken line",
            x,
            x + " server y nonsense:x\n",
            {},
            {},
            {"b/y: line 3: 'nonsense:x' is not an address: the port must be a number from 1 to "
             "65535; write it as 10.0.0.1:8080, [2001:db8::1]:8080 or name:8080"}},
        PlanCase{
            "a server that others point to",
            "backend b\n server x 10.0.0.1:80 check\n server y 10.0.0.1:80 track x\n"
            " use-server z if { srv_is_up(b/w) }\n server z 10.0.0.1:80\n server w 10.0.0.1:80\n",
            "backend b\n server x 10.0.0.1:80 check backup\n server y 10.0.0.1:80 track x\n"
            " use-server z if { srv_is_up(b/w) }\n server z 10.0.0.1:80 backup\n"
            " server w 10.0.0.1:80 backup\n",
            {},
            {"b/w: backup none → on: other lines point to it, and HAProxy deletes no such server "
             "(and 2 more)"}},
        PlanCase{
            "servers that one word points to",
            "backend b\n http-response set-header x \"%[srv_is_up(b/w)]/%[srv_conn(x)]\"\n"
            " 'use-server' y if TRUE\n server w 10.0.0.1:80\n server x 10.0.0.1:80\n"
            " server y 10.0.0.1:80\n",
            "backend b\n http-response set-header x \"%[srv_is_up(b/w)]/%[srv_conn(x)]\"\n"
            " 'use-server' y if TRUE\n server w 10.0.0.1:80 check\n server x 10.0.0.1:80 check\n"
            " server y 10.0.0.1:80 check\n",
            {},
            {"b/w: check none → on: other lines point to it, and HAProxy deletes no such server "
             "(and 2 more)"}},
        PlanCase{"a server that a variable may point to",
                 "backend b\n http-response set-header x \"%[srv_is_up(${X})]\"\n"
                 " server w 10.0.0.1:80\n",
                 "backend b\n http-response set-header x \"%[srv_is_up(${X})]\"\n"
                 " server w 10.0.0.1:80 check\n",
                 {},
                 {"b/w: check none → on: other lines point to it, and HAProxy deletes no such "
                  "server"}},
        PlanCase{"a number that a variable decides",
                 "backend b\n balance random\n server-template t \"$N\" 10.0.0.4:80\n",
                 "backend b\n balance random\n server v 10.0.0.5:80\n"
                 " server-template t \"$N\" 10.0.0.4:80\n server w 10.0.0.3:80\n",
                 {"add server b/v 10.0.0.5:80 id 1", "set server b/v state ready"},
                 {"b/w: an environment variable decides how many servers a server-template line "
                  "before it makes, and so where requests go"}},
        PlanCase{"a number behind a server whose name a variable decides",
                 "backend b\n balance random\n server \"$N\" 10.0.0.4:80\n",
                 "backend b\n balance random\n server \"$N\" 10.0.0.4:80\n server w 10.0.0.3:80\n",
                 {"add server b/w 10.0.0.3:80 id 2", "set server b/w state ready"}},
        PlanCase{"a default-server line in quotes",
                 "backend b\n \"default-server\" maxconn 7\n",
                 "backend b\n \"default-server\" maxconn 7\n server w 10.0.0.3:80\n",
                 {"add server b/w 10.0.0.3:80 maxconn 7", "set server b/w state ready"}},
        PlanCase{"a server without an id of its own can't be replaced by one with",
                 "backend b\n server x 10.0.0.1:80 id 7\n",
                 "backend b\n server x 10.0.0.1:80 id 7 backup\n",
                 {},
                 {"b/x: backup none → on: two servers can't have the same id"}}));

TEST(Plan, RepairsWhatSomeoneHasDone) {
    const Config config =
        parse("backend b\n server x 10.0.0.1:80 check weight 5\n"
              " server y 10.0.0.2:80 disabled\n server-template t 1-3 10.0.0.3:80\n"
              " .if a\n server c 10.0.0.4:80\n .endif\n");
    Running running = started_from(config);
    auto& servers = running["b"];
    servers["x"].weight = 1;
    servers["x"].check_state = 2;
    servers["x"].admin_state = 8;
    servers["x"].address = "10.0.0.9";
    servers["y"].admin_state = 4; // made ready; the bit of `disabled` stays
    servers["stranger"] = server_at("10.6.6.6", 80);
    for (const std::string name : {"t1", "t2", "t3", "c"})
        servers[name] = server_at("10.0.0.3", 80);
    servers["t4"] = server_at("10.0.0.3", 80);
    const auto info = version(2, 6);
    const Plan plan = make_plan({config, running, info, {}}, every_server(config, running));
    EXPECT_THAT(commands(plan),
                ElementsAre("set server b/x addr 10.0.0.1 port 80", "set server b/x weight 5",
                            "enable health b/x", "set server b/x state ready",
                            "set server b/y state maint", "set server b/stranger state maint",
                            "set server b/t4 state maint"));
    EXPECT_EQ(plan.steps[0].detail,
              "10.0.0.9:80 → 10.0.0.1:80, weight 1 → 5, checks on, drain → ready");
}

/// What a full plan does to servers of which no line says the name.
std::vector<std::string> done_to_unknown(const std::string& lines) {
    const Config config = parse("backend b\n server x 10.0.0.1:80\n" + lines);
    Running running = started_from(config);
    for (const std::string name : {"t1", "x:next"})
        running["b"][name] = server_at("10.0.0.3", 80);
    const auto info = version(2, 6);
    return commands(make_plan({config, running, info, {}}, every_server(config, running)));
}

TEST(Plan, LeavesAloneWhatAVariableMayHaveNamed) {
    EXPECT_THAT(done_to_unknown(""),
                ElementsAre("set server b/t1 state maint", "set server b/x:next state maint"));
    for (const std::string lines :
         {" server-template t \"${N}\" 10.0.0.3:80\n", " server-template t \"1-$N\" 10.0.0.3:80\n",
          " server-template \"$P\" 3 10.0.0.3:80\n",
          " \"server-template\" 't' \"$N\" 10.0.0.3:80\n", " server \"$P\"1 10.0.0.3:80\n",
          " .if a\n server \"${P}\" 10.0.0.3:80\n .endif\n"})
        EXPECT_THAT(done_to_unknown(lines), ElementsAre("set server b/x:next state maint"))
            << lines;
    EXPECT_THAT(done_to_unknown(" \"server-template\" t \"3\" 10.0.0.3:80\n"),
                ElementsAre("set server b/x:next state maint"));
}

TEST(Plan, ChangesNothingWhereAConditionDecides) {
    const std::string lines = "backend b\n .if a\n default-server disabled weight 3\n .endif\n"
                              " server x 10.0.0.1:80\n server y 10.0.0.2:80\n";
    const Config config = parse(lines);
    Running running = started_from(parse("backend b\n server x 10.0.0.9:80 weight 9\n"
                                         " server y 10.0.0.2:80 backup\n server z 10.0.0.1:80\n"));
    const auto info = version(3, 0);
    const Plan plan = make_plan({config, running, info, {}}, every_server(config, running));
    EXPECT_TRUE(plan.empty()) << testing::PrintToString(describe(plan));

    const Config more = parse(lines + " server w 10.0.0.4:80\n");
    const Plan other = make_plan({more, running, info, {}}, compare(config, more).servers);
    EXPECT_THAT(other.steps, testing::IsEmpty());
    EXPECT_THAT(in_words(other.obstacles),
                ElementsAre("b/w: lines within .if decide what its servers have"));
    const Plan gone = make_plan({config, running, info, {}}, compare(more, config).servers);
    EXPECT_TRUE(gone.empty());
}

TEST(Plan, ReloadsForAnotherAddressWhereAConditionDecides) {
    const Config config = parse("backend b\n .if a\n default-server check\n .endif\n"
                                " server x one.example:80\n");
    const Running running = started_from(config); // at 127.0.0.1
    const auto info = version(3, 0);
    const auto reasons = [&](const Names& names) {
        return in_words(
            make_plan({config, running, info, names}, every_server(config, running)).obstacles);
    };
    EXPECT_THAT(reasons({{"one.example", {"10.1.0.1"}}}),
                ElementsAre("b/x: its name leads to another address, and lines within .if decide "
                            "what its servers have"));
    EXPECT_THAT(reasons({{"one.example", {"10.1.0.1", "127.0.0.1"}}}), testing::IsEmpty());
    EXPECT_THAT(reasons({{"one.example", {}}}), testing::IsEmpty());
}

TEST(Plan, WhatAnAgentSaysIsTheAgents) {
    const Config config =
        parse("backend b\n server x 10.0.0.1:80 agent-check agent-port 9 weight 5\n"
              " server y 10.0.0.2:80 agent-check agent-port 9 disabled\n");
    Running running = started_from(config);
    running["b"]["x"].weight = 1;
    running["b"]["y"].admin_state = 0; // its agent has made it ready
    const auto info = version(2, 6);
    const auto planned = [&](const Config& wanted) {
        return commands(make_plan({wanted, running, info, {}}, every_server(wanted, running)));
    };
    for (const unsigned state : {RunningServer::forced_drain, RunningServer::forced_maintenance}) {
        running["b"]["x"].admin_state = state;
        EXPECT_THAT(planned(config), testing::IsEmpty());
    }
    // What the file says anew counts more.
    const Config swapped =
        parse("backend b\n server x 10.0.0.1:80 agent-check agent-port 9 weight 5 disabled\n"
              " server y 10.0.0.2:80 agent-check agent-port 9\n");
    running["b"]["x"].admin_state = 0;
    running["b"]["x"].disabled = false;
    running["b"]["y"].admin_state = RunningServer::forced_maintenance;
    running["b"]["y"].disabled = true;
    EXPECT_THAT(planned(swapped),
                ElementsAre("set server b/x state maint", "set server b/y state ready"));
    running["b"]["x"].agent_state = RunningServer::check_configured; // it is asked no more
    running["b"]["x"].admin_state = RunningServer::forced_drain;
    running["b"]["y"].admin_state = RunningServer::forced_maintenance;
    EXPECT_THAT(planned(config),
                ElementsAre("set server b/x weight 5", "enable agent b/x",
                            "set server b/x agent up", "set server b/x state ready"));
}

/// Before 3.0 `add server` gives no cookie, so it is asked for once, before the last server takes
/// requests.
TEST(Plan, DynamicCookies) {
    const std::string backend = "backend b\n cookie s insert dynamic\n dynamic-cookie-key k\n";
    const Config config = parse(backend + " server x 10.0.0.1:80\n server y 10.0.0.2:80\n");
    const Running running;
    const auto add = [&](int major, int minor) {
        const auto info = version(major, minor);
        std::vector<std::string> found =
            commands(make_plan({config, running, info, {}}, all_servers(config)));
        std::erase_if(found, [](std::string_view one) { return one.starts_with("add"); });
        return found;
    };
    EXPECT_THAT(add(2, 6),
                ElementsAre("set server b/x state ready", "enable dynamic-cookie backend b",
                            "set server b/y state ready"));
    EXPECT_THAT(add(3, 0), ElementsAre("set server b/x state ready", "set server b/y state ready"));
}

/// What a fresh process has them as.
TEST(Plan, AgentsBeginUp) {
    const Running running;
    const auto says_up = [&](std::string_view defaults, int major, int minor) {
        const Config config = parse(fmt::format("defaults\n{}backend b\n"
                                                " server x 10.0.0.1:80 agent-check agent-port 9\n",
                                                defaults));
        const auto info = version(major, minor);
        const auto all = commands(make_plan({config, running, info, {}}, all_servers(config)));
        return std::ranges::count(all, "set server b/x agent up") == 1;
    };
    EXPECT_TRUE(says_up("", 3, 2));
    EXPECT_FALSE(says_up("", 3, 3));
    EXPECT_TRUE(says_up(" default-server inter 1s\n", 3, 3));
}

TEST(Plan, TellsWhatIsNotExact) {
    const Config config = parse("backend b\n server x 10.0.0.1:80 alpn h2,http/1.1 ssl\n"
                                " server y 10.0.0.2:80 proto h2\n server z 10.0.0.3:80\n");
    const Running running;
    const auto old = version(2, 6);
    const Plan plan = make_plan({config, running, old, {}}, all_servers(config));
    EXPECT_EQ(plan.steps.size(), 3U);
    ASSERT_EQ(plan.differences.size(), 1U);
    EXPECT_THAT(in_words(*plan.differences.begin()),
                testing::StartsWith("b: HAProxy 2.6.0 opens a new"));
    Situation exact{config, running, old, {}};
    exact.exact = true;
    EXPECT_EQ(make_plan(exact, all_servers(config)).steps.size(), 1U);
    EXPECT_THAT(in_words(make_plan(exact, all_servers(config)).obstacles),
                ElementsAre(testing::HasSubstr("(and 1 more)")));
    const auto recent = version(3, 0);
    EXPECT_THAT(make_plan({config, running, recent, {}}, all_servers(config)).differences,
                testing::IsEmpty());
}

/// Under a consistent hash servers that stay keep their numbers, though others before them go.
TEST(Plan, ExactNumbersUnderAHash) {
    const std::string balance = "backend b\n balance uri\n hash-type consistent\n";
    const Config before = parse(balance + " server x 10.0.0.1:80\n server y 10.0.0.2:80\n");
    Running running = started_from(before);
    running["b"]["x"].id = 1;
    running["b"]["y"].id = 2;
    const auto info = version(3, 0);
    const auto reasons = [&](const Config& wanted, bool exact) {
        Situation situation{wanted, running, info, {}};
        situation.exact = exact;
        return in_words(make_plan(situation, every_server(wanted, running)).obstacles);
    };
    const Config without_first = parse(balance + " server y 10.0.0.2:80\n");
    EXPECT_THAT(reasons(without_first, false), IsEmpty());
    EXPECT_THAT(reasons(without_first, true), ElementsAre(HasSubstr("b/y: it has another number")));
    EXPECT_THAT(reasons(parse(balance + " server x 10.0.0.1:80\n"), true), IsEmpty());
    EXPECT_THAT(reasons(parse(balance + " server x 10.0.0.1:80\n server y 10.0.0.2:80\n"
                                        " server z 10.0.0.3:80\n"),
                        true),
                IsEmpty());
    EXPECT_THAT(reasons(parse(balance + " server z 10.0.0.3:80\n server x 10.0.0.1:80\n"
                                        " server y 10.0.0.2:80\n"),
                        true),
                ElementsAre(HasSubstr("it has another number")));
    EXPECT_THAT(reasons(parse("backend b\n server y 10.0.0.2:80\n"), true), IsEmpty());
}

/// A hash without `hash-type consistent` counts the servers that are there: numbers mean nothing.
TEST(Plan, ExactNumbersMeanNothingUnderAMap) {
    for (const char* const hash : {"", " hash-type map-based\n"}) {
        const std::string balance = std::string("backend b\n balance source\n") + hash;
        const Config before = parse(balance + " server x 10.0.0.1:80\n server y 10.0.0.2:80\n");
        Running running = started_from(before);
        running["b"]["x"].id = 1;
        running["b"]["y"].id = 2;
        const auto info = version(3, 0);
        const Config without_first = parse(balance + " server y 10.0.0.2:80\n");
        Situation situation{without_first, running, info, {}};
        situation.exact = true;
        const Plan plan = make_plan(situation, every_server(without_first, running));
        EXPECT_THAT(in_words(plan.obstacles), IsEmpty());
        EXPECT_EQ(plan.steps.size(), 1U);
    }
}

TEST(Plan, AMadeReadyServerOfADisabledLineIsNoDrift) {
    const Config config = parse("backend b\n server x 10.0.0.1:80\n");
    Running running = started_from(config);
    running["b"]["x"].admin_state = 4;
    const auto info = version(2, 6);
    EXPECT_TRUE(make_plan({config, running, info, {}}, every_server(config, running)).empty());
}

TEST(Plan, ALeavingServerComesBackWhenItIsWantedAgain) {
    const Config config = parse("backend b\n server x 10.0.0.1:80\n");
    Running running = started_from(config);
    running["b"]["x"].admin_state = 1;
    running["b"]["x"].leaving = true;
    const auto info = version(2, 6);
    const Plan plan = make_plan({config, running, info, {}}, std::vector<ServerId>{{"b", "x"}});
    EXPECT_THAT(commands(plan), ElementsAre("set server b/x state ready"));
    EXPECT_FALSE(plan.steps[0].server().after.leaving);
    EXPECT_EQ(plan.steps[0].server().after.admin_state, 0U);
    // Not wanted, it is left to its last connections.
    const Config without = parse("backend b\n");
    EXPECT_TRUE(make_plan({without, running, info, {}}, std::vector<ServerId>{{"b", "x"}}).empty());
}

TEST(Plan, SaysWhatOldHaproxiesForget) {
    const Config config = parse("backend b\n server x 10.0.0.1:80 maxconn 5\n");
    const Running running;
    const auto info = version(2, 6);
    EXPECT_THAT(commands(make_plan({config, running, info, {}}, all_servers(config))),
                ElementsAre("add server b/x 10.0.0.1:80 maxconn 5 pool-max-conn -1 "
                            "pool-purge-delay 5s minconn 5",
                            "set server b/x state ready"));
}

TEST(Plan, VersionsWithoutAddServer) {
    const Config config = parse("backend b\n server x 10.0.0.1:80\n");
    Running running;
    running["b"]["y"] = server_at("10.0.0.2", 80);
    const auto info = version(2, 2);
    const Plan plan = make_plan({config, running, info, {}}, every_server(config, running));
    EXPECT_THAT(commands(plan), ElementsAre("set server b/y state maint"));
    EXPECT_THAT(in_words(plan.obstacles),
                ElementsAre("b/x: HAProxy 2.2.0 has no 'add server' (2.4 and later have)"));
}

TEST(Plan, StartDown) {
    const Config config = parse("backend b\n server x 10.0.0.1:80 check weight 5\n"
                                " server y 10.0.0.2:80\n server z 10.0.0.3:80 check\n");
    Running running;
    running["b"]["z"] = server_at("10.0.0.3", 80);
    running["b"]["z"].check_state = 6;
    running["b"]["z"].admin_state = 1;
    const auto old = version(3, 0);
    EXPECT_THAT(commands(make_plan({config, running, old, {}, true}, all_servers(config))),
                ElementsAre("add server b/x 10.0.0.1:80 check weight 0", "enable health b/x",
                            "set server b/x state ready", "set server b/x health down",
                            "set server b/x weight 5", "add server b/y 10.0.0.2:80",
                            "set server b/y state ready", "set server b/z weight 0",
                            "set server b/z state ready", "set server b/z health down",
                            "set server b/z weight 1"));
    const auto recent = version(3, 1);
    const Plan plan = make_plan({config, running, recent, {}, true}, all_servers(config));
    EXPECT_EQ(plan.steps[0].commands[0].line,
              "add server b/x 10.0.0.1:80 check init-state down weight 5");
    EXPECT_FALSE(plan.steps[0].server().after.options->has("init-state"))
        << "nobody has asked for it";
}

TEST(Plan, ChecksThatWereTurnedOffCanBeTurnedOn) {
    const Config with = parse("backend b\n server x 10.0.0.1:80 check inter 1s\n");
    const Config without = parse("backend b\n server x 10.0.0.1:80 inter 1s\n");
    Running running = started_from(with);
    const auto info = version(3, 0);
    const auto servers = all_servers(with);
    carry_out(running, make_plan({without, running, info, {}}, servers));
    EXPECT_EQ(running["b"]["x"].check_state, RunningServer::check_configured);
    EXPECT_TRUE(make_plan({without, running, info, {}}, servers).empty());
    EXPECT_THAT(commands(make_plan({with, running, info, {}}, servers)),
                ElementsAre("enable health b/x"));
}

TEST(Plan, NamesToResolve) {
    const Config config = parse("backend b\n server x two.example:80\n server y one.example\n"
                                " server z 10.0.0.1:80\n server w one.example:81\n server v /x\n"
                                " server broken\n");
    EXPECT_THAT(names_to_resolve(config, all_servers(config)),
                ElementsAre("one.example", "two.example"));
    EXPECT_THAT(names_to_resolve(config, std::vector<ServerId>{{"b", "z"}, {"c", "x"}}), IsEmpty());
    const Config resolved =
        parse("backend b\n default-server resolvers d\n server x one.example:80\n");
    EXPECT_THAT(names_to_resolve(resolved, all_servers(resolved)), IsEmpty());
}

/// The end of the address is no port.
TEST(Plan, AnotherPortAtAnIpv6Address) {
    const Config before = parse("backend b\n server x one.example:80 resolvers d\n");
    const Config after = parse("backend b\n server x one.example:81 resolvers d\n");
    Running running = started_from(before);
    running["b"]["x"].address = "2001:db8::1:5";
    const auto info = version(3, 0);
    EXPECT_THAT(commands(make_plan({after, running, info, {}}, all_servers(after))),
                ElementsAre("set server b/x addr 2001:db8::1:5 port 81"));
}

TEST(Plan, ManyServersUseAnIndex) {
    std::string text = "backend b\n";
    for (int i = 0; i < 100; ++i)
        text += fmt::format(" server s{} 10.0.0.1:{}\n", i, i + 1);
    const Config config = parse(text);
    const Running running;
    const auto info = version(3, 0);
    EXPECT_EQ(make_plan({config, running, info, {}}, all_servers(config)).steps.size(), 100U);
}

TEST(Plan, ABackendsNameIsNoCommand) {
    const Config config = parse("backend b;shutdown\n server x 10.0.0.1:80\n");
    const Running running;
    const auto info = version(3, 0);
    const Plan plan = make_plan({config, running, info, {}}, all_servers(config));
    EXPECT_THAT(plan.steps, IsEmpty());
    EXPECT_THAT(in_words(plan.problems), ElementsAre(HasSubstr("its backend's name")));
}

TEST(Plan, InWords) {
    Plan plan;
    EXPECT_TRUE(plan.empty());
    plan.steps.push_back({object_id({"b", "x"}), Phase::create, {}, "10.0.0.1:80", {}});
    plan.obstacles.add({ObjectId::Kind::section, {}, "backend b"},
                       {Cause::Kind::line, "+ balance first"});
    plan.problems = {{object_id({"b", "y"}), "the name 'z' has no address"}};
    plan.waiting = {{object_id({"b", "w"}), "its last connections keep its successor back"}};
    EXPECT_FALSE(plan.empty());
    EXPECT_THAT(describe(plan),
                ElementsAre("b/x: add 10.0.0.1:80", "reload: backend b: + balance first",
                            "problem: b/y: the name 'z' has no address",
                            "waiting: b/w: its last connections keep its successor back"));
    EXPECT_EQ(verb(Phase::create), "add");
    EXPECT_EQ(verb(Phase::change), "change");
    EXPECT_EQ(verb(Phase::withdraw), "remove");
    EXPECT_EQ(to_string(Phase::prepare), "prepare");
    EXPECT_EQ(to_string(Phase::withdraw), "withdraw");
    EXPECT_EQ(to_string(Phase::remove), "remove");
}

TEST(Plan, StandInNames) {
    EXPECT_EQ(stood_in_for(stand_in_name("web1")), "web1");
    EXPECT_EQ(stood_in_for("web1"), "");
}

} // namespace
} // namespace hitless::plan
