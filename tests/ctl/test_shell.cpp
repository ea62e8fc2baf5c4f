// hitlessctl shell in a terminal and from a pipe, against a real HAProxy.
#include "ctl/terminal.hpp"
#include "support/fake_peer.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

namespace hitless::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

const std::string configuration =
    "global\n  stats socket @DIR@/admin.sock level admin expose-fd listeners\n  node edge1\n"
    "defaults\n  mode http\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s\n"
    "frontend in\n  bind 127.0.0.1:@PORT@\n  acl known path,map(@DIR@/paths.map) -m found\n"
    "  default_backend web\n"
    "backend web\n  server w1 127.0.0.1:1\n  server w2 127.0.0.1:1\n"
    "backend api\n  server a1 127.0.0.1:1\n";

class ShellTest : public testing::Test {
  protected:
    ShellTest() {
        const std::string map = state.write("paths.map", "/known yes\n");
        std::string text = configuration;
        text.replace(text.find("@DIR@/paths.map"), 15, map);
        text.replace(text.find("@PORT@"), 6, fmt::format("{}", free_port()));
        haproxy.emplace(text, HaproxyServer::Mode::plain);
    }

    /// In a terminal, with its own place for the history.
    [[nodiscard]] std::string shell(const std::string& flags = "") const {
        return watched(fmt::format("env XDG_STATE_HOME={} {} -s {} shell {}", state.path().string(),
                                   HITLESSCTL, haproxy->socket(), flags));
    }

    struct Piped {
        std::string out;
        std::optional<int> code;
    };
    /// The lines as standard input.
    [[nodiscard]] Piped pipe(const std::string& lines, const std::string& where = {}) const {
        const std::string input = state.write("input", lines);
        Process program({"sh", "-c",
                         fmt::format("{} {} shell --timing < {}", HITLESSCTL,
                                     where.empty() ? "-s " + haproxy->socket() : where, input)},
                        state / "output");
        const auto code = program.wait_exit();
        Piped piped{program.log(), code};
        fs::remove(state / "output");
        return piped;
    }

    TemporaryDirectory state;
    std::optional<HaproxyServer> haproxy;
};

TEST_F(ShellTest, CompletesAndAnswers) {
    const Terminal terminal(shell());
    ASSERT_TRUE(terminal.shows("edge1>")) << terminal.screen();
    terminal.type("set ser\tw\t");
    ASSERT_TRUE(terminal.shows("set server web/")) << terminal.screen();
    terminal.type("w2 st\tm\t");
    ASSERT_TRUE(terminal.shows("set server web/w2 state maint")) << terminal.screen();
    terminal.press({"Enter"});
    EXPECT_TRUE(wait_until([&] {
        return haproxy->command("show servers state web").find(" w2 127.0.0.1 0 1 ") !=
               std::string::npos;
    }));
    terminal.type("show stat w\t");
    EXPECT_TRUE(terminal.shows("show stat web")) << terminal.screen();
    terminal.press({"C-c"});
    ASSERT_TRUE(terminal.shows("^C"));

    terminal.type("show cli level;show cli level\n");
    EXPECT_TRUE(wait_until([&] {
        const std::string screen = terminal.screen();
        const std::size_t at = screen.find("\nadmin");
        return at != std::string::npos && screen.find("\nadmin", at + 1) != std::string::npos;
    })) << terminal.screen();
    terminal.type("\\timing\nshow cli level\n");
    EXPECT_TRUE(terminal.shows("timing is on"));
    EXPECT_TRUE(terminal.shows(" ms  show cli level")) << terminal.screen();
    terminal.type("\\?\n");
    EXPECT_TRUE(terminal.shows("Tab completes"));
    terminal.type("\\nonsense\n");
    EXPECT_TRUE(terminal.shows("there is no '\\nonsense'"));

    terminal.press({"C-d"});
    EXPECT_TRUE(terminal.shows("status 0"));
    EXPECT_TRUE(terminal.shows("finished"));
    EXPECT_EQ(read_text(terminal.directory() / "after"),
              read_text(terminal.directory() / "before"));
}

TEST_F(ShellTest, ListsWhatMayStandThere) {
    const Terminal terminal(shell(), 40);
    ASSERT_TRUE(terminal.shows("edge1>"));
    terminal.type("show servers state \t");
    terminal.press({"Tab"});
    EXPECT_TRUE(terminal.shows("api  web\nedge1> show servers state")) << terminal.screen();
    terminal.type("w\t");
    EXPECT_TRUE(terminal.shows("edge1> show servers state web")) << terminal.screen();

    // In a line of two rows, with the cursor in the first one.
    terminal.press({"C-u"});
    terminal.type("show servers state ; show cli sockets; show cli level");
    terminal.press({"Home"});
    for (int i = 0; i < 19; ++i)
        terminal.press({"Right"});
    terminal.press({"Tab", "Tab"});
    EXPECT_TRUE(terminal.shows("api  web\nedge1> show servers state ; show cli soc\n"
                               "kets; show cli level"))
        << terminal.screen();
    EXPECT_TRUE(terminal.shows(" level\napi  web")) << terminal.screen();
    terminal.press({"C-c"});
    EXPECT_TRUE(terminal.shows("^C"));
    EXPECT_TRUE(terminal.shows("level\nedge1>")) << terminal.screen();
}

