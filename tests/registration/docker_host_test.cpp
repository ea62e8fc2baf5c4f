// hitless-register --docker, on a faked engine and a real etcd.
#include "registration/docker_fixture.hpp"

#include <csignal>

namespace hitless::registration {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST_P(DockerTest, KeepsTheKeysOfContainersThatAskForIt) {
    engine_.put("aa", web("before"));
    auto process = start_docker();
    EXPECT_TRUE(keys_.wait_value("/app/before", "10.0.0.7:80")) << process.log();
    FakeEngine::Container other;
    other.name = "other";
    run("cc", other);
    run("bb", web());
    EXPECT_TRUE(wait_web()) << process.log();
    EXPECT_TRUE(keys_.wait_renewals("/app/web", 1));
    EXPECT_EQ(engine_.asked("/containers/cc/json"), 0U);
    EXPECT_THAT(keys_.below("/app"), testing::SizeIs(2));
}

TEST_P(DockerTest, TheSignalToEndTakesTheKeyAtOnceAndForGood) {
    engine_.put("aa", web());
    auto process = start_docker({"--docker-resync", "100ms"});
    ASSERT_TRUE(wait_web()) << process.log();
    engine_.tell("aa", "kill", "1"); // a hangup ends nothing
    engine_.tell("aa", "kill", "15");
    EXPECT_TRUE(wait_gone()) << process.log();
    let_look(); // it still runs, to finish its requests
    EXPECT_EQ(keys_.get("/app/web"), std::nullopt) << process.log();
    auto again = web();
    again.started = "2026-11-27T06:00:00Z";
    engine_.put("aa", again);
    engine_.tell("aa", "die");
    engine_.tell("aa", "start");
    EXPECT_TRUE(wait_web()) << process.log();
}

TEST_P(DockerTest, HealthAndPausesDecide) {
    auto container = web();
    container.health = "starting";
    engine_.put("aa", container);
    auto process = start_docker();
    ASSERT_TRUE(wait_follower());
    ASSERT_TRUE(wait_until([&] { return engine_.asked("/containers/aa/json") > 0; }));
    EXPECT_EQ(keys_.get("/app/web"), std::nullopt);
    const std::pair<const char*, bool> steps[] = {
        {"healthy", true}, {"unhealthy", false}, {"healthy", true}};
    for (const auto& [health, is_well] : steps) {
        container.health = health;
        engine_.put("aa", container);
        engine_.tell("aa", std::string("health_status: ") + health);
        EXPECT_TRUE(is_well ? wait_web() : wait_gone()) << health << process.log();
    }
    container.running = false;
    engine_.put("aa", container);
    engine_.tell("aa", "pause");
    EXPECT_TRUE(wait_gone()) << process.log();
}

TEST_P(DockerTest, WaitsUntilTheServiceAnswers) {
    auto container = web();
    container.mode = "host";
    container.labels["hitless.port"] = std::to_string(etcd_.port());
    container.labels["hitless.ready"] = "http:" + std::to_string(etcd_.port()) + "/health";
    engine_.put("aa", container);
    auto other = web("other");
    other.mode = "host";
    other.labels["hitless.ready"] = "tcp:1";
    engine_.put("bb", other);
    auto process = start_docker({"--ready-timeout", "100ms"});
    EXPECT_TRUE(keys_.wait_value("/app/web", fmt::format("127.0.0.1:{}", etcd_.port())));
    EXPECT_TRUE(wait_log(process, "container other isn't ready")) << process.log();
    EXPECT_EQ(keys_.get("/app/other"), std::nullopt);
}

TEST_P(DockerTest, FollowsAnEngineThatComesBackAndEventsThatWereLost) {
    engine_.put("aa", web());
    auto process = start_docker({"--docker-resync", "200ms"});
    ASSERT_TRUE(wait_web()) << process.log();
    engine_.stop();
    EXPECT_TRUE(wait_log(process, "leaving all keys as they are")) << process.log();
    EXPECT_TRUE(keys_.wait_renewals("/app/web", 1)) << process.log();
    engine_.remove("aa");
    engine_.put("bb", web("next"));
    engine_.start();
    EXPECT_TRUE(keys_.wait_value("/app/next", "10.0.0.7:80")) << process.log();
    EXPECT_TRUE(wait_gone()) << process.log();
    EXPECT_TRUE(wait_log(process, "answers again")) << process.log();
    engine_.put("cc", web()); // without an event
    EXPECT_TRUE(wait_web()) << process.log();
    engine_.remove("cc");
    EXPECT_TRUE(wait_gone()) << process.log();
}

TEST_P(DockerTest, SurvivesWhateverTheEngineSays) {
    engine_.put("aa", web());
    auto process = start_docker({"--docker-resync", "200ms"});
    ASSERT_TRUE(wait_web()) << process.log();
    const std::string spoils[] = {"nonsense", "{}", R"([{"Id":"../../etc"}])",
                                  std::string(70UL << 20, '[')};
    for (const std::string& spoil : spoils) {
        engine_.spoil("/containers/json", spoil);
        const unsigned before = engine_.asked("/containers/json");
        EXPECT_TRUE(wait_until([&] { return engine_.asked("/containers/json") > before + 1; }));
    }
    EXPECT_TRUE(wait_log(process, "its answer is too large")) << process.log();
    engine_.spoil("/containers/json", "");
    ASSERT_TRUE(wait_log(process, "answers again")) << process.log();
    engine_.spoil("/containers/bb/json", R"({"Id":"cc","State":{}})");
    run("bb", web("b"));
    EXPECT_TRUE(wait_log(process, "something else than a container")) << process.log();
    engine_.tell_line("nonsense");
    EXPECT_TRUE(wait_log(process, "something else than an event")) << process.log();
    engine_.tell_line(std::string(2UL << 20, 'x'));
    EXPECT_EQ(keys_.get("/app/web"), "10.0.0.7:80");
    run("dd", web("last"));
    EXPECT_TRUE(keys_.wait_value("/app/last", "10.0.0.7:80")) << process.log();
}

TEST_P(DockerTest, BadLabelsCostTheirContainerAndAreToldOnce) {
    auto bad = web("bad");
    bad.labels["hitless.port"] = "http";
    engine_.put("aa", bad);
    auto foreign = web("foreign");
    foreign.labels["hitless.key"] = "/other/";
    engine_.put("bb", foreign);
    engine_.put("cc", web());
    auto process = start_docker({"--docker-allow", "/app/", "--docker-resync", "100ms"});
    EXPECT_TRUE(wait_web()) << process.log();
    let_look();
    const std::string log = process.log();
    const std::size_t told = log.find("label hitless.port='http': must be a number");
    ASSERT_NE(told, std::string::npos) << log;
    EXPECT_EQ(log.find("label hitless.port", told + 1), std::string::npos) << log;
    EXPECT_THAT(log, HasSubstr("may not claim the key /other/foreign"));
    EXPECT_THAT(keys_.below("/other"), IsEmpty());
}

TEST_P(DockerTest, TwoContainersWithOneKeyTakeTurns) {
    const auto [first, second] = two_for_one_key();
    engine_.put("aa", first);
    auto process = start_docker();
    ASSERT_TRUE(wait_web()) << process.log();
    run("bb", second);
    EXPECT_TRUE(wait_log(process, "container two is not registered: its key /app/web is that of "
                                  "another container, aa"))
        << process.log();
    engine_.remove("aa");
    engine_.tell("bb", "update");
    engine_.tell_line(R"({"Type":"container","Action":"destroy","Actor":{"ID":"aa",)"
                      R"("Attributes":{}}})");
    EXPECT_TRUE(keys_.wait_value("/app/web", "10.0.0.8:80")) << process.log();
}

TEST_P(DockerTest, LeavesAnothersKeysAlone) {
    keys_.put("/app/web", "another");
    keys_.put("/app/more", "another");
    engine_.put("aa", web());
    auto process = start_docker({"--docker-note", directory_ / "note"});
    EXPECT_TRUE(wait_log(process, "held by another instance")) << process.log();
    engine_.remove("aa");
    engine_.tell_line(R"({"Type":"container","Action":"die","Actor":{"ID":"aa",)"
                      R"("Attributes":{}}})");
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), done) << process.log();
    EXPECT_THAT(keys_.below("/app"),
                UnorderedElementsAre(Pair("/app/web", "another"), Pair("/app/more", "another")));
}

