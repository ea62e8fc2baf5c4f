// hitlessctl diff, explain and caps, on a real HAProxy.
#include "hitless/base/file.hpp"

#include "ctl/ctl.hpp"
#include "support/fake_peer.hpp"
#include "support/process.hpp"

#include <filesystem>
#include <mutex>
#include <sys/stat.h>

namespace hitless::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Explain : public CtlTest {
  protected:
    /// A confdir whose template makes this HAProxy's configuration of keys of a file.
    [[nodiscard]] std::vector<std::string> confd(const std::string& keys) const {
        std::string text = configuration();
        boost::replace_all(text, "@DIR@", haproxy_.directory().path().string());
        boost::replace_all(text,
                           "    server w1 " + web_.address(0) + "\n    server w2 " +
                               web_.address(1) + " weight 5\n",
                           "{{range gets \"/app/servers/*\"}}    server {{base .Key}} "
                           "{{.Value}}\n{{end}}");
        haproxy_.directory().write("confd/templates/h.tmpl", text);
        haproxy_.directory().write("confd/conf.d/h.toml",
                                   fmt::format("[template]\nsrc = \"h.tmpl\"\ndest = \"{}\"\n"
                                               "keys = [\"/app\"]\n",
                                               haproxy_.config_file()));
        haproxy_.directory().write("keys.yaml", keys);
        return {"-confdir", haproxy_.directory() / "confd",    "-backend", "file",
                "-file",    haproxy_.directory() / "keys.yaml"};
    }
    [[nodiscard]] static std::vector<std::string> with(std::vector<std::string> command,
                                                       const std::vector<std::string>& flags) {
        command.insert(command.end(), flags.begin(), flags.end());
        return command;
    }
};

TEST_F(Explain, FindsNoDifferenceFromTheFile) {
    const Ended same = run({"diff"});
    EXPECT_EQ(same.code, 0) << same.out << same.err;
    EXPECT_EQ(same.out, "");
    EXPECT_EQ(json({"diff"})["in_step"], true);
}

/// As hitlessd leaves one that has gone while its last connections end.
TEST_F(Explain, KnowsAServerThatLeaves) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "hardly adds servers";
    (void)haproxy_.command("add server app/w3 " + web_.address(2));
    EXPECT_THAT(run({"servers"}).out, Not(HasSubstr("ROLE")));
    haproxy_.directory().write(
        ".haproxy.cfg.resource.json",
        R"({"format": 2, "confdir": "/x", "file": "/x", "prefix": "", "strict": false,
            "drain_timeout_ms": 30000})");
    EXPECT_THAT(run({"servers"}).out, HasSubstr("leaving"));
    const Ended text = run({"explain", "app/w3"});
    EXPECT_THAT(text.out,
                AllOf(HasSubstr("it is no longer wanted"), HasSubstr("30s (-drain-timeout)"),
                      HasSubstr(web_.address(2)), Not(HasSubstr("hitlessctl ready"))));
    const Ended difference = run({"diff"});
    EXPECT_EQ(difference.code, 3) << "nobody deletes it while hitlessd does not run";
    EXPECT_THAT(difference.out, HasSubstr("leaving  -        -       app/w3: "));
    EXPECT_EQ(json({"diff"})["leaving"].size(), 1U);
    EXPECT_EQ(run({"diff", "-commands"}).out.find("set server"), std::string::npos);
}

TEST_F(Explain, DiffWithTheKeysTellsThatNobodyFollowsThem) {
    const auto flags = confd(fmt::format("app: {{servers: {{w1: {}, w2: {} weight 7}}}}\n",
                                         web_.address(0), web_.address(1)));
    const auto diff = [&] { return run(with({"diff"}, flags)); };
    EXPECT_THAT(diff().err, Not(HasSubstr("hitlessd does not run")));
    haproxy_.directory().write(
        ".haproxy.cfg.resource.json",
        fmt::format(R"({{"format": 2, "confdir": "{0}", "file": "{0}/conf.d/h.toml", "prefix": "",
                        "strict": false}})",
                    haproxy_.directory() / "confd"));
    EXPECT_EQ(diff().code, 3);
    EXPECT_THAT(diff().err, HasSubstr("hitlessd does not run: nobody brings HAProxy to"));
}

