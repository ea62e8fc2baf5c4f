// hitless-register as it is used, on a real etcd.
#include "registration/register_fixture.hpp"
#include "support/http.hpp"
#include "support/http_backend.hpp"

#include <csignal>

namespace hitless::registration {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

TEST_P(RegisterTest, RenewsWithoutAnEventAndRemovesAtTheEnd) {
    auto process = start_a();
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    const auto event = keys_.last_event("/app/a");
    EXPECT_TRUE(keys_.wait_renewals("/app/a", 3));
    EXPECT_EQ(keys_.last_event("/app/a"), event);
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), done);
    EXPECT_EQ(keys_.get("/app/a"), std::nullopt);
    if (GetParam() == etcd::Settings::Api::v2) {
        // What a watcher gets after the creation is the removal: the renewals are no events.
        const auto answer = test::http(
            "GET", fmt::format("{}/v2/keys/app/a?wait=true&waitIndex={}", etcd_.url(), event + 1));
        EXPECT_THAT(answer.body, HasSubstr("compareAndDelete"));
    }
}

TEST_P(RegisterTest, DeregistersThenDrainsThenStopsTheCommand) {
    auto process =
        start_a({"--drain", "600ms"},
                service(keys_.shell_look("/app/a").replace(0, 0, "echo term; ") + "; exit 7"));
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    ASSERT_TRUE(wait_log(process, "up\n")) << process.log(); // it has set its trap
    process.signal(SIGTERM);
    ASSERT_TRUE(keys_.wait_value("/app/a", std::nullopt));
    const auto gone = Clock::now();
    EXPECT_EQ(process.wait_exit(), 7) << process.log();
    EXPECT_GE(Clock::now() - gone, milliseconds(500));
    EXPECT_THAT(process.log(), HasSubstr("term\ngone\n"));
}

TEST_P(RegisterTest, EndsWithTheCommandsStatusAndTakesTheKeyAway) {
    const std::pair<const char*, int> ends[] = {
        {"exit 0", 0}, {"exit 9", 9}, {"kill -KILL $$", 128 + SIGKILL}};
    for (const auto& [end, code] : ends) {
        const std::string go = directory_ / "go";
        auto process =
            start_a({}, fmt::format("while [ ! -e {} ]; do sleep 0.02; done; {}", go, end));
        ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
        directory_.write("go", "");
        EXPECT_EQ(process.wait_exit(), code) << process.log();
        EXPECT_EQ(keys_.get("/app/a"), std::nullopt);
        std::filesystem::remove(go);
    }
}

TEST_P(RegisterTest, TheTtlTakesTheKeyWhenTheWrapperIsKilled) {
    auto process = start_a({}, "echo $$ >" + directory_ / "pid" + "; exec sleep 1000");
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    const pid_t service = pid_in(directory_ / "pid");
    process.signal(SIGKILL);
    EXPECT_EQ(process.wait_exit(), 128 + SIGKILL);
    EXPECT_TRUE(keys_.wait_value("/app/a", std::nullopt));
    EXPECT_TRUE(wait_until([&] { return ::kill(service, 0) != 0; })) << "it runs on alone";
}

TEST_P(RegisterTest, ASecondInstanceSaysSoAndStops) {
    auto first = start_a({}, "exec sleep 1000");
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << first.log();
    const std::vector<std::string> flags{"--key", "/app/a", "--ttl", "2", "--value"};
    auto second = start(with(flags, {value}), service("exit 0"));
    auto third = start(with(flags, {"127.0.0.1:9"}), service("exit 0"));
    for (Process* other : {&second, &third}) {
        EXPECT_EQ(other->wait_exit(), held) << other->log();
        EXPECT_THAT(other->log(), HasSubstr("held by another instance"));
    }
    EXPECT_EQ(keys_.get("/app/a"), value);
    EXPECT_TRUE(first.running());
}

