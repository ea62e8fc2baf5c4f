// hitlessctl's commands that change servers, on a real HAProxy.
#include "hitless/base/file.hpp"

#include "ctl/change.hpp"
#include "ctl/ctl.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

namespace hitless::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Change : public CtlTest {};

TEST_F(Change, SetsStates) {
    for (const char* const state : {"drain", "maint", "ready"}) {
        const auto rows = json({state, "app/w1"});
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(rows[0]["answer"], "done");
        EXPECT_THAT(rows[0]["after"].get<std::string>(), testing::StartsWith(state));
        EXPECT_EQ(server("w1")["admin"], state);
    }
    EXPECT_EQ(json({"drain", "app/*"}).size(), 2U);
    EXPECT_EQ(server("w1")["admin"], "drain");
    EXPECT_EQ(server("w2")["admin"], "drain");
}

TEST_F(Change, SetsWeightLimitAndAddress) {
    EXPECT_EQ(run({"weight", "app/w1", "7"}).code, 0);
    EXPECT_EQ(server("w1")["weight"], 7);
    EXPECT_EQ(run({"weight", "app/w2", "40%"}).code, 0);
    EXPECT_EQ(server("w2")["weight"], 2);
    const auto limited = json({"maxconn", "app/w1", "9"});
    EXPECT_THAT(limited[0]["before"].get<std::string>(), testing::EndsWith(", no limit"));
    EXPECT_THAT(limited[0]["after"].get<std::string>(), testing::EndsWith(", limit 9"));
    EXPECT_EQ(server("w1")["limit"], 9);
    EXPECT_EQ(run({"addr", "app/w1", web_.address(2)}).code, 0);
    EXPECT_TRUE(wait_until([&] { return server("w1")["address"] == web_.address(2); }));
}

TEST_F(Change, RefusesWhatMakesNoSense) {
    const struct {
        std::vector<std::string> arguments;
        int code;
        const char* text;
    } cases[] = {
        {{"drain"}, 2, "name BACKEND/SERVER"},
        {{"drain", "app"}, 2, "'app/*'"},
        {{"drain", "app/nix"}, 5, "no server is named app/nix"},
        {{"weight", "app/w1"}, 2, "name BACKEND/SERVER"},
        {{"weight", "app/w1", "257"}, 2, "'257' is no weight"},
        {{"weight", "app/w1", "x%"}, 2, "is no weight"},
        {{"maxconn", "app/w1", "-1"}, 2, "not defined"},
        {{"addr", "app/w1", "localhost:80"}, 2, "is no IP address"},
        {{"add", "app", "10.0.0.1:80"}, 2, "is no BACKEND/SERVER"},
        {{"add", "app/a;b", "10.0.0.1:80"}, 2, "is no BACKEND/SERVER"},
        {{"add", "nix/w9", "10.0.0.1:80"}, 1, "has no backend nix"},
        {{"add", "app/w1", "10.0.0.1:80"}, 1, "has a server app/w1 already"},
        {{"add", "app/w9", "10.0.0.1:80", "bogus"}, 1, "no server option 'bogus'"},
        {{"add", "fixed/w9", "10.0.0.1:80"}, 1, "static-rr"},
        {{"del", "app"}, 2, "BACKEND/SERVER"},
        {{"del", "app/nix"}, 5, "no server is named"},
    };
    const std::string before = haproxy_.command("show servers conn");
    for (const auto& [arguments, code, text] : cases) {
        const Ended ended = run(arguments);
        EXPECT_EQ(ended.code, code) << testing::PrintToString(arguments) << ended.err;
        EXPECT_THAT(ended.err, HasSubstr(text)) << testing::PrintToString(arguments);
    }
    EXPECT_EQ(haproxy_.command("show servers conn").size(), before.size());
}

TEST_F(Change, ReportsWhatHaproxyRefuses) {
    const Ended ended = run({"weight", "fixed/f1", "7"});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.out, HasSubstr("Backend is using a static LB algorithm"));
}