TEST_F(Explain, ReadyOfAServerThatLeavesTellsThatItHasNoKey) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "hardly adds servers";
    (void)haproxy_.command("add server app/w3 " + web_.address(2));
    haproxy_.directory().write(".haproxy.cfg.keys.json", R"({"/app/servers/w1": "10.0.0.1:80"})");
    EXPECT_THAT(run({"ready", "app/w3"}).err,
                AllOf(HasSubstr("app/w3 has no key now, and is taken out"),
                      Not(HasSubstr("change")), Not(HasSubstr("-for"))));
}

TEST_F(Explain, AServerThatLeavesIsNotHeld) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "hardly adds servers";
    (void)haproxy_.command("add server app/w3 " + web_.address(2));
    haproxy_.directory().write(".haproxy.cfg.keys.json", R"({"/app/servers/w1": "10.0.0.1:80"})");
    const Ended held = run({"drain", "app/w3", "-for", "1h"});
    EXPECT_EQ(held.code, 1);
    EXPECT_THAT(held.err, HasSubstr("app/w3 is no longer wanted, and hitlessd deletes it when"));
    (void)haproxy_.command("set server app/w3 state ready"); // by hand, which hitlessd undoes
    const Ended again = run({"drain", "app/w3", "-for", "1h"});
    EXPECT_EQ(again.code, 1);
    EXPECT_THAT(again.err, AllOf(HasSubstr("app/w3 has no line in "),
                                 HasSubstr("hitlessd takes it out, and a hold would not keep it")));
    EXPECT_EQ(run({"holds"}).out, "nothing is held\n");
}

/// Where diff ends with 1, too.
TEST_F(Explain, DoesNotSucceedWhereItIsNotKnownWhatIsWanted) {
    EXPECT_EQ(run({"explain", "app/w1"}).code, 0);
    haproxy_.directory().write(".haproxy.cfg.holds.json", "[{");
    const Ended holds = run({"explain", "app/w1"});
    EXPECT_EQ(holds.code, 1);
    EXPECT_EQ(run({"diff"}).code, 1);
    EXPECT_THAT(holds.out, AllOf(HasSubstr("wanted    not known: "), HasSubstr("holds.json")));
    haproxy_.directory().write(".haproxy.cfg.holds.json", "[]");
    const auto held =
        base::hold_file(haproxy_.directory().write(".haproxy.cfg.status.json", "garbage"));
    EXPECT_EQ(run({"explain", "app/w1"}).code, 3) << "the server is as the file wants it";
    EXPECT_EQ(run({"diff"}).code, 1);
}

TEST_F(Explain, NamesTheKeyOfAWeightOfNone) {
    const auto flags = confd(fmt::format("app: {{servers: {{w1: {} weight 0, w2: {} weight 5}}}}\n",
                                         web_.address(0), web_.address(1)));
    haproxy_.configure(boost::replace_all_copy(configuration(), "w1 " + web_.address(0),
                                               "w1 " + web_.address(0) + " weight 0"));
    haproxy_.directory().write(".haproxy.cfg.keys.json", "{}"); // someone keeps it
    (void)haproxy_.command("set server app/w1 weight 0");
    EXPECT_THAT(json(with({"explain", "app/w1"}, flags))["why_not"].dump(),
                HasSubstr(fmt::format("its line says so; to change that, change key "
                                      "/app/servers/w1, which is '{} weight 0'",
                                      web_.address(0))));
}

TEST_F(Explain, ShowsWhatSomeoneTyped) {
    (void)haproxy_.command("set server app/w1 state maint");
    (void)haproxy_.command("set server app/w2 weight 9");
    const Ended table = run({"diff"});
    EXPECT_EQ(table.code, 3);
    EXPECT_THAT(table.out, AllOf(HasSubstr("maint → ready"), HasSubstr("weight 9 → 5")));
    const Ended commands = run({"diff", "--commands"});
    EXPECT_EQ(commands.code, 3);
    EXPECT_THAT(commands.out, AllOf(HasSubstr("set server app/w1 state ready\n"),
                                    HasSubstr("set server app/w2 weight 5\n")));
    const auto difference = json({"diff"});
    EXPECT_EQ(difference["in_step"], false);
    EXPECT_EQ(difference["actions"].size(), 2U);
    for (const auto& action : difference["actions"])
        EXPECT_FALSE(action["commands"].empty());
    // They are what brings HAProxy back.
    std::istringstream lines(commands.out);
    for (std::string line; std::getline(lines, line);)
        (void)haproxy_.command(line);
    EXPECT_EQ(run({"diff"}).code, 0);
}

