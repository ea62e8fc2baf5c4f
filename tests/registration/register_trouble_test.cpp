// hitless-register when etcd is away, and as the process that everything depends on.
#include "etcd/base64.hpp"
#include "registration/register_fixture.hpp"
#include "support/fake_peer.hpp"
#include "support/http.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <sstream>
#include <unistd.h>

namespace hitless::registration {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

class RegisterTroubleTest : public RegisterTest {};

TEST_P(RegisterTroubleTest, RegistersAgainWhenEtcdHasLostItsData) {
    auto process = start_a({}, service("exit 0"));
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    etcd_.stop();
    etcd_.start(false);
    EXPECT_TRUE(keys_.wait_value("/app/a", value));
    EXPECT_TRUE(process.running());
}

TEST_P(RegisterTroubleTest, RegistersAgainAfterAnOutageLongerThanTheTtl) {
    auto process = start({"--key", "/app/a", "--value", value, "--ttl", "1"}, service("exit 0"));
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    etcd_.stop();
    EXPECT_TRUE(wait_log(process, "it is gone by now")) << process.log();
    etcd_.start();
    EXPECT_TRUE(keys_.wait_value("/app/a", value));
    EXPECT_TRUE(wait_log(process, "answers again"));
    EXPECT_TRUE(process.running());
}

TEST_P(RegisterTroubleTest, TheServiceRunsWhileEtcdIsAwayAtTheStart) {
    etcd_.stop();
    auto process = start_a({}, service("exit 0"));
    EXPECT_TRUE(wait_log(process, "up\n"));
    EXPECT_TRUE(wait_log(process, "perhaps etcd does not run"));
    etcd_.start();
    EXPECT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
}

TEST_P(RegisterTroubleTest, AStopDoesNotWaitForEtcdForLong) {
    auto process = start_a({"--drain", "60"}, service("exit 4"));
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    ASSERT_TRUE(wait_log(process, "up\n")) << process.log(); // it has set its trap
    etcd_.process().signal(SIGSTOP);
    const auto begun = Clock::now();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), 4) << process.log();
    EXPECT_LT(Clock::now() - begun, seconds(3));
    EXPECT_THAT(process.log(), HasSubstr("goes away 2 s after"));
    etcd_.process().signal(SIGCONT);
}

TEST_P(RegisterTroubleTest, AStopDoesNotWaitForAnAnswerWithoutEnd) {
    for (const milliseconds interval : {milliseconds(0), milliseconds(20)}) {
        const test::FakePeer peer([interval](const std::string&) {
            return test::FakeAnswer{"HTTP/1.1 200 OK\r\nX-Etcd-Index: 5\r\n\r\n{\"", "x", interval,
                                    false};
        });
        const bool is_v2 = GetParam() == etcd::Settings::Api::v2;
        Process process({HITLESS_REGISTER, "--node", peer.url(), "--backend",
                         is_v2 ? "etcd" : "etcdv3", "--key", "/app/a", "--value", value, "--drain",
                         "0"},
                        new_log());
        ASSERT_TRUE(wait_until([&] { return peer.requests() > 0; }));
        process.signal(SIGTERM);
        EXPECT_EQ(process.wait_exit(seconds(3)), 0) << process.log();
    }
}

/// When etcd goes on after a stall, the lease is over and the key is still there for a moment.
TEST_P(RegisterTroubleTest, KnowsItsOwnKeyAfterAStallOfEtcd) {
    for (const int stall : {1'000, 1'800, 2'000, 2'200, 2'600}) {
        auto process = start_a();
        ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
        etcd_.process().signal(SIGSTOP);
        EXPECT_FALSE(process.wait_exit(milliseconds(stall)));
        etcd_.process().signal(SIGCONT);
        process.signal(SIGTERM);
        EXPECT_TRUE(process.wait_exit(seconds(5))) << process.log();
        EXPECT_THAT(process.log(), Not(HasSubstr("left alone")));
        EXPECT_THAT(process.log(), Not(HasSubstr("another")));
        EXPECT_EQ(keys_.get("/app/a"), std::nullopt) << process.log();
    }
}

TEST_P(RegisterTroubleTest, ASecondSignalIsPassedOnAtOnce) {
    auto process = start_a({"--drain", "60"}, service("exit 4"));
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    ASSERT_TRUE(wait_log(process, "up\n")) << process.log(); // it has set its trap
    process.signal(SIGTERM);
    ASSERT_TRUE(keys_.wait_value("/app/a", std::nullopt));
    EXPECT_TRUE(process.running());
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(seconds(5)), 4) << process.log();
}

