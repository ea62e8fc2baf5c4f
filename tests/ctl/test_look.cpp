// hitlessctl's commands that look, on a real HAProxy.
#include "ctl/ctl.hpp"
#include "support/process.hpp"

#include <algorithm>
#include <csignal>
#include <thread>

namespace hitless::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Look : public CtlTest {};

TEST_F(Look, ShowsInfo) {
    const auto info = json({"info"}).at(0);
    EXPECT_EQ(info["pid"], haproxy_.pid());
    EXPECT_EQ(info["Pid"], haproxy_.pid());
    EXPECT_TRUE(info["version"].is_string());
    EXPECT_TRUE(info["uptime_seconds"].is_number());
    const Ended table = run({"info"});
    EXPECT_EQ(table.code, 0);
    EXPECT_THAT(table.out, AllOf(HasSubstr("version"), HasSubstr("connection limit")));
}

TEST_F(Look, ShowsBackends) {
    EXPECT_TRUE(wait_state("w1", "up"));
    const auto rows = json({"backends"});
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0]["backend"], "app");
    EXPECT_EQ(rows[0]["state"], "up");
    EXPECT_EQ(rows[0]["servers"], 2);
    EXPECT_EQ(rows[0]["servers_up"], 2);
    // HAProxy 3.4.0 says that it doesn't know.
    EXPECT_THAT(rows[0]["algorithm"].get<std::string>(), testing::AnyOf("roundrobin", "random"));
    EXPECT_EQ(json({"backends", "f*"}).size(), 1U);
    const Ended none = run({"backends", "nix"});
    EXPECT_EQ(none.code, 5);
    EXPECT_THAT(none.err, HasSubstr("nothing is named nix"));
}

TEST_F(Look, TellsOfStoppedFrontends) {
    EXPECT_EQ(json({"frontends"}).at(0)["state"], "open");
    EXPECT_EQ(run({"frontends", "nix"}).code, 5);
    EXPECT_EQ(run({"backends"}).err, "");
    EXPECT_EQ(run({"diff"}).code, 0) << run({"diff"}).out;
    EXPECT_THAT(run({"explain", "app/w2"}).out,
                HasSubstr("frontend web, line 11: default_backend"));
    (void)haproxy_.command("disable frontend web");
    EXPECT_EQ(json({"frontends", "w*"}).at(0)["state"], "paused");
    EXPECT_THAT(run({"backends"}).err, HasSubstr("enable frontend web"));
    EXPECT_THAT(run({"explain", "app/w2"}).out,
                AllOf(HasSubstr("no new request"), HasSubstr("enable frontend web")));
    const Ended diff = run({"diff"});
    EXPECT_EQ(diff.code, 3);
    EXPECT_THAT(diff.out, AllOf(HasSubstr("stopped"), HasSubstr("enable frontend web")));
    (void)haproxy_.command("enable frontend web");
    EXPECT_EQ(run({"diff"}).code, 0);
    (void)haproxy_.command("shutdown frontend web");
    EXPECT_THAT(run({"explain", "app/w2"}).out, HasSubstr("only a reload brings it back"));
}

/// HAProxy gives it the limit of the process.
TEST_F(Look, FindsALimitThatWasTypedWhereTheFileHasNone) {
    (void)haproxy_.command("set maxconn frontend web 7");
    const Ended diff = run({"diff"});
    EXPECT_EQ(diff.code, 3);
    EXPECT_THAT(diff.out, HasSubstr("maxconn 7 → "));
}

TEST_F(Look, HelpsWithNames) {
    const auto told = [&](const std::string& name) { return run({"explain", name}).err; };
    EXPECT_EQ(run({"explain", "app"}).code, 2);
    EXPECT_THAT(told("app"), HasSubstr("hitlessctl servers app"));
    EXPECT_THAT(told("w1"), HasSubstr("as app/w1"));
    EXPECT_THAT(told("ap"), HasSubstr("is it app?"));
    EXPECT_EQ(run({"explain", "app/w3"}).code, 5);
    EXPECT_THAT(told("app/w3"), HasSubstr("is it app/w1, app/w2?"));
    EXPECT_THAT(told("nowhere/at-all"), HasSubstr("hitlessctl backends"));
}