/// As for a user who may not read hitlessd's note: "all in step" might be wrong.
TEST_F(Explain, TellsThatHitlessdsStateIsNotKnown) {
    const std::string note = haproxy_.directory() / ".haproxy.cfg.status.json";
    fs::create_symlink(note, note);
    (void)haproxy_.command("set server app/w1 state maint");
    const std::string why = "it isn't known whether hitlessd follows the keys: can't read " + note;
    for (const char* const flag : {"-json", "-commands"}) {
        const Ended difference = run({"diff", flag});
        EXPECT_EQ(difference.code, 1);
        EXPECT_EQ(difference.out, "");
        EXPECT_THAT(difference.err, HasSubstr(why));
    }
    const auto explained = json({"explain", "app/w2"});
    EXPECT_THAT(explained["no_status"].dump(), HasSubstr(why));
    EXPECT_THAT(explained["no_plan"].dump(), HasSubstr("nothing was compared"));
    const Ended text = run({"explain", "app/w2"});
    EXPECT_EQ(text.code, 3);
    EXPECT_THAT(text.out, HasSubstr("it isn't known whether hitlessd"));
    EXPECT_THAT(run({"drain", "app/w2"}).err, HasSubstr("within its -resync time, if it runs"));
    // The keys themselves can be compared with.
    const auto flags = confd(fmt::format("app: {{servers: {{w1: {}, w2: {} weight 5}}}}\n",
                                         web_.address(0), web_.address(1)));
    const Ended difference = run(with({"diff"}, flags));
    EXPECT_EQ(difference.code, 3);
    EXPECT_THAT(difference.out,
                AllOf(HasSubstr("maint → ready"), HasSubstr("it isn't known whether hitlessd")));
}

/// Its lock may be of another kind, so that it may run though it doesn't look so.
TEST_F(Explain, TellsThatHitlessdIsOfAnotherBuild) {
    for (const auto& [format, build] : {std::pair("", "an older build of hitlessd"),
                                        std::pair(R"("format": 99, )", "a newer build of")}) {
        haproxy_.directory().write(
            ".haproxy.cfg.resource.json",
            fmt::format(R"({{{}"confdir": "/x", "file": "/x", "prefix": "", "strict": false}})",
                        format));
        const Ended difference = run({"diff"});
        EXPECT_EQ(difference.code, 1) << difference.out;
        EXPECT_THAT(difference.err, HasSubstr(build));
        EXPECT_THAT(run({"explain", "app/w1"}).out, HasSubstr(build));
    }
}

/// Reading them would wait for somebody who writes.
TEST_F(Explain, PassesFifosBesideTheFileOver) {
    for (const char* const name : {".haproxy.cfg.keys.json", ".haproxy.cfg.resource.json"}) {
        const std::string fifo = haproxy_.directory() / name;
        ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
        EXPECT_NE(run({"diff"}).code, 0);
        EXPECT_NE(run({"explain", "app/w1"}).code, 0);
        EXPECT_EQ(run({"ready", "app/w1"}).code, 0);
        fs::remove(fifo);
    }
    ASSERT_EQ(::mkfifo((haproxy_.directory() / ".haproxy.cfg.holds.json").c_str(), 0600), 0);
    EXPECT_EQ(run({"diff"}).code, 1);
    EXPECT_EQ(run({"explain", "app/w1"}).code, 1);
}

TEST_F(Explain, TellsThatTheWholeBackendIsDown) {
    EXPECT_TRUE(json({"explain", "fixed/f1"})["backend_down"].is_null());
    (void)haproxy_.command("set server fixed/f1 state maint");
    EXPECT_THAT(run({"explain", "fixed/f1"}).out, HasSubstr("backend   fixed is down as a whole"));
}

