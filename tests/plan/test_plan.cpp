#include "hitless/plan/plan.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace hitless::plan {
namespace {

using haproxy::Config;
using haproxy::Running;
using haproxy::RunningServer;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

Config parse(std::string text) {
    return Config::parse(std::move(text)).value();
}

haproxy::Info version(int major, int minor) {
    haproxy::Info info;
    info.version = fmt::format("{}.{}.0", major, minor);
    info.major = major;
    info.minor = minor;
    return info;
}

RunningServer server_at(std::string address, std::uint16_t port) {
    RunningServer server;
    server.address = std::move(address);
    server.port = port;
    server.operational = 2;
    return server;
}

/// Everything as HAProxy would have it after starting with `config`.
Running started_from(const Config& config) {
    Running running;
    for (const ServerChange& change : all_servers(config)) {
        const auto& backend = *config.find_backend(change.backend);
        for (const haproxy::ServerLine& line : backend.servers) {
            const auto server = haproxy::effective_server(config, backend, line);
            if (!server || line.name != change.server)
                continue;
            const bool name = server->address.kind == haproxy::Address::Kind::name;
            const bool other = server->address.kind == haproxy::Address::Kind::other;
            RunningServer made = server_at(name    ? "127.0.0.1"
                                           : other ? "-"
                                                   : server->address.host,
                                           server->address.port);
            if (name)
                made.fqdn = server->address.host;
            made.weight = made.initial_weight = server->weight;
            made.admin_state = server->disabled ? 5 : 0;
            made.operational = server->disabled ? 0 : 2;
            made.check_state = server->options.has("check") ? 6 : 0;
            made.agent_state = server->options.has("agent-check") ? 6 : 0;
            running[change.backend][change.server] = made;
        }
    }
    adopt_options(running, config);
    return running;
}

/// The commands of a plan, in order.
std::vector<std::string> commands(const Plan& plan) {
    std::vector<std::string> all;
    for (const Action& action : plan.actions)
        all.insert(all.end(), action.commands.begin(), action.commands.end());
    return all;
}

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
    EXPECT_THAT(plan.reload_reasons, ElementsAreArray(GetParam().reload)) << GetParam().what;
    EXPECT_THAT(plan.problems, ElementsAreArray(GetParam().problems)) << GetParam().what;
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
                 {"add server b/y 10.0.0.2:80 agent-check agent-port 99", "enable agent b/y",
                  "set server b/y state ready"}},
        PlanCase{"a disabled one",
                 x,
                 x + " server y 10.0.0.2:80 disabled\n",
                 {"add server b/y 10.0.0.2:80"}},
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
                 {"disable agent b/x"}},
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
            "backend b\n server x one.example:80\n server y one.example:80 resolve-prefer ipv6\n"
            " server z none.example:80\n",
            {"add server b/x 10.1.0.1:80", "set server b/x state ready",
             "add server b/y [fd00::1]:80", "set server b/y state ready"},
            {},
            {"b/z: the name 'none.example' has no address"}},
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
            {"b/x: backup none → on: other lines point to it, and HAProxy deletes no such server "
             "(and 2 more)"}},
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
    EXPECT_EQ(plan.actions[0].detail,
              "10.0.0.9:80 → 10.0.0.1:80, weight 1 → 5, checks on, drain → ready");
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
    const Plan plan = make_plan({config, running, info, {}}, std::vector<ServerChange>{{"b", "x"}});
    EXPECT_THAT(commands(plan), ElementsAre("set server b/x state ready"));
    EXPECT_FALSE(plan.actions[0].after.leaving);
    EXPECT_EQ(plan.actions[0].after.admin_state, 0U);
    // Not wanted, it is left to its last connections.
    const Config without = parse("backend b\n");
    EXPECT_TRUE(
        make_plan({without, running, info, {}}, std::vector<ServerChange>{{"b", "x"}}).empty());
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
    EXPECT_THAT(
        plan.reload_reasons,
        testing::UnorderedElementsAre("b/x: HAProxy 2.2.0 has no 'add server' (2.4 and later have)",
                                      "b/y: HAProxy 2.2.0 can't delete servers"));
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
    EXPECT_EQ(plan.actions[0].commands[0],
              "add server b/x 10.0.0.1:80 check init-state down weight 5");
    EXPECT_FALSE(plan.actions[0].after.options->has("init-state")) << "nobody has asked for it";
}

/// HAProxy's part in a test: carries a plan out and, when asked, forgets those that leave.
void carry_out(Running& running, const Plan& plan) {
    for (const Action& action : plan.actions)
        running[action.backend][action.server] = action.after;
}
void delete_leaving(Running& running) {
    std::erase_if(running["b"], [](const auto& entry) { return entry.second.leaving; });
}