TEST_P(RegisterTest, TakesOverAndTheFirstDoesNotFightBack) {
    const std::vector<std::pair<std::string, std::string>> cases{{"/app/a", "127.0.0.1:9"},
                                                                 {"/app/b", value}};
    std::vector<Process> firsts;
    std::vector<Process> others;
    for (const auto& [key, other] : cases) {
        firsts.push_back(start({"--key", key, "--value", value, "--ttl", "2"}, service("exit 3")));
        ASSERT_TRUE(keys_.wait_value(key, value)) << firsts.back().log();
        others.push_back(start({"--key", key, "--value", other, "--ttl", "2", "--takeover"}));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto& [key, other] = cases[i];
        EXPECT_TRUE(wait_log(firsts[i], "was taken over")) << firsts[i].log();
        EXPECT_EQ(keys_.get(key), other);
        EXPECT_TRUE(firsts[i].running());
        firsts[i].signal(SIGTERM);
        EXPECT_EQ(firsts[i].wait_exit(), 3);
        EXPECT_EQ(keys_.get(key), other) << "it belongs to the second";
        others[i].signal(SIGTERM);
        EXPECT_EQ(others[i].wait_exit(), done);
        EXPECT_EQ(keys_.get(key), std::nullopt);
    }
}

TEST_P(RegisterTest, ATakeoverThatIsNotKeptAliveIsNone) {
    auto process = start_a();
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    // As from a backup of etcd, or by an instance that was killed at once.
    EXPECT_EQ(
        exit_of({"--key", "/app/a", "--value", "other:1", "--ttl", "2", "--takeover", "--once"}),
        done);
    EXPECT_TRUE(wait_log(process, "of another instance")) << process.log();
    EXPECT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    EXPECT_TRUE(process.running());
}

TEST_P(RegisterTest, StopsWithoutACommandWhenItIsTakenOver) {
    auto process = start_a();
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    keys_.put("/app/a", "other");
    EXPECT_EQ(process.wait_exit(), held) << process.log();
    EXPECT_EQ(keys_.get("/app/a"), "other");
}

TEST_P(RegisterTest, DoesNotRemoveWhatWasTakenAMomentAgo) {
    auto process = start({"--key", "/app/a", "--value", value, "--ttl", "60"});
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    keys_.put("/app/a", "other");
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), done);
    EXPECT_EQ(keys_.get("/app/a"), "other");
    EXPECT_THAT(process.log(), HasSubstr("left alone"));
}

TEST_P(RegisterTest, RegistersAgainWhatWasRemoved) {
    auto process = start_a();
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    keys_.remove("/app/a");
    EXPECT_TRUE(keys_.wait_value("/app/a", value));
    EXPECT_TRUE(wait_log(process, "registered again"));
}

TEST_P(RegisterTest, TakesTheKeyOfAKilledInstanceWhenItsTtlIsOver) {
    const std::vector<std::pair<std::string, std::string>> cases{{"/app/a", value},
                                                                 {"/app/b", "127.0.0.1:9"}};
    std::vector<Process> others;
    for (const auto& [key, other] : cases) {
        auto first = start({"--key", key, "--value", value, "--ttl", "2"});
        ASSERT_TRUE(keys_.wait_value(key, value)) << first.log();
        first.signal(SIGKILL);
        EXPECT_EQ(first.wait_exit(), 128 + SIGKILL);
        others.push_back(start({"--key", key, "--value", other, "--ttl", "2"}));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        EXPECT_TRUE(wait_log(others[i], "registered key=")) << others[i].log();
        EXPECT_EQ(keys_.get(cases[i].first), cases[i].second);
        EXPECT_EQ(others[i].stop(), done);
    }
}

TEST_P(RegisterTest, WaitsUntilTheServiceIsReady) {
    test::HttpBackend web(1);
    const std::string port = std::to_string(web.port(0));
    for (const std::string& probe : {"tcp:" + port, "http:" + port + "/health"}) {
        auto process = start_a({"--ready", probe});
        EXPECT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
        EXPECT_EQ(process.stop(), done);
    }
}