TEST_F(Look, ShowsServers) {
    ASSERT_TRUE(wait_until([&] {
        const auto w2 = server("w2");
        return w2["state"] == "up" && w2["check"].get<std::string>().starts_with("L4OK");
    }));
    const auto w2 = server("w2");
    EXPECT_EQ(w2["address"], web_.address(1));
    EXPECT_EQ(w2["admin"], "ready");
    EXPECT_EQ(w2["weight"], 5);
    EXPECT_EQ(w2["origin"], "file") << "of the file that the process was started with";
    EXPECT_EQ(server("w1")["weight"], 1);
    EXPECT_EQ(json({"servers", "app/w?", "--sort", "-weight"}).at(0)["server"], "w2");
    EXPECT_EQ(json({"servers", "--state", "nocheck"}).at(0)["server"], "f1");
    const Ended csv = run({"servers", "app/w2", "--csv"});
    EXPECT_THAT(csv.out, HasSubstr("\napp,w2," + web_.address(1) + ",ready,up,5,"));
    const Ended table = run({"servers", "fixed"});
    EXPECT_THAT(table.out, AllOf(HasSubstr("BACKEND"), HasSubstr("f1"), Not(HasSubstr("w1"))));
    EXPECT_THAT(table.out, Not(HasSubstr("\x1b"))) << "no colour but on a terminal";
    EXPECT_THAT(run({"servers", "--color", "always"}).out, HasSubstr("\x1b[32mup"));
}

TEST_F(Look, ShowsSessions) {
    web_.hold(0);
    web_.hold(1);
    std::jthread client([&] { (void)http("GET", url()); });
    EXPECT_TRUE(wait_until([&] { return !json({"sessions", "app/*"}).empty(); }));
    const auto session = json({"sessions"}).at(0);
    EXPECT_EQ(session["frontend"], "web");
    EXPECT_EQ(session["backend"], "app");
    EXPECT_THAT(session["server"].get<std::string>(), testing::AnyOf("w1", "w2"));
    const Ended none = run({"sessions", "fixed"});
    EXPECT_EQ(none.code, 0) << "they have ended, as when a server has been drained: " << none.err;
    EXPECT_THAT(none.out, AllOf(HasSubstr("BACKEND"), Not(HasSubstr("fixed"))));
    EXPECT_EQ(run({"sessions", "fixed/nosuch"}).code, 5);
    EXPECT_EQ(run({"servers", "app/nosuch"}).code, 5);
    web_.release(0);
    web_.release(1);
}

TEST_F(Look, ShowsErrors) {
    EXPECT_THAT(run({"errors"}).out, HasSubstr("Total events captured"));
    EXPECT_THAT(json({"errors"}).at(0)["text"].get<std::string>(), HasSubstr("Total events"));
}

TEST_F(Look, LooksAtSeveral) {
    // On another port.
    std::string configuration_of_other = configuration();
    boost::replace_all(configuration_of_other, fmt::format(":{}\n    default", port_),
                       fmt::format(":{}\n    default", free_port()));
    const HaproxyServer other(configuration_of_other);
    const Ended both =
        run_bare({"servers", "-s", haproxy_.socket(), "-s", other.socket(), "--json"});
    const auto rows = nlohmann::json::parse(both.out);
    EXPECT_EQ(rows.size(), 6U);
    EXPECT_EQ(rows.at(0)["haproxy"], haproxy_.socket());
    EXPECT_EQ(rows.at(5)["haproxy"], other.socket());
    const Ended half = run_bare({"servers", "-s", "/nix.sock", "-s", haproxy_.socket(), "--json"});
    EXPECT_EQ(half.code, 4);
    EXPECT_EQ(nlohmann::json::parse(half.out).size(), 3U);
    EXPECT_THAT(half.err, HasSubstr("/nix.sock"));
}

