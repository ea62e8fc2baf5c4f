// hitlessctl top in a terminal, against a real HAProxy.
#include "hitless/apply/holds.hpp"
#include "hitless/base/file.hpp"

#include "ctl/terminal.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/http.hpp"
#include "support/http_backend.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string head = "global\n  stats socket @DIR@/admin.sock level admin expose-fd listeners\n"
                         "  node edge1\n"
                         "defaults\n  mode http\n  timeout connect 1s\n  timeout client 10s\n"
                         "  timeout server 10s\n";

std::string servers(const HttpBackend& web) {
    return fmt::format("backend web\n  server w1 {} maxconn 100\n  server w2 {} weight 7\n"
                       "backend api\n  server a1 {}\n",
                       web.address(0), web.address(1), web.address(2));
}

std::string top(const HaproxyServer& haproxy, const std::string& rest = "") {
    return watched(fmt::format("{} -s {} top --watch 0.1 {}", HITLESSCTL, haproxy.socket(), rest));
}

std::string line_with(const std::string& screen, const std::string& text) {
    const std::size_t at = screen.find(text);
    if (at == std::string::npos)
        return {};
    const std::size_t begin = screen.rfind('\n', at) + 1;
    return screen.substr(begin, screen.find('\n', at) - begin);
}

/// A terminal's settings without its size.
std::string settings(const std::string& stty) {
    return stty.substr(std::min(stty.size(), stty.find('\n')));
}

class TopTest : public testing::Test {
  protected:
    HttpBackend web{3};
    HaproxyServer haproxy{head + servers(web), HaproxyServer::Mode::plain};
};

TEST_F(TopTest, FoldsSortsAndFilters) {
    const Terminal terminal(top(haproxy));
    ASSERT_TRUE(terminal.shows("a1")) << terminal.screen();
    EXPECT_TRUE(terminal.is_full_screen());
    EXPECT_THAT(terminal.screen(), HasSubstr("2 backends, 3 servers, 0 not up"));
    EXPECT_THAT(terminal.screen(), HasSubstr(fmt::format("edge1  pid {}", haproxy.pid())));
    EXPECT_THAT(line_with(terminal.screen(), "    w1"), HasSubstr("0/100"));

    terminal.press({"Space"});
    EXPECT_TRUE(terminal.hides("    w1")) << terminal.screen();
    terminal.press({"Space"});
    EXPECT_TRUE(terminal.shows("    w1"));

    terminal.press({"s"});
    ASSERT_TRUE(terminal.shows("sort: name"));
    const std::string sorted = terminal.screen();
    EXPECT_LT(sorted.find("▾ api"), sorted.find("▾ web")) << sorted;

    terminal.type("/w2");
    EXPECT_TRUE(terminal.hides("    w1")) << terminal.screen();
    EXPECT_THAT(terminal.screen(), HasSubstr("    w2"));
    EXPECT_THAT(terminal.screen(), Not(HasSubstr("api")));
    terminal.press({"Enter", "Escape"});
    EXPECT_TRUE(terminal.shows("    w1"));

    terminal.press({"?"});
    EXPECT_TRUE(terminal.shows("drain the selected server"));
    terminal.press({"?"});
    EXPECT_TRUE(terminal.shows("    w1"));

    static_cast<void>(haproxy.command("set server web/w2 state maint"));
    terminal.press({"+", "p"});
    EXPECT_TRUE(terminal.hides("    w1")) << terminal.screen();
    EXPECT_TRUE(terminal.shows("    w2")) << terminal.screen();
    EXPECT_THAT(line_with(terminal.screen(), "    w2"), HasSubstr("maint"));
}

