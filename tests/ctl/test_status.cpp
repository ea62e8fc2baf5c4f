// `hitlessctl status` of a real hitlessd, and of whoever else listens where it should.
#include "ctl/ctl.hpp"
#include "support/fake_peer.hpp"
#include "support/stage.hpp"
#include "support/temporary_directory.hpp"

namespace hitless::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Status : public testing::Test {
  protected:
    void start(std::vector<std::string> flags = {}) {
        flags.insert(flags.end(), {"-http", address_, "-http", socket_});
        stage_.start_daemon(flags);
    }
    [[nodiscard]] Ended status(std::vector<std::string> flags = {}) const {
        flags.insert(flags.begin(), {"status", "-http", address_});
        return run_hitlessctl(flags);
    }
    [[nodiscard]] bool wait_code(int code) const {
        return wait_until([&] { return status().code == code; });
    }
    /// Also the file: status() is content while it is being checked.
    [[nodiscard]] bool wait_in_step() {
        return wait_code(0) && stage_.wait_log("in step with the keys: ");
    }

    Stage stage_;
    std::string address_ = fmt::format("127.0.0.1:{}", free_port());
    std::string socket_ = stage_.directory() / "http.sock";
};

TEST_F(Status, TellsOfARealHitlessd) {
    start();
    stage_.add("web1", 1);
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 1)}));
    ASSERT_TRUE(wait_until([&] {
        const Ended now = status();
        return now.code == 0 && now.out.find("app/web1") != std::string::npos;
    })) << status().out
        << status().err;
    ASSERT_TRUE(stage_.wait_log("in step with the keys: ")) << stage_.log(); // the file, too
    const Ended now = status();
    EXPECT_THAT(now.out, StartsWith("in step "));
    for (const std::string& part :
         {std::string("registry     etcd"), std::string("connected; 1 key, index "),
          "resource     " + stage_.haproxy().config_file(), stage_.haproxy_socket(),
          std::string("up, in step"), std::string("  add "), stage_.web.address(1)})
        EXPECT_THAT(now.out, HasSubstr(part));
    const Ended by_socket = run_hitlessctl({"status", "-http", socket_, "-json"});
    EXPECT_EQ(by_socket.code, 0) << by_socket.err;
    EXPECT_EQ(json::parse(by_socket.out)["state"], "in_step");
    EXPECT_EQ(status({"-csv"}).code, 2);
}

TEST_F(Status, EndsWithThreeWhileSomethingIsWrong) {
    start();
    ASSERT_TRUE(wait_code(0)) << status().out;
    stage_.haproxy().stop();
    ASSERT_TRUE(wait_code(3)) << status().out;
    EXPECT_TRUE(wait_until([&] {
        return status().out.find("- HAProxy can't be told of changes") != std::string::npos;
    })) << status().out;
    stage_.haproxy().start();
    ASSERT_TRUE(wait_code(0)) << status().out;
    stage_.etcd.put("/app/servers/bad", "two words");
    ASSERT_TRUE(wait_code(3)) << status().out;
    EXPECT_THAT(status().out, HasSubstr("left out     /app/servers/bad"));
}

/// Without being told where it listens: the note beside the file says so.
TEST_F(Status, IsAskedByExplainAndDiff) {
    start();
    stage_.add("web1", 1);
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 1)}));
    const auto on_haproxy = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"-s", stage_.haproxy_socket()});
        return run_hitlessctl(words);
    };
    ASSERT_TRUE(wait_until([&] { // its notes come a little later than its changes
        const Ended now = on_haproxy({"explain", "app/web1"});
        return now.code == 0 && now.out.find("\nhitlessd ") != std::string::npos;
    })) << on_haproxy({"explain", "app/web1"}).out;
    ASSERT_TRUE(wait_in_step()) << status().out;
    const Ended explained = on_haproxy({"explain", "app/web1"});
    EXPECT_THAT(explained.out, HasSubstr("hitlessd  has nothing to do for it now\n"));
    EXPECT_THAT(explained.out, HasSubstr(" UTC add " + stage_.web.address(1) + ": done"));
    const json told = json::parse(on_haproxy({"explain", "app/web1", "-json"}).out)["hitlessd"];
    EXPECT_EQ(told["address"], address_);
    EXPECT_EQ(told["state"], "in_step");
    const json difference = json::parse(on_haproxy({"diff", "-json"}).out);
    EXPECT_EQ(difference["in_step"], true);
    EXPECT_EQ(difference["queued"], json::array());
    // A flag names another one, which there isn't: then all is as without.
    const Ended other = on_haproxy({"diff", "-http", "127.0.0.1:1"});
    EXPECT_EQ(other.code, 0);
    EXPECT_THAT(other.err, HasSubstr("nobody listens at 127.0.0.1:1"));
}