/// HAProxy doesn't tell an agent's share from one that somebody has typed.
TEST_F(Explain, TellsOfAShareOfTheWeightUnderAnAgent) {
    haproxy_.configure(boost::replace_all_copy(
        configuration(), "weight 5", "weight 8 agent-check agent-inter 100ms agent-port 1"));
    haproxy_.stop();
    haproxy_.start();
    EXPECT_THAT(run({"explain", "app/w2"}).out, Not(HasSubstr("share")));
    (void)haproxy_.command("set server app/w2 weight 50%");
    EXPECT_THAT(boost::replace_all_copy(run({"explain", "app/w2"}).out, "\n          ", " "),
                HasSubstr("weight 4 is a share of the 8 that its line has"));
}

TEST_F(Explain, ComparesWithTheKeys) {
    const auto flags = confd(fmt::format("app: {{servers: {{w1: {}, w2: {} weight 5, w3: {}}}}}\n",
                                         web_.address(0), web_.address(1), web_.address(2)));
    const auto difference = json(with({"diff"}, flags));
    if (haproxy_version() < 205) { // which adds no server with a check
        EXPECT_THAT(difference["reload"].dump(), HasSubstr("app/w3"));
        return;
    }
    ASSERT_EQ(difference["actions"].size(), 1U) << difference.dump(2);
    EXPECT_EQ(difference["actions"][0]["action"], "add");
    EXPECT_EQ(difference["actions"][0]["server"], "w3");
    EXPECT_TRUE(difference["reload"].empty());

    const auto wanted = json(with({"explain", "app/w3"}, flags));
    EXPECT_TRUE(wanted["running"].is_null());
    EXPECT_EQ(wanted["key"]["key"], "/app/servers/w3");
    EXPECT_EQ(wanted["key"]["value"], web_.address(2));
    EXPECT_EQ(wanted["why_not"].at(0), "HAProxy has no server app/w3");
    EXPECT_THAT(wanted["template"]["text"].get<std::string>(), HasSubstr("server {{base .Key}}"));
    EXPECT_EQ(wanted["sources"].size(), 1U);
    EXPECT_EQ(wanted["sources"][0]["source"], "key /app/servers/w3");
    EXPECT_EQ(wanted["plan"]["actions"].size(), 1U);
    const Ended text = run(with({"explain", "app/w3"}, flags));
    EXPECT_THAT(text.out, AllOf(HasSubstr("no new request goes to it"),
                                HasSubstr("/app/servers/w3 ="), HasSubstr("add server app/w3")));
}

TEST_F(Explain, SaysWhichKeyKeepsAServerOut) {
    const auto flags = confd(fmt::format("app: {{servers: {{w1: {}, w3: \"{} agent-send x\"}}}}\n",
                                         web_.address(0), web_.address(2)));
    const auto explained = json(with({"explain", "app/w3"}, flags));
    ASSERT_EQ(explained["left_out"].size(), 1U) << explained.dump(2);
    const Ended text = run(with({"explain", "app/w3"}, flags));
    EXPECT_THAT(text.out,
                AllOf(HasSubstr("left out"), HasSubstr("/app/servers/w3"), HasSubstr("agent-send"),
                      HasSubstr("h.tmpl, line "), HasSubstr("nothing, until the key is mended")));
}

TEST_F(Explain, KnowsTheTemplateByHitlessdsNote) {
    const auto flags = confd("app: {servers: {}}\n");
    haproxy_.directory().write(".haproxy.cfg.keys.json",
                               fmt::format(R"({{"/app/servers/w1": "{}"}})", web_.address(0)));
    EXPECT_THAT(run({"explain", "app/w1"}).out, HasSubstr("its template isn't known"));
    haproxy_.directory().write(
        ".haproxy.cfg.resource.json",
        fmt::format(R"({{"format": 2, "confdir": "{0}", "file": "{0}/conf.d/h.toml", "prefix": "",
                        "strict": false}})",
                    haproxy_.directory() / "confd"));
    const auto explained = json({"explain", "app/w1"});
    EXPECT_EQ(explained["key"]["key"], "/app/servers/w1") << explained.dump(2);
    EXPECT_THAT(run({"drain", "app/w1"}).err,
                HasSubstr(fmt::format("change key /app/servers/w1 instead, which is '{}'",
                                      web_.address(0))));
    haproxy_.directory().write(".haproxy.cfg.resource.json", R"({"format": 2})");
    EXPECT_THAT(run({"explain", "app/w1"}).out, HasSubstr("no note"));
}