class Replace : public testing::Test {
  protected:
    Plan plan(const Config& wanted) {
        return make_plan({wanted, running_, info_, {}}, std::vector<ServerChange>{{"b", "x"}});
    }

    const Config before_ = parse("backend b\n server x 10.0.0.1:80 check inter 1s\n");
    const Config after_ = parse("backend b\n server x 10.0.0.1:80 check inter 2s backup\n");
    Running running_ = started_from(before_);
    const haproxy::Info info_ = version(3, 0);
};

TEST_F(Replace, GoesByAStandIn) {
    const Plan first = plan(after_);
    EXPECT_THAT(commands(first),
                ElementsAre("add server b/x:next 10.0.0.1:80 check inter 2s backup",
                            "enable health b/x:next", "set server b/x:next state ready"));
    EXPECT_THAT(first.actions[0].detail,
                HasSubstr("stands in for x: inter 1s → 2s, backup none → on"));
    EXPECT_THAT(first.next, ElementsAre(ServerChange{"b", "x"}));
    carry_out(running_, first);

    const Plan second = plan(after_);
    EXPECT_THAT(commands(second), ElementsAre("set server b/x state maint"));
    carry_out(running_, second);

    EXPECT_TRUE(plan(after_).empty());
    EXPECT_THAT(plan(after_).waiting, ElementsAre(HasSubstr("b/x: its last connections")));
    // A full plan leaves the stand-in alone as well.
    EXPECT_TRUE(make_plan({after_, running_, info_, {}}, every_server(after_, running_)).empty());
    delete_leaving(running_);

    const Plan third = plan(after_);
    EXPECT_THAT(commands(third),
                ElementsAre("add server b/x 10.0.0.1:80 check inter 2s backup", "enable health b/x",
                            "set server b/x state ready", "set server b/x:next state maint"));
    carry_out(running_, third);
    delete_leaving(running_);
    EXPECT_TRUE(make_plan({after_, running_, info_, {}}, every_server(after_, running_)).empty());
}

TEST_F(Replace, WaitsForTheStandInsCheck) {
    carry_out(running_, plan(after_));
    running_["b"]["x:next"].operational = 0;
    EXPECT_THAT(commands(plan(after_)), IsEmpty());
    EXPECT_THAT(plan(after_).waiting, ElementsAre(HasSubstr("its stand-in's check")));
    running_["b"]["x"].operational = 0; // then there is nothing to lose
    EXPECT_THAT(commands(plan(after_)), ElementsAre("set server b/x state maint"));
}

TEST_F(Replace, NeedsNoStandInForAServerThatServesNobody) {
    running_["b"]["x"].operational = 0;
    EXPECT_THAT(commands(plan(after_)), ElementsAre("set server b/x state maint"));
}

TEST_F(Replace, CanBeTakenBack) {
    carry_out(running_, plan(after_));
    const Plan back = plan(before_);
    EXPECT_THAT(commands(back), ElementsAre("set server b/x:next state maint"));
    carry_out(running_, plan(after_));
    EXPECT_TRUE(running_["b"]["x"].leaving);
    EXPECT_THAT(commands(plan(before_)),
                ElementsAre("set server b/x state ready", "set server b/x:next state maint"));
}

TEST_F(Replace, ToYetOtherOptions) {
    carry_out(running_, plan(after_));
    const Config other = parse("backend b\n server x 10.0.0.1:80 check inter 3s\n");
    const Plan again = plan(other);
    EXPECT_THAT(commands(again), ElementsAre("set server b/x:next state maint"));
    carry_out(running_, again);
    EXPECT_THAT(plan(other).waiting, ElementsAre(HasSubstr("earlier stand-in")));
    delete_leaving(running_);
    EXPECT_THAT(commands(plan(other)).front(), "add server b/x:next 10.0.0.1:80 check inter 3s");
}

TEST_F(Replace, FollowsTheAddressMeanwhile) {
    carry_out(running_, plan(after_));
    const Config moved = parse("backend b\n server x 10.0.0.2:80 check inter 2s backup\n");
    EXPECT_THAT(commands(plan(moved)), ElementsAre("set server b/x:next addr 10.0.0.2 port 80"));
}

TEST_F(Replace, GoesOnAfterTheKnowledgeIsLost) {
    carry_out(running_, plan(after_));
    for (auto& [name, server] : running_["b"]) {
        server.options.reset();
        server.leaving = false;
    }
    adopt_options(running_, after_); // the file on disk has the new line
    EXPECT_THAT(commands(plan(after_)), ElementsAre("set server b/x state maint"));
}