/// A plan, and "hitlessd has nothing to do" below it, are a contradiction.
TEST_F(Status, TellsThatAChangeByHandHasNotBeenSeenYet) {
    stage_.add("web1", 1);
    start({"-resync", "1h"});
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 1)}));
    ASSERT_TRUE(wait_in_step()) << status().out;
    const auto explain = [&] {
        return run_hitlessctl({"explain", "app/web1", "-s", stage_.haproxy_socket()});
    };
    ASSERT_TRUE(wait_until([&] { // its notes come a little later than its changes
        return explain().out.find("\nhitlessd ") != std::string::npos;
    })) << explain().out;
    (void)stage_.haproxy().command("set server app/web1 state maint");
    const Ended explained = explain();
    EXPECT_EQ(explained.code, 3);
    EXPECT_THAT(explained.out,
                AllOf(HasSubstr("plan      change maint → ready"),
                      HasSubstr("hitlessd  has not seen this difference yet: it makes the server "
                                "as planned above when it looks at HAProxy next, within its "
                                "-resync time\n"),
                      Not(HasSubstr("nothing to do"))));
}

/// A template that fails after it was read again.
TEST_F(Status, TellsThatTheTemplateHasAnError) {
    stage_.add("web1", 1);
    start();
    ASSERT_TRUE(wait_in_step()) << status().out;
    stage_.write_template(
        boost::replace_all_copy(Stage::default_cfg(), "{{base .Key}}", "{{base .Kex}}"));
    stage_.daemon().signal(SIGHUP);
    const std::string error = "can't evaluate field Kex";
    ASSERT_TRUE(wait_until([&] {
        const Ended now = status();
        return now.code == 3 && now.out.find(error) != std::string::npos;
    })) << status().out;
    EXPECT_THAT(status().out, AllOf(HasSubstr("(not rendered since the start, or since its files"),
                                    Not(HasSubstr("unknown"))));
    const auto explain = [&](const std::string& server) {
        return run_hitlessctl({"explain", server, "-s", stage_.haproxy_socket()});
    };
    const Ended explained = explain("app/web1");
    EXPECT_EQ(explained.code, 3);
    EXPECT_THAT(
        explained.out,
        AllOf(HasSubstr("hitlessd can't follow the keys: "), HasSubstr(error),
              HasSubstr("does nothing for it now: since hitlessd was started, or has read "),
              Not(HasSubstr("HAProxy is as wanted"))));
    EXPECT_EQ(explain("app/web7").code, 3) << "the keys may want it";
    EXPECT_THAT(explain("app/web7").err,
                AllOf(HasSubstr("there is no server app/web7 in HAProxy, nor in "),
                      HasSubstr("; whether the keys want it isn't known: "), HasSubstr(error)));
}

/// hitlessd knows why a server is not as it is wanted; nobody else can find that out.
TEST_F(Status, TellsExplainAndDiffWhatIsQueuedAndWaits) {
    const json server = {{"name", "web1"}, {"queued", "retried"}, {"waits", "an address"}};
    const json backend = {{"name", "app"}, {"servers", json::array({server})}};
    const json haproxy = {{"pid", stage_.haproxy().pid()}, {"backends", json::array({backend})}};
    const json resource = {{"dest", stage_.haproxy().config_file()},
                           {"haproxies", json::array({haproxy})}};
    const json status = {{"program", "hitlessd"},
                         {"format", 1},
                         {"state", "working"},
                         {"resources", json::array({resource})}};
    stage_.add("web1", 1);
    start();
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 1)}));
    ASSERT_TRUE(wait_in_step()) << stage_.log();
    const FakePeer peer([&](const std::string&) { return FakePeer::http(200, "", status.dump()); });
    const std::string address = peer.url().substr(std::string("http://").size());
    const std::vector<std::string> where = {"-s", stage_.haproxy_socket(), "-http", address};
    const auto ask = [&](std::vector<std::string> words) {
        words.insert(words.end(), where.begin(), where.end());
        return run_hitlessctl(words);
    };
    const Ended difference = ask({"diff"});
    EXPECT_EQ(difference.code, 3);
    EXPECT_THAT(difference.out, AllOf(HasSubstr("queued  app      web1    retried\n"),
                                      HasSubstr("wait    app      web1    an address\n")));
    EXPECT_THAT(ask({"diff", "-commands"}).out, AllOf(HasSubstr("# queued: app/web1: retried\n"),
                                                      HasSubstr("# wait: app/web1: an ")));
    const Ended explained = ask({"explain", "app/web1"});
    EXPECT_EQ(explained.code, 3);
    EXPECT_THAT(explained.out,
                HasSubstr("hitlessd  queued: retried\n          waits: an address\n"));
}