TEST_F(Explain, NamesTheServerThatASlotIsInThePlaceOf) {
    const auto flags = confd("app: {servers: {}}\n");
    const std::string slot = "    server hitless-slot1 127.0.0.1:1 disabled\n";
    std::string text = read_text(haproxy_.directory() / "confd/templates/h.tmpl");
    boost::replace_all(text, "{{end}}", "{{end}}" + slot); // as hitlessd does it
    const auto rendered = [&](const std::string& servers) {
        const std::size_t begin = text.find("{{range");
        const std::size_t end = text.find("{{end}}") + std::string("{{end}}").size();
        return text.substr(0, begin) + servers + text.substr(end);
    };
    haproxy_.configure(rendered(""));
    haproxy_.stop();
    haproxy_.start();
    haproxy_.configure(rendered("    server web9 " + web_.address(2) + "\n"));
    haproxy_.directory().write(".haproxy.cfg.keys.json",
                               fmt::format(R"({{"/app/servers/web9": "{}"}})", web_.address(2)));
    haproxy_.directory().write(
        ".haproxy.cfg.resource.json",
        fmt::format(R"({{"format": 2, "confdir": "{0}", "file": "{0}/conf.d/h.toml", "prefix": "",
                        "strict": false}})",
                    haproxy_.directory() / "confd"));
    const std::string set = "set server app/hitless-slot1 ";
    (void)haproxy_.command(set + "addr 127.0.0.1 port " + std::to_string(web_.port(2)));
    (void)haproxy_.command(set + "state ready");
    const Ended ended = run({"drain", "app/hitless-slot1"});
    EXPECT_THAT(ended.err, AllOf(HasSubstr("app/hitless-slot1 is in the place of app/web9"),
                                 HasSubstr("change key /app/servers/web9 instead")));
    haproxy_.directory().write("keys.yaml",
                               fmt::format("app: {{servers: {{web9: {}}}}}\n", web_.address(2)));
    const Ended of_keys = run(with({"explain", "app/hitless-slot1"}, flags));
    EXPECT_THAT(of_keys.out, HasSubstr("server hitless-slot1 127.0.0.1:1 disabled")) << of_keys.err;
    EXPECT_THAT(of_keys.out, Not(HasSubstr("not wanted")));
}

TEST_F(Explain, TellsWhatNeedsAReload) {
    auto flags = confd(fmt::format("app: {{servers: {{w1: {}, w2: {} weight 5}}}}\n",
                                   web_.address(0), web_.address(1)));
    EXPECT_EQ(run(with({"diff"}, flags)).code, 0);
    const std::string file = haproxy_.directory() / "confd/templates/h.tmpl";
    haproxy_.directory().write(
        "confd/templates/h.tmpl",
        boost::replace_all_copy(read_text(file), "timeout connect 2s", "timeout connect 3s"));
    const Ended reload = run(with({"diff"}, flags));
    EXPECT_EQ(reload.code, 3);
    EXPECT_THAT(reload.out, AllOf(HasSubstr("reload"), HasSubstr("timeout connect 3s")));
}

TEST_F(Explain, SaysWhyAServerGetsNoTraffic) {
    ASSERT_TRUE(wait_state("w1", "up"));
    const auto serves = json({"explain", "app/w1"});
    EXPECT_EQ(serves["takes_traffic"], true) << serves.dump(2);
    EXPECT_EQ(serves["plan"]["in_step"], true);
    EXPECT_EQ(serves["line"]["file"], haproxy_.config_file());
    EXPECT_THAT(serves["line"]["text"].get<std::string>(), HasSubstr("server w1 "));
    EXPECT_EQ(serves["options"].at(0)["option"], "check");
    EXPECT_THAT(serves["options"].at(0)["text"].get<std::string>(),
                HasSubstr("default-server check"));

    (void)haproxy_.command("set server app/w1 addr 127.0.0.1 port 1");
    ASSERT_TRUE(wait_state("w1", "down"));
    const Ended down = run({"explain", "app/w1"});
    EXPECT_THAT(down.out,
                AllOf(HasSubstr("no new request goes to it"), HasSubstr("its check fails: L4CON"),
                      HasSubstr("set server app/w1 addr 127.0.0.1 port")));
    EXPECT_THAT(run({"explain", "fixed/f1"}).out, HasSubstr("leads to fixed"));
    EXPECT_EQ(run({"explain", "app/nix"}).code, 5);
    EXPECT_EQ(run({"explain", "app"}).code, 2);
}