TEST_F(TopTest, ChangesAServerAfterAQuestion) {
    const Terminal terminal(top(haproxy, "web"));
    ASSERT_TRUE(terminal.shows("    w2")) << terminal.screen();
    EXPECT_THAT(terminal.screen(), Not(HasSubstr("api")));
    terminal.press({"Down", "Down", "d"});
    ASSERT_TRUE(terminal.shows("drain web/w2? y/n"));
    terminal.press({"n"});
    ASSERT_TRUE(terminal.shows("nothing changed"));
    EXPECT_THAT(haproxy.command("show servers state web"), HasSubstr(" w2 127.0.0.1 2 0 7 7 "));
    terminal.press({"d", "y"});
    ASSERT_TRUE(terminal.shows("web/w2 is now drain, weight 7")) << terminal.screen();
    EXPECT_THAT(haproxy.command("show servers state web"), HasSubstr(" w2 127.0.0.1 2 8 7 7 "));
    EXPECT_TRUE(wait_until(
        [&] { return line_with(terminal.screen(), "    w2").find("drain") != std::string::npos; }));

    terminal.press({"w", "2", "0", "Enter"});
    ASSERT_TRUE(terminal.shows("weight 20 for web/w2? y/n"));
    terminal.press({"y"});
    ASSERT_TRUE(terminal.shows("web/w2 is now drain, weight 20")) << terminal.screen();
    terminal.press({"r", "y"});
    ASSERT_TRUE(terminal.shows("web/w2 is now ready, weight 20")) << terminal.screen();
    terminal.press({"m", "y"});
    ASSERT_TRUE(terminal.shows("web/w2 is now maint, weight 20")) << terminal.screen();
}

TEST_F(TopTest, LiftsTheHoldOfAServerThatIsMadeReady) {
    const auto beside = base::hold_file(
        haproxy.directory().write(".haproxy.cfg.resource.json", R"({"format": 2})"));
    const std::string dest = haproxy.config_file();
    const auto now = apply::ManualHold::Clock::now();
    ASSERT_TRUE(apply::change_holds(dest, [&](auto& holds) {
        holds.push_back({{"web", "w1"}, {}, now, now + std::chrono::hours(1), "new disk", "ann"});
    }));
    const Terminal terminal(top(haproxy, "web"));
    ASSERT_TRUE(terminal.shows("    w1"));
    terminal.press({"Down", "d", "y"});
    ASSERT_TRUE(terminal.shows("web/w1 is now drain"));
    EXPECT_EQ(apply::read_holds(dest, now).value().size(), 1U);
    terminal.press({"r", "y"});
    EXPECT_TRUE(terminal.shows("web/w1 is now ready, weight 1; its hold is lifted"))
        << terminal.screen();
    EXPECT_TRUE(apply::read_holds(dest, now).value().empty());
}

TEST_F(TopTest, TellsThatHitlessdWillUndoAChange) {
    const std::string note =
        haproxy.directory().write(".haproxy.cfg.resource.json", R"({"format": 2})");
    const auto held = base::hold_file(note);
    const Terminal terminal(top(haproxy, "web"));
    ASSERT_TRUE(terminal.shows("    w1"));
    terminal.press({"Down", "d", "y"});
    EXPECT_TRUE(terminal.shows("web/w1 is now drain, weight 1; hitlessd undoes what its keys"))
        << terminal.screen();
}

TEST_F(TopTest, GoesOnAfterARestart) {
    const Terminal terminal(top(haproxy));
    ASSERT_TRUE(terminal.shows(fmt::format("pid {}", haproxy.pid())));
    haproxy.stop();
    ASSERT_TRUE(terminal.shows("unreachable")) << terminal.screen();
    haproxy.start();
    EXPECT_TRUE(terminal.shows(fmt::format("pid {}", haproxy.pid()))) << terminal.screen();
    EXPECT_TRUE(terminal.hides("unreachable"));
    EXPECT_TRUE(terminal.shows("HAProxy was restarted"));
    EXPECT_TRUE(terminal.is_full_screen());
}

TEST_F(TopTest, FollowsTheSizeOfTheTerminal) {
    const Terminal terminal(top(haproxy), 100, 24);
    ASSERT_TRUE(terminal.shows("AGE"));
    terminal.resize(60, 10);
    ASSERT_TRUE(terminal.hides("AGE")) << terminal.screen();
    const auto is_at = [&](std::size_t row) {
        const std::string screen = terminal.screen();
        const std::size_t at = screen.find("? help");
        return at != std::string::npos &&
               std::count(screen.begin(), screen.begin() + static_cast<std::ptrdiff_t>(at), '\n') ==
                   static_cast<std::ptrdiff_t>(row);
    };
    EXPECT_TRUE(wait_until([&] { return is_at(9); })) << terminal.screen();
    terminal.resize(140, 30);
    EXPECT_TRUE(terminal.shows("CHECK")) << terminal.screen();
    EXPECT_TRUE(wait_until([&] { return is_at(29); })) << terminal.screen();
}