TEST_F(Change, SaysThatAPartOfASmallWeightIsNone) {
    const Ended none = run({"weight", "app/w1", "50%"});
    EXPECT_EQ(none.code, 0);
    EXPECT_EQ(none.err, "hitlessctl: 50% of weight 1 is 0: app/w1 gets no new requests\n");
    EXPECT_EQ(server("w1")["weight"], 0);
    EXPECT_EQ(run({"weight", "app/w2", "40%"}).err, "");
    EXPECT_EQ(run({"weight", "app/w2", "0%"}).err, "") << "none is what is asked for";
}

/// A spare server in maintenance counts as free.
TEST_F(Change, DrainsASpareServerInUseInsteadOfMaintenance) {
    const std::string slots = "    server hitless-slot1 127.0.0.1:1 disabled\n"
                              "    server hitless-slot2 127.0.0.1:1 disabled\n";
    haproxy_.configure(configuration() + slots);
    haproxy_.stop();
    haproxy_.start();
    haproxy_.configure(configuration() + "    server web9 " + web_.address(2) + "\n" + slots);
    const std::string slot = "set server fixed/hitless-slot1 ";
    (void)haproxy_.command(slot + "addr 127.0.0.1 port " + std::to_string(web_.port(2)));
    (void)haproxy_.command(slot + "state ready");
    ASSERT_TRUE(wait_until([&] { // HAProxy 3.4 sets an address a moment later
        return run({"servers"}).out.find("slot for web9") != std::string::npos;
    }));
    EXPECT_EQ(json({"servers", "fixed/web9"}).at(0)["server"], "hitless-slot1");
    EXPECT_EQ(run({"sessions", "fixed/web9"}).code, 0);
    const Ended out = run({"maint", "fixed/web9"});
    EXPECT_EQ(out.code, 0);
    EXPECT_THAT(out.out, HasSubstr("set server fixed/hitless-slot1 state drain"));
    EXPECT_THAT(out.err, AllOf(HasSubstr("it is drained instead"),
                               HasSubstr("`hitlessctl ready fixed/web9` ends that")));
    EXPECT_THAT(run({"servers"}).out, HasSubstr("slot for web9"));
    EXPECT_THAT(run({"explain", "fixed/web9"}).out,
                AllOf(HasSubstr("it is in drain"), HasSubstr("runs as   hitless-slot1")));
    EXPECT_EQ(run({"ready", "fixed/web9"}).code, 0);
    EXPECT_EQ(json({"servers", "fixed/hitless-slot1"}).at(0)["admin"], "ready");
    Process events({HITLESSCTL, "events", "fixed/web9", "--watch", "0.1", "-s", haproxy_.socket()},
                   haproxy_.directory() / "events.log");
    EXPECT_TRUE(wait_until([&] { // the first look only takes stock
        (void)run({"drain", "fixed/web9"});
        (void)run({"ready", "fixed/web9"});
        return events.log().find("fixed/hitless-slot1 slot for web9") != std::string::npos;
    })) << events.log();
    EXPECT_EQ(events.stop(), 128 + SIGTERM);
    EXPECT_EQ(run({"maint", "fixed/hitless-slot2", "--dry-run"}).out,
              "set server fixed/hitless-slot2 state maint\n")
        << "a free one";
    const Ended spare = run({"ready", "fixed/hitless-slot2"});
    EXPECT_EQ(spare.code, 1) << spare.out;
    EXPECT_THAT(spare.err, HasSubstr("nobody listens at its address"));
    // By other means.
    (void)haproxy_.command(slot + "state maint");
    const Ended lost = run({"ready", "fixed/web9"});
    EXPECT_EQ(lost.code, 5);
    EXPECT_THAT(lost.err, HasSubstr("has a line for fixed/web9, but HAProxy has no such server"));
}