TEST_F(Replace, IsGivenUpWhenNobodyWantsIt) {
    carry_out(running_, plan(after_));
    const Config without = parse("backend b\n");
    EXPECT_THAT(
        commands(make_plan({without, running_, info_, {}}, every_server(without, running_))),
        ElementsAre("set server b/x state maint", "set server b/x:next state maint"));
}

TEST_F(Replace, NeedsAFreeName) {
    const Config taken = parse("backend b\n server x 10.0.0.1:80 check inter 2s\n"
                               " server x:next 10.0.0.2:80\n");
    EXPECT_THAT(plan(taken).reload_reasons, ElementsAre(HasSubstr("name is taken")));
}

struct ReplaceCase {
    std::string before;
    std::string after;
    std::string_view why;
};

class NeedsReplacement : public testing::TestWithParam<ReplaceCase> {};

TEST_P(NeedsReplacement, BecauseNoCommandDoesIt) {
    const Config before = parse("backend b\n server x " + GetParam().before + "\n");
    const Config after = parse("backend b\n server x " + GetParam().after + "\n");
    const Running running = started_from(before);
    const auto info = version(3, 0);
    const Plan plan = make_plan({after, running, info, {}}, all_servers(after));
    ASSERT_EQ(plan.actions.size(), 1U);
    EXPECT_EQ(plan.actions[0].server, "x:next");
    EXPECT_THAT(plan.actions[0].detail, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Plan, NeedsReplacement,
    testing::Values(ReplaceCase{"10.0.0.1:80", "10.0.0.1:80 check", "check none → on"},
                    ReplaceCase{"10.0.0.1:80", "10.0.0.1:80 agent-check agent-port 5",
                                "agent-check none → on"},
                    ReplaceCase{"10.0.0.1:80", "10.0.0.1", "port 80 → none"},
                    ReplaceCase{"10.0.0.1:80", "/run/x.sock", "address 10.0.0.1:80 → /run/x.sock"},
                    ReplaceCase{"/run/y.sock", "/run/x.sock", "address /run/y.sock → /run/x.sock"},
                    ReplaceCase{"/run/y.sock", "10.0.0.1:80", "address /run/y.sock → 10.0.0.1:80"},
                    ReplaceCase{"10.0.0.1:80 minconn 1 maxconn 5", "10.0.0.1:80 maxconn 9",
                                "minconn 1 → none"}));

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
    EXPECT_THAT(names_to_resolve(config, std::vector<ServerChange>{{"b", "z"}, {"c", "x"}}),
                IsEmpty());
    const Config resolved =
        parse("backend b\n default-server resolvers d\n server x one.example:80\n");
    EXPECT_THAT(names_to_resolve(resolved, all_servers(resolved)), IsEmpty());
}

TEST(Plan, ManyServersUseAnIndex) {
    std::string text = "backend b\n";
    for (int i = 0; i < 100; ++i)
        text += fmt::format(" server s{} 10.0.0.1:{}\n", i, i + 1);
    const Config config = parse(text);
    const Running running;
    const auto info = version(3, 0);
    EXPECT_EQ(make_plan({config, running, info, {}}, all_servers(config)).actions.size(), 100U);
}

TEST(Plan, ABackendsNameIsNoCommand) {
    const Config config = parse("backend b;shutdown\n server x 10.0.0.1:80\n");
    const Running running;
    const auto info = version(3, 0);
    const Plan plan = make_plan({config, running, info, {}}, all_servers(config));
    EXPECT_THAT(plan.actions, IsEmpty());
    EXPECT_THAT(plan.problems, ElementsAre(HasSubstr("its backend's name")));
}

TEST(Plan, InWords) {
    Plan plan;
    EXPECT_TRUE(plan.empty());
    plan.actions.push_back({Action::Kind::add, "b", "x", {}, "10.0.0.1:80", {}});
    plan.reload_reasons = {"backend b: + balance first"};
    plan.problems = {"b/y: the name 'z' has no address"};
    plan.waiting = {"b/w: its last connections keep its successor back"};
    EXPECT_FALSE(plan.empty());
    EXPECT_THAT(describe(plan),
                ElementsAre("b/x: add 10.0.0.1:80", "reload: backend b: + balance first",
                            "problem: b/y: the name 'z' has no address",
                            "waiting: b/w: its last connections keep its successor back"));
    EXPECT_EQ(to_string(Action::Kind::change), "change");
    EXPECT_EQ(to_string(Action::Kind::remove), "remove");
}

TEST(Plan, StandInNames) {
    EXPECT_EQ(stood_in_for(stand_in_name("web1")), "web1");
    EXPECT_EQ(stood_in_for("web1"), "");
}

} // namespace
} // namespace hitless::plan