TEST_F(TopTest, RestoresTheTerminal) {
    struct Case {
        const char* key; ///< or the signal
        int signal;
        const char* status;
    };
    const Case cases[] = {{"q", 0, "status 0"},
                          {"C-c", 0, "status 130"},
                          {nullptr, SIGTERM, "status 143"},
                          {nullptr, SIGHUP, "status 129"}};
    for (const Case& one : cases) {
        const Terminal terminal(top(haproxy));
        ASSERT_TRUE(terminal.shows("    w1"));
        ASSERT_TRUE(terminal.is_full_screen());
        if (one.key != nullptr)
            terminal.press({one.key});
        else
            ::kill(std::stoi(read_text(terminal.directory() / "pid")), one.signal);
        ASSERT_TRUE(terminal.shows("finished")) << one.status << "\n" << terminal.screen();
        EXPECT_THAT(terminal.screen(), HasSubstr(one.status));
        EXPECT_FALSE(terminal.is_full_screen());
        const std::string before = read_text(terminal.directory() / "before");
        EXPECT_THAT(before, HasSubstr(" icanon"));
        EXPECT_EQ(settings(read_text(terminal.directory() / "after")), settings(before));
    }
}

TEST_F(TopTest, NeedsATerminal) {
    const TemporaryDirectory directory;
    Process program({HITLESSCTL, "-s", haproxy.socket(), "top"}, directory / "log");
    EXPECT_EQ(program.wait_exit(), 2);
    EXPECT_THAT(program.log(), HasSubstr("top needs a terminal"));

    const Terminal terminal("TERM=nonsense " + std::string(HITLESSCTL) + " -s " + haproxy.socket() +
                            " top; echo status $?; exec cat");
    EXPECT_TRUE(terminal.shows("status 2"));
    EXPECT_THAT(terminal.screen(), HasSubstr("set TERM"));
}

TEST(Top, ShowsRatesAndScrollsThroughThousands) {
    const HttpBackend web(1);
    const std::uint16_t port = free_port();
    const HaproxyServer haproxy(
        head + fmt::format("frontend in\n  bind 127.0.0.1:{}\n  default_backend app\n"
                           "backend app\n  server a1 {}\n"
                           "backend many\n  server-template s 5000 127.0.0.1:1\n",
                           port, web.address(0)),
        HaproxyServer::Mode::plain);
    const Terminal terminal(top(haproxy), 120);
    ASSERT_TRUE(terminal.shows("5001 servers")) << terminal.screen();
    terminal.press({"End"});
    EXPECT_TRUE(terminal.shows("s5000")) << terminal.screen();
    terminal.press({"Home"});
    ASSERT_TRUE(terminal.shows("    a1"));
    const auto has_rate = [&] {
        static_cast<void>(http("GET", fmt::format("http://127.0.0.1:{}/", port)));
        const std::string row = line_with(terminal.screen(), "    a1");
        // After the state and weight: sessions, queue, requests a second.
        char state[32];
        double weight = 0;
        double sessions = 0;
        double queue = 0;
        double rate = 0;
        return std::sscanf(row.c_str(), " a1 %31s %lf %lf %lf %lf", state, &weight, &sessions,
                           &queue, &rate) == 5 &&
               rate > 0;
    };
    EXPECT_TRUE(wait_until(has_rate)) << terminal.screen();
}

TEST(Top, ShowsHostileTextSafely) {
    // A server whose answer to the check moves the cursor, clears the screen and sets the title.
    const std::uint16_t port = free_port();
    const HaproxyServer haproxy(
        head + fmt::format("frontend hostile\n  bind 127.0.0.1:{0}\n"
                           "  http-request return status 503\n"
                           "  http-after-response set-status 503 reason "
                           "\"\\x1b[2J\\x1b]0;owned\\x07HOSTILE\"\n"
                           "backend app\n  option httpchk\n"
                           "  server a1 127.0.0.1:{0} check inter 100ms fall 1\n",
                           port),
        HaproxyServer::Mode::plain);
    const Terminal terminal(top(haproxy), 200);
    ASSERT_TRUE(terminal.shows("HOSTILE")) << terminal.screen();
    EXPECT_THAT(terminal.screen(), HasSubstr("\\x1b[2J"));
    EXPECT_THAT(terminal.screen(), HasSubstr("1 backend, 1 server, 1 not up"));
}

} // namespace
} // namespace hitless::test