TEST_F(Change, HoldsAServerOfTwoSocketsOnce) {
    haproxy_.directory().write(".haproxy.cfg.keys.json", R"({"/app/servers/w1": "10.0.0.1:80"})");
    const std::vector<std::string> both = {"-s", haproxy_.socket(), "-s", haproxy_.socket()};
    const auto run_both = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), both.begin(), both.end());
        return run_bare(arguments);
    };
    const Ended held = run_both({"drain", "app/w1", "--for", "1h"});
    EXPECT_EQ(held.code, 0);
    EXPECT_EQ(held.err,
              "hitlessctl: hitlessd does not run: nobody ends this when its time is over, "
              "until hitlessd is started, or `hitlessctl holds -lift` ends it\n");
    EXPECT_THAT(run_both({"drain", "app/w1", "--for", "2h"}).err, HasSubstr("takes its place"));
    EXPECT_EQ(nlohmann::json::parse(run_both({"holds", "--json"}).out).size(), 1U);
    const Ended lifted = run_both({"holds", "--lift", "*"});
    EXPECT_EQ(lifted.code, 0) << lifted.err;
    EXPECT_THAT(lifted.out, HasSubstr("lifted: app/w1"));
    EXPECT_EQ(server("w1")["admin"], "ready");
    EXPECT_EQ(run_both({"holds"}).out, "nothing is held\n");
    const Ended one = run_both({"diff"});
    EXPECT_EQ(one.code, 2);
    EXPECT_THAT(one.err, HasSubstr("name one -socket"));
}

TEST(CommandLines, AreNoneWhereANameWouldMakeAnotherCommand) {
    const std::string command = "set server app/w1 state maint";
    EXPECT_EQ(ctl::command_line({"app", "w1"}, command), command);
    for (const std::string name : {"w1;x", "w1\nx", "w1\x1b[2J", "w 1", ""}) {
        const std::string line = ctl::command_line({"app", name}, "set server app/" + name);
        EXPECT_THAT(line, testing::StartsWith("# left out, since it has a name in it"));
        EXPECT_THAT(line, Not(testing::ContainsRegex("[\x01-\x1f]")));
        EXPECT_THAT(ctl::command_line({name, "w1"}, command), testing::StartsWith("# "));
    }
    EXPECT_THAT(ctl::command_line({"app", "w1"}, "set server app/w1 addr x\ny"),
                testing::StartsWith("# "));
}

TEST_F(Change, ShowsCommandsInADryRun) {
    EXPECT_EQ(run({"maint", "app/*", "--dry-run"}).out,
              "set server app/w1 state maint\nset server app/w2 state maint\n");
    if (haproxy_version() >= 205) {
        EXPECT_THAT(run({"add", "app/w9", "127.0.0.1:80", "weight", "3", "--dry-run"}).out,
                    AllOf(HasSubstr("add server app/w9 127.0.0.1:80 check inter 100ms"),
                          HasSubstr("weight 3"), HasSubstr("enable health app/w9\n"),
                          HasSubstr("set server app/w9 state ready\n")));
    }
    EXPECT_EQ(run({"del", "app/w1", "--force", "--dry-run"}).out,
              "set server app/w1 state maint\nshutdown sessions server app/w1\n"
              "del server app/w1\n");
    EXPECT_EQ(server("w1")["admin"], "ready");
    EXPECT_TRUE(json({"servers", "app/w9"}).is_array());
}

TEST_F(Change, AddsAServerThatIsCheckedAndServes) {
    if (haproxy_version() < 205) { // which adds no server with a check
        const Ended refused = run({"add", "app/w9", web_.address(2)});
        EXPECT_EQ(refused.code, 1);
        EXPECT_THAT(refused.err, HasSubstr("takes no 'check' at runtime"));
        return;
    }
    const Ended added = run({"add", "app/w9", web_.address(2)});
    EXPECT_EQ(added.code, 0) << added.err;
    EXPECT_TRUE(wait_until([&] {
        const auto w9 = server("w9");
        return w9["state"] == "up" && w9["check"].get<std::string>().starts_with("L4OK");
    }));
    EXPECT_EQ(server("w9")["origin"], "runtime");
    EXPECT_TRUE(wait_until([&] { return http("GET", url()).body == "s3"; }));
}