TEST_P(RegisterTroubleTest, OtherSignalsArePassedOnAsTheyCome) {
    auto process = start_a({"--stop-signal", "QUIT"},
                           "for s in HUP USR1 USR2 WINCH; do trap \"echo $s\" $s; done; "
                           "trap 'echo quit; exit 6' QUIT; echo up; while :; do sleep 0.02; done");
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    ASSERT_TRUE(wait_log(process, "up\n"));
    const std::pair<int, const char*> signals[] = {
        {SIGHUP, "HUP\n"}, {SIGUSR1, "USR1\n"}, {SIGUSR2, "USR2\n"}, {SIGWINCH, "WINCH\n"}};
    for (const auto& [number, word] : signals) {
        process.signal(number);
        EXPECT_TRUE(wait_log(process, word)) << process.log();
    }
    EXPECT_EQ(keys_.get("/app/a"), value);
    process.signal(SIGQUIT); // a stop, here
    EXPECT_EQ(process.wait_exit(), 6);
    EXPECT_EQ(keys_.get("/app/a"), std::nullopt);
}

TEST_P(RegisterTroubleTest, ACommandThatIgnoresTheSignalIsKilled) {
    auto process = start_a({"--stop-timeout", "300ms"}, service(""));
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    ASSERT_TRUE(wait_log(process, "up\n")) << process.log(); // it has set its trap
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), 128 + SIGKILL) << process.log();
}

TEST_P(RegisterTroubleTest, CommandsThatCannotBeRun) {
    auto all = arguments({"--key", "/app/a", "--value", value});
    for (const auto& [command, code] :
         {std::pair("/no/such/program", not_found), std::pair("/etc/passwd", not_executable)}) {
        auto with_command = all;
        with_command.insert(with_command.end(), {"--", command});
        Process process(with_command, new_log());
        EXPECT_EQ(process.wait_exit(), code) << process.log();
        EXPECT_THAT(process.log(), HasSubstr(command));
    }
}

std::vector<pid_t> children_of(pid_t pid) {
    std::istringstream text(test::read_text(fmt::format("/proc/{}/task/{}/children", pid, pid)));
    std::vector<pid_t> children;
    for (pid_t child = 0; text >> child;)
        children.push_back(child);
    return children;
}

/// What makes a command process 1 of a namespace of its own or, where that isn't allowed, the one
/// that orphans are given to.
std::vector<std::string> as_process_one(const std::string& log) {
    std::vector<std::string> unshare{"unshare", "--pid", "--fork", "--kill-child"};
    if (::geteuid() != 0)
        unshare.insert(unshare.begin() + 1, {"--user", "--map-root-user"});
    std::vector<std::string> attempt = unshare;
    attempt.emplace_back("true");
    if (Process(attempt, log).wait_exit() == 0)
        return unshare;
    return {SUBREAPER};
}