TEST_F(Look, WorksThroughTheMaster) {
    const Ended servers = run_bare({"servers", "--master", haproxy_.master_socket(), "--json"});
    EXPECT_EQ(servers.code, 0) << servers.err;
    EXPECT_EQ(nlohmann::json::parse(servers.out).size(), 3U);
    EXPECT_EQ(run_bare({"maint", "app/w1", "--master", haproxy_.master_socket()}).code, 0);
    EXPECT_EQ(server("w1")["admin"], "maint");
}

TEST_F(Look, SaysWhatIsWrong) {
    const struct {
        std::vector<std::string> arguments;
        int code;
        std::string text;
    } cases[] = {
        {{}, 2, "name a command"},
        {{"frob"}, 2, "there is no command 'frob'"},
        {{"servers", "--frob"}, 2, "not defined: -frob"},
        {{"servers", "--state", "bogus"}, 2, "'bogus' is no state"},
        {{"servers", "--sort", "bogus"}, 2, "no column 'bogus'"},
        {{"servers", "--json", "--csv"}, 2, "either -json or -csv"},
        {{"servers", "--color", "blue"}, 2, "auto, always or never"},
        {{"servers", "--watch", "0"}, 2, "number of seconds"},
        {{"info", "extra"}, 2, "'extra' is too much"},
        {{"info", "-s", "/nix/h.sock"}, 4, "there is no such socket"},
        {{"info", "-s", "127.0.0.1:1"}, 4, "nobody listens there"},
        {{"ready", "app/w1", "-s", haproxy_.directory() / "user.sock"}, 4, "level admin"},
    };
    for (const auto& [arguments, code, text] : cases) {
        std::vector<std::string> all = arguments;
        if (std::ranges::find(all, "-s") == all.end() && !all.empty())
            all.insert(all.end(), {"-s", haproxy_.socket()});
        const Ended ended = run_bare(all);
        EXPECT_EQ(ended.code, code) << testing::PrintToString(arguments) << ended.err;
        EXPECT_THAT(ended.err, AllOf(testing::StartsWith("hitlessctl: "), HasSubstr(text)));
    }
}

TEST_F(Look, SaysWhereASocketComesFromThatNoFlagNames) {
    const std::string file = haproxy_.directory().write(
        "away.cfg", "global\n    stats socket /nix/h.sock level admin\n");
    EXPECT_THAT(run_bare({"info", "-c", file}).err,
                AllOf(HasSubstr(file + " names it"), HasSubstr("-s")));
    EXPECT_THAT(run_bare({"info", "-s", "/nix/h.sock"}).err, Not(HasSubstr("names it")));
}

TEST_F(Look, HelpsWithAnExampleForEachCommand) {
    const Ended general = run_bare({"--help"});
    EXPECT_EQ(general.code, 0);
    std::size_t commands = 0;
    std::istringstream lines(general.out);
    bool listing = false;
    for (std::string line; std::getline(lines, line);) {
        listing = line == "Commands:" || (listing && !line.empty());
        if (!listing || line == "Commands:")
            continue;
        const std::string name = line.substr(2, line.find(' ', 2) - 2);
        ++commands;
        const Ended help = run_bare({name, "--help"});
        EXPECT_EQ(help.code, 0) << name;
        EXPECT_THAT(help.out, AllOf(HasSubstr("Usage: hitlessctl " + name), HasSubstr("Example"),
                                    HasSubstr("  hitlessctl " + name)));
        EXPECT_EQ(run_bare({"help", name}).out, help.out);
    }
    EXPECT_GE(commands, 18U);
    EXPECT_EQ(run_bare({"--version"}).out, "hitlessctl 1.2.3\n");
}