TEST_P(DockerTest, ARestartKeepsKeysAndRemovesThoseOfContainersThatHaveGone) {
    for (const char* const name : {"web", "gone", "taken", "moved"})
        engine_.put(fmt::format("a{}", name), web(name));
    const std::vector<std::string> flags{"--docker-note", directory_ / "note", "--ttl", "60"};
    auto process = start_docker(flags);
    for (const char* const name : {"web", "gone", "taken", "moved"})
        ASSERT_TRUE(wait_noted(directory_ / "note", fmt::format("/app/{}", name)));
    process.signal(SIGTERM);
    ASSERT_EQ(process.wait_exit(), done) << process.log();
    EXPECT_EQ(keys_.below("/app").size(), 4U) << "an upgrade takes nothing away";
    EXPECT_THAT(process.log(), HasSubstr("4 keys are left"));

    engine_.remove("agone");
    engine_.remove("ataken");
    keys_.put("/app/taken", "10.0.0.7:80"); // by somebody else, though with the same value
    auto moved = web("moved");
    moved.networks["front"] = "10.0.0.9";
    engine_.put("amoved", moved);
    auto next = start_docker(flags);
    EXPECT_TRUE(keys_.wait_value("/app/gone", std::nullopt)) << next.log();
    EXPECT_TRUE(keys_.wait_value("/app/moved", "10.0.0.9:80")) << next.log();
    EXPECT_TRUE(wait_log(next, "registered, as before, key=/app/web")) << next.log();
    engine_.tell("aweb", "kill", "9");
    EXPECT_TRUE(wait_gone()) << next.log();
    EXPECT_EQ(keys_.get("/app/taken"), "10.0.0.7:80") << next.log();
}

TEST_P(DockerTest, DeregistersAtTheEndWhenAsked) {
    engine_.put("aa", web());
    auto process = start_docker({"--deregister-on-exit"});
    ASSERT_TRUE(wait_web()) << process.log();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), done) << process.log();
    EXPECT_EQ(keys_.get("/app/web"), std::nullopt);
}

TEST_P(DockerTest, SurvivesARestartOfEtcdWithoutItsData) {
    engine_.put("aa", web());
    auto process = start_docker();
    ASSERT_TRUE(wait_web()) << process.log();
    etcd_.stop();
    etcd_.start(false);
    EXPECT_TRUE(wait_web()) << process.log();
}

INSTANTIATE_TEST_SUITE_P(Api, DockerTest,
                         testing::Values(etcd::Settings::Api::v2, etcd::Settings::Api::v3),
                         api_name);

} // namespace
} // namespace hitless::registration