TEST(StatusElsewhere, SaysWhatIsMissingWhereNobodyListens) {
    const TemporaryDirectory directory;
    for (const std::string& address :
         {fmt::format("127.0.0.1:{}", free_port()), directory / "none.sock"}) {
        const Ended now = run_hitlessctl({"status", "-http", address});
        EXPECT_EQ(now.code, 1);
        EXPECT_EQ(now.out, "");
        EXPECT_THAT(now.err,
                    AllOf(StartsWith("hitlessctl: nobody listens at " + address),
                          HasSubstr("perhaps hitlessd does not run. "),
                          HasSubstr("only where it is started with -http (as in hitlessd -http "
                                    "127.0.0.1:9690)")));
    }
    EXPECT_THAT(run_hitlessctl({"status", "-http", "localhost"}).err, HasSubstr("must be IP:PORT"));
}

TEST(StatusElsewhere, TrustsNobodyWhoAnswers) {
    struct Case {
        FakeAnswer answer;
        std::string said;
    };
    const std::string body(1'000'000, 'x');
    const Case cases[] = {
        {FakePeer::http(200, "", "hello"), "not what hitlessd tells"},
        {FakePeer::http(404, "", "\x1b[31m"), "with the status 404; is it hitlessd?"},
        {FakePeer::http(503, "", "busy"), "it is busy, try again"},
        {{.text = "+OK hello\r\n\r\n", .endless = {}, .close = true}, "no whole answer of HTTP"},
        {{.text = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", .endless = {}},
         "too large"},
        {{.text = "HTTP/1.1 200 OK\r\nX: " + body, .endless = {}}, "too large"},
        {{.text = "HTTP/1.1 200 OK\r\n\r\n",
          .endless = body,
          .interval = std::chrono::milliseconds(0)},
         "too large"},
        {{.text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
          .endless = "x",
          .interval = std::chrono::milliseconds(200)},
         "doesn't answer in time"},
        {{.text = "", .endless = {}}, "doesn't answer in time"},
    };
    for (const Case& one : cases) {
        const FakePeer peer([&](const std::string&) { return one.answer; });
        const std::string address = peer.url().substr(std::string("http://").size());
        const bool is_slow = one.said.find("in time") != std::string::npos;
        const Ended now =
            run_hitlessctl({"status", "-http", address, "-timeout", is_slow ? "1s" : "60s"});
        EXPECT_EQ(now.code, 1) << one.said;
        EXPECT_THAT(now.err, HasSubstr(one.said));
        EXPECT_THAT(now.err, Not(HasSubstr("\x1b")));
    }
}

/// Names with terminal escapes, as text and as JSON.
TEST(StatusElsewhere, SpellsControlCharactersOut) {
    const FakePeer peer([](const std::string&) {
        return FakePeer::http(
            200, "",
            R"({"program":"hitlessd","format":1,"state":"in_step","version":"\u001b[2J\u009b",)"
            R"("registry":{"connected":true}})");
    });
    const std::string address = peer.url().substr(std::string("http://").size());
    for (const char* const flag : {"-color=never", "-json"}) {
        const Ended now = run_hitlessctl({"status", "-http", address, flag});
        EXPECT_EQ(now.code, 0) << now.err;
        EXPECT_THAT(now.out, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xc2\x9b"))));
        EXPECT_THAT(now.out, HasSubstr("[2J"));
    }
}

} // namespace
} // namespace hitless::test