TEST_F(ShellTest, EditsLines) {
    const Terminal terminal(shell());
    ASSERT_TRUE(terminal.shows("edge1>"));
    terminal.type("show cli level\nshow servers state\n# nothing\n");
    ASSERT_TRUE(terminal.shows("edge1> # nothing"));
    terminal.press({"C-r"});
    terminal.type("lev");
    terminal.press({"Enter"});
    EXPECT_TRUE(wait_until([&] {
        const std::string screen = terminal.screen();
        const std::size_t at = screen.find("\nadmin");
        return at != std::string::npos && screen.find("\nadmin", at + 1) != std::string::npos;
    })) << terminal.screen();
    terminal.type("nfo zzz");
    terminal.press({"C-w", "Home"});
    terminal.type("show i");
    terminal.press({"End"});
    terminal.type("\xc3\xa4\xc3\xb6");
    EXPECT_TRUE(terminal.shows("edge1> show info \xc3\xa4\xc3\xb6")) << terminal.screen();
    terminal.press({"BSpace", "BSpace"});
    EXPECT_TRUE(terminal.hides("\xc3\xa4")) << terminal.screen();
    terminal.resize(30, 24);
    terminal.type("; show cli sockets; x");
    EXPECT_TRUE(terminal.shows("edge1> show info ; show cli so\nckets; x")) << terminal.screen();
}

TEST_F(ShellTest, StopsAndGoesOn) {
    // A shell with job control around it.
    const Terminal terminal(
        fmt::format("env XDG_STATE_HOME={} PS1='$ ' bash --norc -i", state.path().string()));
    ASSERT_TRUE(terminal.shows("$"));
    terminal.type(fmt::format("{} -s {} shell\n", HITLESSCTL, haproxy->socket()));
    ASSERT_TRUE(terminal.shows("edge1>"));
    terminal.type("show cli lev");
    ASSERT_TRUE(terminal.shows("edge1> show cli lev"));
    terminal.press({"C-z"});
    ASSERT_TRUE(terminal.shows("Stopped")) << terminal.screen();
    terminal.type("echo back-in-bash | tr a-z A-Z\n");
    ASSERT_TRUE(terminal.shows("BACK-IN-BASH"));
    terminal.type("fg\n");
    EXPECT_TRUE(terminal.shows("shell\nedge1> show cli lev")) << terminal.screen();
    terminal.type("el\n");
    EXPECT_TRUE(terminal.shows("\nadmin")) << terminal.screen();
}