TEST_F(Explain, TellsWhatHaproxyCanDo) {
    const auto caps = json({"caps"});
    ASSERT_EQ(caps.size(), 2U);
    EXPECT_EQ(caps[0]["backend"], "app");
    EXPECT_EQ(caps[0]["weight"], true);
    EXPECT_EQ(caps[0]["add"], haproxy_version() >= 205);
    EXPECT_EQ(caps[1]["backend"], "fixed");
    EXPECT_EQ(caps[1]["add"], false);
    EXPECT_EQ(caps[1]["weight"], false);
    EXPECT_TRUE(caps[1]["why"].is_string());
}

TEST_F(Explain, SaysWhatAnAgentHasDone) {
    std::mutex guard;
    std::string word = "up ready 100%";
    const FakePeer agent([&](const std::string&) {
        const std::lock_guard lock(guard);
        return FakeAnswer{word + "\n", "", {}, true};
    });
    const auto answer = [&](const std::string& next) {
        const std::lock_guard lock(guard);
        word = next;
    };
    const std::string port = agent.url().substr(agent.url().rfind(':') + 1);
    haproxy_.configure(
        configuration() + "frontend agents\n    bind 127.0.0.1:" + std::to_string(free_port()) +
        "\n    default_backend asked\n" + "backend asked\n    server a1 " + web_.address(0) +
        " weight 10 check inter 100ms agent-check agent-inter 100ms agent-port " + port +
        R"( agent-send "GET / HTTP/1.0\r\n\r\n")" + "\n");
    haproxy_.stop();
    haproxy_.start();
    const auto reasons = [&] { return json({"explain", "asked/a1"})["why_not"].dump(); };
    const auto wait_for = [&](const std::string& text) {
        return wait_until([&] { return reasons().find(text) != std::string::npos; });
    };
    const auto serves_again = [&] {
        answer("up ready 100%");
        return wait_until([&] { return reasons() == "[]"; });
    };
    EXPECT_TRUE(serves_again()) << reasons();
    for (const std::string state : {"drain", "maint"}) {
        answer(state);
        EXPECT_TRUE(wait_for("goes on to answer '" + state + "'")) << reasons();
        EXPECT_TRUE(serves_again()) << reasons();
    }
    for (const char* const state : {"down", "stopped", "fail"}) {
        answer(state);
        EXPECT_TRUE(wait_for("its agent takes it down")) << reasons();
        EXPECT_THAT(reasons(), Not(HasSubstr("its check fails")));
        EXPECT_TRUE(serves_again()) << reasons();
    }
    answer("up 0%");
    EXPECT_TRUE(wait_for("goes on to answer '0%'")) << reasons();
    EXPECT_TRUE(serves_again()) << reasons();
}

TEST_F(Explain, NamesTheServersThatCannotBeAdded) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "takes few servers at runtime";
    const std::string file = haproxy_.directory().write(
        "odd.cfg",
        "backend app\n    server w1 127.0.0.1:1\n    server web7 \"$HOST\":1\n"
        "backend odd\n    server web8 \"$HOST\":1\n"
        "backend many\n    server w1 127.0.0.1:1\n    server a \"$HOST\":1\n"
        "    server b \"$HOST\":1\n    server c \"$HOST\":1\n    server d \"$HOST\":1\n");
    const auto caps = json({"caps", "-c", file});
    ASSERT_EQ(caps.size(), 3U);
    EXPECT_EQ(caps[0]["add"], true);
    ASSERT_EQ(caps[0]["except"].size(), 1U);
    EXPECT_EQ(caps[0]["except"][0]["server"], "web7");
    EXPECT_THAT(caps[0]["except"][0]["why"].get<std::string>(), HasSubstr("environment variable"));
    EXPECT_EQ(caps[1]["add"], false);
    EXPECT_EQ(caps[1]["except"], nlohmann::json::array());
    EXPECT_EQ(caps[2]["except"].size(), 4U);
    const std::string text = run({"caps", "-c", file}).out;
    EXPECT_THAT(text,
                AllOf(HasSubstr("yes, but for web7 "), HasSubstr("\napp: web7: an environment"),
                      HasSubstr("yes, but for a, b, c and 1 more ")));
}

} // namespace
} // namespace hitless::test