TEST_F(Change, DeletesAServerWhenItsSessionsHaveEnded) {
    if (haproxy_version() < 205) { // which deletes no server of its file
        const Ended refused = run({"del", "app/w1"});
        EXPECT_EQ(refused.code, 1);
        EXPECT_THAT(refused.out, HasSubstr("in maintenance, not deleted"));
        return;
    }
    ASSERT_EQ(run({"maint", "app/w2"}).code, 0); // so that w1 has the request
    web_.hold(0);
    std::string answer;
    std::jthread client([&] { answer = http("GET", url()).body; });
    ASSERT_TRUE(wait_until([&] { return web_.held(0) == 1; }));
    const Ended early = run({"del", "app/w1", "--wait", "200ms"});
    EXPECT_EQ(early.code, 1);
    EXPECT_THAT(early.out, HasSubstr("its connections have not ended"));
    EXPECT_EQ(server("w1")["admin"], "maint");
    web_.release(0);
    client.join();
    EXPECT_EQ(answer, "s1");
    const Ended deleted = run({"del", "app/w1"});
    EXPECT_EQ(deleted.code, 0) << deleted.out;
    EXPECT_THAT(deleted.out, HasSubstr("deleted"));
    EXPECT_EQ(run({"servers", "app/w1"}).code, 5);
}

TEST_F(Change, EndsSessionsWhenForced) {
    const int ends = haproxy_version() < 205 ? 1 : 0; // 2.4 deletes no server of its file
    ASSERT_EQ(run({"maint", "app/w2"}).code, 0);
    web_.hold(0);
    std::string answer;
    std::jthread client([&] { answer = http("GET", url()).body; });
    ASSERT_TRUE(wait_until([&] { return web_.held(0) == 1; }));
    const Ended deleted = run({"del", "app/w1", "--force"});
    EXPECT_EQ(deleted.code, ends) << deleted.out << deleted.err;
    client.join();
    EXPECT_NE(answer, "s1") << "its session was to be ended";
    web_.release(0);
}

TEST_F(Change, PointsOutWhoWillUndoIt) {
    EXPECT_THAT(run({"drain", "app/w1"}).err, Not(HasSubstr("hitlessd")));
    haproxy_.directory().write(".haproxy.cfg.keys.json", R"({"/app/servers/w1": "10.0.0.1:80"})");
    EXPECT_THAT(run({"drain", "app/w1"}).err,
                AllOf(HasSubstr("does not run now: it will undo this when it is started"),
                      HasSubstr("change the server's key instead")));
    const auto held = base::hold_file(
        haproxy_.directory().write(".haproxy.cfg.resource.json", R"({"format": 2})"));
    EXPECT_THAT(run({"maint", "app/w1"}).err,
                HasSubstr("it will undo this within its -resync time"));
    // Nothing is to be undone.
    EXPECT_EQ(run({"ready", "app/w1"}).err, "");
    EXPECT_EQ(run({"maxconn", "app/w1", "7"}).err, "");
    // Nor of a limit, where something else is.
    EXPECT_THAT(run({"weight", "app/w1", "7"}).err, HasSubstr("it will undo this"));
    EXPECT_EQ(run({"maxconn", "app/w1", "8"}).err, "");
}

/// Whoever may read the directory can lock it.
TEST_F(Change, NeedsNoLockWhereNothingIsHeld) {
    const int directory = ::open(haproxy_.directory().path().c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(::flock(directory, LOCK_EX), 0);
    const Ended ready = run({"ready", "app/w1"});
    EXPECT_EQ(ready.code, 0) << ready.err;
    ::close(directory);
}

} // namespace
} // namespace hitless::test