TEST_F(ShellTest, KeepsItsHistory) {
    const std::string file = state / "hitlessctl/history";
    {
        const Terminal terminal(shell());
        ASSERT_TRUE(terminal.shows("edge1>"));
        terminal.type("show cli level\nshow cli level\n show errors\nshow info\n\\q\n");
        ASSERT_TRUE(terminal.shows("finished")) << terminal.screen();
    }
    EXPECT_EQ(read_text(file), "show cli level\nshow info\n\\q\n")
        << "neither twice nor what begins with a blank";
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    std::ofstream out(file, std::ios::app);
    for (int i = 0; i < 2'000; ++i)
        out << "show info " << i << '\n';
    out.close();
    const Terminal terminal(shell());
    ASSERT_TRUE(terminal.shows("edge1>"));
    terminal.press({"Up"});
    EXPECT_TRUE(terminal.shows("show info 1999"));
    terminal.press({"C-u", "C-d"});
    ASSERT_TRUE(terminal.shows("finished"));
    const std::string kept = read_text(file);
    EXPECT_EQ(std::count(kept.begin(), kept.end(), '\n'), 1'000);
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(ShellTest, GoesOnAfterARestart) {
    const Terminal terminal(shell());
    ASSERT_TRUE(terminal.shows("edge1>"));
    const pid_t old = haproxy->pid();
    haproxy->stop();
    haproxy->start();
    terminal.type("show cli level\n");
    EXPECT_TRUE(terminal.shows(
        fmt::format("HAProxy was restarted: process {} took the place of {}", haproxy->pid(), old)))
        << terminal.screen();
    EXPECT_TRUE(terminal.shows("\nadmin")) << terminal.screen();
    haproxy->stop();
    terminal.type("show cli level\n");
    EXPECT_TRUE(terminal.shows("can't connect")) << terminal.screen();
    terminal.type("show cli l\t\n"); // completing does no harm
    EXPECT_TRUE(terminal.shows("HAProxy is still away"));
}

TEST_F(ShellTest, RestoresTheTerminalAfterASignal) {
    const Terminal terminal(shell());
    ASSERT_TRUE(terminal.shows("edge1>"));
    ::kill(std::stoi(read_text(terminal.directory() / "pid")), SIGTERM);
    ASSERT_TRUE(terminal.shows("finished")) << terminal.screen();
    EXPECT_THAT(terminal.screen(), HasSubstr("status 143"));
    EXPECT_EQ(read_text(terminal.directory() / "after"),
              read_text(terminal.directory() / "before"));
}

TEST_F(ShellTest, EndsWhileHaproxyIsWaitedFor) {
    const TemporaryDirectory directory;
    const FakePeer peer(directory / "socket", [](const std::string&) {
        return FakeAnswer{"x", "x", std::chrono::milliseconds(20), false};
    });
    const Terminal terminal(
        watched(fmt::format("{} -s {} shell", HITLESSCTL, directory / "socket")));
    ASSERT_TRUE(wait_until([&] { return peer.requests() > 0; }));
    ::kill(std::stoi(read_text(terminal.directory() / "pid")), SIGTERM);
    ASSERT_TRUE(wait_until([&] { return terminal.screen().find("finished") != std::string::npos; },
                           std::chrono::seconds(2)))
        << terminal.screen();
    EXPECT_THAT(terminal.screen(), HasSubstr("status 143"));
    EXPECT_EQ(read_text(terminal.directory() / "after"),
              read_text(terminal.directory() / "before"));
}

TEST_F(ShellTest, EndsWhileACompletionIsWaitedFor) {
    const TemporaryDirectory directory;
    std::atomic<bool> drips = false;
    const FakePeer peer(directory / "socket", [&](const std::string& request) {
        const std::string end = "\n> ";
        if (request.starts_with("show info"))
            return FakeAnswer{"Name: HAProxy\nVersion: 2.6.12\nPid: 7\nUptime_sec: 9\n"
                              "node: slow\n" +
                                  end,
                              "",
                              {},
                              false};
        if (!request.starts_with("help"))
            return FakeAnswer{end, "", {}, false};
        drips = true;
        return FakeAnswer{"x", "x", std::chrono::milliseconds(20), false};
    });
    const Terminal terminal(
        watched(fmt::format("{} -s {} shell", HITLESSCTL, directory / "socket")));
    ASSERT_TRUE(terminal.shows("slow>")) << terminal.screen();
    terminal.type("show\t");
    ASSERT_TRUE(wait_until([&] { return drips.load(); }));
    ::kill(std::stoi(read_text(terminal.directory() / "pid")), SIGTERM);
    ASSERT_TRUE(wait_until([&] { return terminal.screen().find("finished") != std::string::npos; },
                           std::chrono::seconds(2)))
        << terminal.screen();
    EXPECT_THAT(terminal.screen(), HasSubstr("status 143"));
    EXPECT_EQ(read_text(terminal.directory() / "after"),
              read_text(terminal.directory() / "before"));
}

TEST_F(ShellTest, ShowsHostileAnswersSafely) {
    const Terminal terminal(shell());
    ASSERT_TRUE(terminal.shows("edge1>"));
    const std::string map = state / "paths.map";
    ASSERT_EQ(haproxy->command("set map " + map + " /known \x1b[2J\x1b[31mowned"), "");
    terminal.type("show map " + map + "\n");
    EXPECT_TRUE(terminal.shows("\\x1b[2J\\x1b[31mowned")) << terminal.screen();
    EXPECT_THAT(terminal.screen(), HasSubstr("edge1> show map"));
}

TEST_F(ShellTest, ReadsAPipe) {
    const Piped piped = pipe("# a comment\n\nshow cli level; show servers state api;\n"
                             "add map " +
                             (state / "paths.map") +
                             " <<\n/new 1\n/other 2\n\n"
                             "show map " +
                             (state / "paths.map") + "\n\\q\nshow errors\n");
    EXPECT_EQ(piped.code, 0) << piped.out;
    EXPECT_THAT(piped.out, HasSubstr(" api 1 a1 "));
    EXPECT_THAT(piped.out, HasSubstr("/other 2"));
    EXPECT_THAT(piped.out, HasSubstr(" ms  show cli level; show servers state api;"));
    EXPECT_THAT(piped.out, Not(HasSubstr("edge1>"))) << "no prompt";
    EXPECT_THAT(piped.out, Not(HasSubstr("show errors"))) << "\\q ends it";
}

TEST_F(ShellTest, AndRawSendPayloads) {
    const std::string map = state / "paths.map";
    const auto raw = [&](const std::vector<std::string>& operands, const std::string& input) {
        std::vector<std::string> line = {"sh",
                                         "-c",
                                         "exec \"$@\" < " + state.write("input", input),
                                         "sh",
                                         HITLESSCTL,
                                         "-s",
                                         haproxy->socket(),
                                         "raw"};
        line.insert(line.end(), operands.begin(), operands.end());
        Process program(line, state / "output");
        const auto code = program.wait_exit();
        return Piped{program.log(), code};
    };
    const auto entries = [&] { return haproxy->command("show map " + map) + "\n"; };
    // All from standard input, with a comment behind a payload and one that is an entry.
    Piped sent =
        raw({}, fmt::format("add map {0} <<\n# 1\n/a 2\n\n# a comment\nshow map {0}\n", map));
    EXPECT_EQ(sent.code, 0) << sent.out;
    EXPECT_THAT(sent.out, AllOf(HasSubstr(" /a 2\n"), HasSubstr(" # 1\n")));
    // The payload from standard input, and without an empty line at its end.
    sent = raw({"show version", "add map " + map + " <<"}, "/b 1\r\n/c 2");
    EXPECT_EQ(sent.code, 0) << sent.out;
    EXPECT_THAT(entries(), AllOf(HasSubstr(" /b 1\n"), HasSubstr(" /c 2\n")));
    // In an operand.
    sent = raw({"show version;add map " + map + " <<\n/d 1\n/e 2\n", "show version"}, "");
    EXPECT_EQ(sent.code, 0) << sent.out;
    EXPECT_THAT(entries(), HasSubstr(" /e 2\n"));
    // HAProxy refuses it; then hitlessctl does, and sends nothing.
    sent = raw({"add map " + map + " <<\n/f"}, "");
    EXPECT_EQ(sent.code, 1);
    EXPECT_THAT(sent.out, HasSubstr("Missing value for key"));
    for (const char* const text : {" <<", " <<\n", "<<\n/g 1\n", " <<\n\n/g 1\n", " <<E\n/g 1\n"}) {
        sent = raw({"add map " + map + " /g 1", "add map " + map + text}, "");
        EXPECT_EQ(sent.code, 2) << text << sent.out;
        EXPECT_THAT(entries(), Not(HasSubstr(" /g "))) << text;
    }
}

TEST_F(ShellTest, KeepsTheModesOfAConnection) {
    // Each line has a connection of its own.
    const Piped piped =
        pipe("expert-mode on\ndebug dev loop 1\nexpert-mode off\ndebug dev loop 1\n");
    EXPECT_EQ(piped.code, 1) << "as the last line";
    const std::size_t refused = piped.out.find("restricted to expert mode");
    ASSERT_NE(refused, std::string::npos) << piped.out;
    EXPECT_GT(refused, piped.out.find("expert-mode off")) << piped.out;
}

TEST_F(ShellTest, TellsThatNobodyAnswers) {
    const Piped piped = pipe("show info\n", "-s /nowhere.sock");
    EXPECT_EQ(piped.code, 4);
    EXPECT_THAT(piped.out, HasSubstr("/nowhere.sock"));
}

TEST(Shell, TalksToAWorkerBehindItsMaster) {
    const HaproxyServer haproxy(
        "global\n  stats socket @DIR@/admin.sock level admin expose-fd listeners\n"
        "defaults\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s\n"
        "backend web\n  server w1 127.0.0.1:1\n");
    const std::string input =
        haproxy.directory().write("input", "show servers state web;show cli level\n");
    Process program(
        {"sh", "-c",
         fmt::format("{} --master {} shell < {}", HITLESSCTL, haproxy.master_socket(), input)},
        haproxy.directory() / "output");
    EXPECT_EQ(program.wait_exit(), 0);
    EXPECT_THAT(program.log(), HasSubstr(" web 1 w1 "));
    EXPECT_THAT(program.log(), HasSubstr("\nadmin"));

    const auto raw = [&](const std::string& command) {
        Process one({HITLESSCTL, "-master", haproxy.master_socket(), "raw", command},
                    haproxy.directory() / "raw");
        return one.wait_exit();
    };
    EXPECT_EQ(raw("set server web/w1 state drain"), 0);
    EXPECT_EQ(raw("set server web/w1 addr 127.0.0.1 port 2"), 0);
    EXPECT_EQ(raw("set server web/nope state drain"), 1);
    EXPECT_EQ(raw("nonsense"), 1);
    EXPECT_EQ(raw("show map /nowhere"), 1);
    EXPECT_EQ(raw("add map /nowhere <<\n/a 1\n"), 1);
}

} // namespace
} // namespace hitless::test