TEST_P(RegisterTest, DoesNotRegisterWhatIsNotReady) {
    auto process =
        start_a({"--ready", "tcp:1", "--ready-timeout", "300ms"}, service("echo stopped; exit 0"));
    EXPECT_EQ(process.wait_exit(), not_ready) << process.log();
    EXPECT_THAT(process.log(), HasSubstr("stopped"));
    EXPECT_THAT(process.log(), HasSubstr("isn't ready after 0.3 s: tcp:127.0.0.1:1"));
    EXPECT_THAT(process.log(), Not(HasSubstr("registered")));
}

TEST_P(RegisterTest, ACommandThatDiesBeforeItIsReadyIsNoCaseForEtcd) {
    auto process = start_a({"--ready", "tcp:1"}, "exit 5");
    EXPECT_EQ(process.wait_exit(), 5) << process.log();
    EXPECT_THAT(process.log(), Not(HasSubstr("registered")));
}

TEST_P(RegisterTest, ScriptsSetAndRemoveInOneStep) {
    EXPECT_EQ(exit_of(with({"--key", "/app/a"},
                           {"--port", "80", "--json", "--meta", "zone=a", "--once"})),
              done);
    EXPECT_EQ(keys_.get("/app/a"),
              R"({"host":"127.0.0.1","port":80,"weight":1,"meta":{"zone":"a"}})");
    EXPECT_EQ(exit_of(with({"--key", "/app/a"},
                           {"--port", "80", "--json", "--meta", "zone=a", "--once"})),
              done);
    EXPECT_EQ(exit_of(with({"--key", "/app/a"}, {"--port", "81", "--json", "--once"})), held);
    EXPECT_EQ(exit_of(with({"--key", "/app/a"}, {"--port", "81", "--deregister"})), held);
    EXPECT_EQ(exit_of(with({"--key", "/app/a"},
                           {"--port", "81", "--interface", "lo", "--once", "--takeover"})),
              done);
    EXPECT_EQ(keys_.get("/app/a"), "127.0.0.1:81");
    EXPECT_EQ(exit_of(with({"--key", "/app/a"}, {"--port", "81", "--deregister"})), done);
    EXPECT_EQ(keys_.get("/app/a"), std::nullopt);
    EXPECT_EQ(exit_of(with({"--key", "/app/a"}, {"--port", "81", "--deregister"})), done);
    keys_.put("/app/a", "whatever");
    EXPECT_EQ(exit_of(with({"--key", "/app/a"}, {"--deregister", "--takeover"})), done);
    EXPECT_EQ(keys_.get("/app/a"), std::nullopt);
}

TEST_P(RegisterTest, SaysAtOnceThatAKeyIsADirectory) {
    keys_.put("/app/servers/web1", "127.0.0.1:9");
    const std::vector<std::string> flags{"--key", "/app/servers", "--value", value};
    if (GetParam() == etcd::Settings::Api::v3) {
        auto process = start(flags);
        EXPECT_TRUE(wait_log(process, "there are keys below /app/servers")) << process.log();
        EXPECT_EQ(keys_.get("/app/servers"), value);
        process.signal(SIGTERM);
        EXPECT_EQ(process.wait_exit(), done) << process.log();
        EXPECT_EQ(keys_.get("/app/servers/web1"), "127.0.0.1:9");
        return;
    }
    auto kept = start(flags, service("exit 0"));
    EXPECT_EQ(kept.wait_exit(), failed) << kept.log();
    EXPECT_THAT(kept.log(), HasSubstr("/app/servers is a directory in etcd"));
    EXPECT_THAT(kept.log(), HasSubstr("choose another --key"));
    auto once = start(with(flags, {"--once"}));
    EXPECT_EQ(once.wait_exit(), failed) << once.log();
    EXPECT_THAT(once.log(), HasSubstr("is a directory in etcd"));
    auto below = start({"--key", "/app/servers/web1/a", "--value", value});
    EXPECT_EQ(below.wait_exit(), failed) << below.log();
    EXPECT_THAT(below.log(), HasSubstr("can't be below /app/servers/web1"));
}

INSTANTIATE_TEST_SUITE_P(Apis, RegisterTest,
                         testing::Values(etcd::Settings::Api::v2, etcd::Settings::Api::v3),
                         api_name);

} // namespace
} // namespace hitless::registration