TEST_P(RegisterTroubleTest, ReapsOrphansAsProcessOne) {
    std::vector<std::string> command = as_process_one(new_log());
    const bool is_one = command.front() == "unshare";
    // The inner shells leave what they have started to process 1. They have a file of their own:
    // the lines of the log of hitless-register may come between theirs.
    const std::string ends = directory_ / "ends";
    for (const std::string& argument :
         arguments({"--key", "/app/a", "--value", value},
                   "for i in 1 2 3; do sh -c 'sh -c \"sleep 0.1; echo over >> " + ends +
                       "\" &'; done; echo shell $PPID; trap 'exit 8' TERM; "
                       "while :; do sleep 0.02; done"))
        command.push_back(argument);
    // The leak checker can't look at a process 1.
    Process outer(command, new_log(), {"ASAN_OPTIONS=detect_leaks=0"});
    ASSERT_TRUE(wait_log(outer, is_one ? "shell 1\n" : fmt::format("shell {}\n", outer.pid())))
        << outer.log();
    ASSERT_TRUE(wait_until([&] { return test::read_text(ends) == "over\nover\nover\n"; }))
        << outer.log();
    pid_t one = outer.pid();
    if (is_one) {
        ASSERT_EQ(children_of(outer.pid()).size(), 1U);
        one = children_of(outer.pid()).front();
    }
    EXPECT_TRUE(wait_until([&] { return children_of(one).size() == 1; })) << "only the command";
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << outer.log();
    ::kill(one, SIGTERM);
    EXPECT_EQ(outer.wait_exit(), 8) << outer.log();
    EXPECT_EQ(keys_.get("/app/a"), std::nullopt);
}