TEST_F(Look, FollowsEvents) {
    ASSERT_TRUE(wait_state("w1", "up"));
    Process events(
        {HITLESSCTL, "events", "app", "--watch", "0.1", "--json", "-s", haproxy_.socket()},
        haproxy_.directory() / "events.log");
    const auto tells = [&](const std::string& text) {
        return wait_until([&] { return events.log().find(text) != std::string::npos; });
    };
    // The first look only takes stock, so there must be something to see after it.
    EXPECT_TRUE(wait_until([&] {
        (void)run({"weight", "app/w1", "7"});
        (void)run({"weight", "app/w1", "8"});
        return events.log().find(R"("event":"weight")") != std::string::npos;
    })) << events.log();
    (void)run({"maint", "app/w1"});
    EXPECT_TRUE(tells(R"("backend":"app","server":"w1","detail":"ready → maint")")) << events.log();
    haproxy_.stop();
    EXPECT_TRUE(tells(R"("event":"unreachable")")) << events.log();
    haproxy_.start();
    EXPECT_TRUE(tells(R"("event":"new process")")) << events.log();
    EXPECT_EQ(events.stop(), 128 + SIGTERM);
}

TEST_F(Look, RunsRawCommands) {
    const Ended raw = run({"raw", "show stat", "show info"});
    EXPECT_EQ(raw.code, 0);
    EXPECT_THAT(raw.out, HasSubstr("Pid: "));
    EXPECT_THAT(run({"raw", "--timing", "show info"}).err, HasSubstr(" ms  show info"));
}

TEST_F(Look, TellsWhenARawCommandIsRefused) {
    struct Case {
        const char* command;
        const char* answer; ///< begins so
        int code;
    };
    for (const auto& [command, answer, code] : {
             Case{"set server app/nope state ready", "No such server.", 1},
             Case{"set server app/w1 state ready", "", 0},
             Case{"set server app/w1 addr 127.0.0.1 port 1", "", 0},
             Case{"set server app/w1 addr nonsense", "", 1},
             Case{"nonsense", "Unknown command", 1},
             Case{"show map /nowhere", "Unknown map identifier", 1},
             Case{"get weight app/w1", "", 0},
             Case{"show version; set server app/nope weight 1", "", 1},
             Case{"set severity-output number; show map /nowhere", "\n[3]: Unknown map", 1},
         }) {
        const Ended raw = run({"raw", command});
        EXPECT_EQ(raw.code, code) << command << ": " << raw.out;
        EXPECT_THAT(raw.out, testing::StartsWith(answer)) << command;
    }
    EXPECT_EQ(run({"raw", "set server app/nope weight 1", "show version"}).code, 1);
    // What could become another command is not sent, and nothing before it.
    for (const char* const bad :
         {"show info\nset server app/w1 weight 9", "", "show info \\", "add map /m <<END"}) {
        const Ended raw = run({"raw", "set server app/w1 weight 7", bad});
        EXPECT_EQ(raw.code, 2) << bad;
        EXPECT_EQ(raw.out, "") << bad;
        EXPECT_NE(raw.err, "") << bad;
    }
    EXPECT_THAT(run({"raw", "get weight app/w1"}).out, Not(HasSubstr("7 ")));
    // As `diff -commands` prints them.
    const std::string input = haproxy_.directory().write(
        "commands", "# reload: something else\n\nset server app/w1 state ready\n");
    Process piped(
        {"sh", "-c", fmt::format("{} -socket {} raw < {}", HITLESSCTL, haproxy_.socket(), input)},
        haproxy_.directory() / "output");
    EXPECT_EQ(piped.wait_exit(), 0) << piped.log();
}

TEST_F(Look, SaysWhatAMasterIsWhereThereIsNone) {
    const Ended none = run_bare({"info", "-master", "/nonexistent"});
    EXPECT_EQ(none.code, 4);
    EXPECT_THAT(none.err, HasSubstr("(-master names the CLI of a master, which HAProxy has only "
                                    "where it is started with -W -S /nonexistent)"));
}

} // namespace
} // namespace hitless::test