/// Switches authentication on, for the user root with the password "secret".
void enable_authentication(const std::string& url, etcd::Settings::Api api) {
    const auto ask = [&](const std::string& method, const std::string& target,
                         const std::string& body,
                         const std::map<std::string, std::string>& headers = {}) {
        const auto answer =
            test::http(method, url + target, body, seconds(10), "application/json", headers);
        ASSERT_EQ(answer.status / 100, 2U) << target << ": " << answer.body;
    };
    if (api == etcd::Settings::Api::v3) {
        ask("POST", "/v3/auth/user/add", R"({"name":"root","password":"secret"})");
        ask("POST", "/v3/auth/role/add", R"({"name":"root"})");
        ask("POST", "/v3/auth/user/grant", R"({"user":"root","role":"root"})");
        ask("POST", "/v3/auth/enable", "{}");
        return;
    }
    ask("PUT", "/v2/auth/users/root", R"({"user":"root","password":"secret"})");
    ask("PUT", "/v2/auth/enable", "");
    ask("PUT", "/v2/auth/roles/guest",
        R"({"role":"guest","revoke":{"kv":{"read":["/*"],"write":["/*"]}}})",
        {{"Authorization", "Basic " + etcd::encode_base64("root:secret")}});
}

TEST_P(RegisterTroubleTest, AuthenticatesAndGetsANewTokenWhenOneIsRefused) {
    enable_authentication(etcd_.url(), GetParam());
    const std::vector<std::string> flags{"--key", "/app/a", "--value",    value,
                                         "--ttl", "2",      "--username", "root"};
    auto wrong = start(flags, "", {"ETCD_PASSWORD=guess"});
    EXPECT_TRUE(wait_log(wrong, "it refuses us")) << wrong.log();
    EXPECT_THAT(wrong.log(), HasSubstr("password"));
    auto right = start(flags, "", {"ETCD_PASSWORD=secret"});
    EXPECT_TRUE(wait_log(right, "registered key=")) << right.log();
    etcd_.stop(); // forgets v3's tokens
    etcd_.start();
    right.signal(SIGTERM);
    EXPECT_EQ(right.wait_exit(), done);
    EXPECT_THAT(right.log(), HasSubstr("deregistered"));
}

/// In etcd's v2 store, where a key is a directory or has a value.
class RegisterDisplacedTest : public RegisterTest {
  protected:
    /// One change of the key at once, so that no renewal comes in between.
    void change(const char* method, const std::string& key, const std::string& body) const {
        const auto answer = test::http(method, etcd_.url() + "/v2/keys" + key, body);
        ASSERT_EQ(answer.status / 100, 2U) << answer.body;
    }
    /// How often anyone has read a key.
    [[nodiscard]] std::uint64_t reads() const {
        const auto stats =
            nlohmann::json::parse(test::http("GET", etcd_.url() + "/v2/stats/store").body);
        return stats.at("getsSuccess").get<std::uint64_t>() +
               stats.at("getsFail").get<std::uint64_t>();
    }
    [[nodiscard]] bool wait_reads(std::uint64_t count) const {
        return wait_until([&, end = reads() + count] { return reads() >= end; });
    }
    Process start_web1(const std::vector<std::string>& flags = {}) {
        return start(with({"--key", "/e/web1", "--value", value, "--ttl", "2"}, flags),
                     service("exit 4"));
    }
    static std::size_t count(const Process& process, const std::string& text) {
        const std::string log = process.log();
        std::size_t found = 0;
        for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1))
            ++found;
        return found;
    }
};

TEST_P(RegisterDisplacedTest, RegistersAgainWhenItsKeyIsNoDirectoryAnyMore) {
    auto process = start_web1();
    ASSERT_TRUE(keys_.wait_value("/e/web1", value)) << process.log();
    for (std::size_t times = 1; times <= 2; ++times) {
        change("PUT", "/e/web1", "dir=true");
        keys_.put("/e/web1/sub", "x");
        ASSERT_TRUE(wait_until([&] {
            return count(process, "/e/web1 can't hold its value now: /e/web1 is a directory") ==
                   times;
        })) << process.log();
        ASSERT_TRUE(wait_reads(3)) << process.log();
        change("DELETE", "/e/web1?recursive=true", "");
        ASSERT_TRUE(keys_.wait_value("/e/web1", value)) << process.log();
        ASSERT_TRUE(wait_until([&] { return count(process, "registered again") >= times; }));
        EXPECT_EQ(count(process, "registered again"), times) << process.log();
        EXPECT_EQ(count(process, "can't hold its value now"), times) << process.log();
    }
    EXPECT_THAT(process.log(), HasSubstr("runs on without being registered"));
    EXPECT_THAT(process.log(), Not(HasSubstr("choose another --key")));
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), 4) << process.log();
    EXPECT_EQ(keys_.get("/e/web1"), std::nullopt);
}

TEST_P(RegisterDisplacedTest, RegistersAgainWhenItsKeyIsNotBelowAValueAnyMore) {
    auto process = start_web1();
    ASSERT_TRUE(keys_.wait_value("/e/web1", value)) << process.log();
    // A renewal may come between the two.
    ASSERT_TRUE(wait_until([&] {
        const std::string url = etcd_.url() + "/v2/keys/e";
        test::http("DELETE", url + "?recursive=true");
        return test::http("PUT", url, "value=x").status / 100 == 2;
    }));
    ASSERT_TRUE(wait_log(process, "/e/web1 can't hold its value now: /e/web1 can't be below /e"))
        << process.log();
    ASSERT_TRUE(wait_reads(3)) << process.log();
    keys_.remove("/e");
    EXPECT_TRUE(keys_.wait_value("/e/web1", value)) << process.log();
    EXPECT_TRUE(wait_log(process, "registered again")) << process.log();
    EXPECT_EQ(count(process, "can't hold its value now"), 1U) << process.log();
}

TEST_P(RegisterDisplacedTest, AStopWithoutAKeyDoesNotWaitForTheDrain) {
    auto process = start_web1({"--drain", "60"});
    ASSERT_TRUE(keys_.wait_value("/e/web1", value)) << process.log();
    ASSERT_TRUE(wait_log(process, "up\n")) << process.log(); // it has set its trap
    change("PUT", "/e/web1", "dir=true");
    ASSERT_TRUE(wait_log(process, "can't hold its value now")) << process.log();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), 4) << process.log();
}

INSTANTIATE_TEST_SUITE_P(Apis, RegisterDisplacedTest, testing::Values(etcd::Settings::Api::v2),
                         api_name);

INSTANTIATE_TEST_SUITE_P(Apis, RegisterTroubleTest,
                         testing::Values(etcd::Settings::Api::v2, etcd::Settings::Api::v3),
                         api_name);

} // namespace
} // namespace hitless::registration
