// hitless-register --docker, on an engine and containers that mean harm or fail.
#include "registration/docker_fixture.hpp"

#include <csignal>
#include <sys/resource.h>

namespace hitless::registration {
namespace {

TEST_P(DockerTest, AnswersThatTellNothingRemoveNoKey) {
    engine_.put("aa", web());
    auto process = start_docker({"--docker-resync", "100ms"});
    ASSERT_TRUE(wait_web()) << process.log();
    const auto set = keys_.last_event("/app/web");
    const std::string path = "/containers/aa/json";
    const std::pair<const char*, unsigned> spoils[] = {
        {"<html>not found", 404},
        {"oops", 500},
        {R"({"Id":"aa","Name":"/web","State":{},"Config":{},"NetworkSettings":{}})", 200},
        {R"({"Id":"aa","Name":null,"State":{"Running":false},"Config":null})", 200},
        {R"({"Id":"aa","Name":"/web","State":{"Running":"yes"},"Config":[]})", 200}};
    for (const auto& [body, status] : spoils) {
        engine_.spoil(path, body, status);
        const unsigned before = engine_.asked(path);
        EXPECT_TRUE(wait_until([&] { return engine_.asked(path) > before + 2; }));
        EXPECT_EQ(keys_.get("/app/web"), "10.0.0.7:80") << body << process.log();
    }
    EXPECT_EQ(keys_.last_event("/app/web"), set) << process.log();
}

TEST_P(DockerTest, AsksAgainWhenTheEngineHasFailed) {
    const std::string path = "/containers/aa/json";
    engine_.spoil(path, "oops", 500);
    engine_.put("aa", web());
    auto process = start_docker();
    EXPECT_TRUE(wait_log(process, "container aa is not registered: the engine doesn't tell about "
                                  "it: it answers 500"))
        << process.log();
    engine_.spoil(path, "");
    EXPECT_TRUE(wait_web()) << process.log();
}

TEST_P(DockerTest, OneThatWasToldToEndIsSoAfterARestart) {
    const std::string note = directory_ / "note";
    engine_.put("aa", web());
    auto process = start_docker({"--docker-note", note});
    ASSERT_TRUE(wait_web()) << process.log();
    engine_.tell("aa", "kill", "15");
    ASSERT_TRUE(wait_gone()) << process.log();
    ASSERT_TRUE(wait_until([&] { return read_text(note).find("\"aa\":") != std::string::npos; }));
    process.kill();
    auto next = start_docker({"--docker-note", note, "--docker-resync", "100ms"});
    let_look();
    EXPECT_EQ(keys_.get("/app/web"), std::nullopt) << next.log();
    auto again = web();
    again.started = "2026-11-27T06:00:00Z";
    engine_.put("aa", again);
    EXPECT_TRUE(wait_web()) << next.log();
}

TEST_P(DockerTest, APauseDoesntUndoTheSignalToEnd) {
    auto container = web();
    engine_.put("aa", container);
    auto process = start_docker({"--docker-resync", "100ms"});
    ASSERT_TRUE(wait_web()) << process.log();
    engine_.tell("aa", "kill", "15");
    ASSERT_TRUE(wait_gone()) << process.log();
    for (const bool paused : {true, false}) {
        container.paused = paused;
        engine_.put("aa", container);
        engine_.tell("aa", paused ? "pause" : "unpause");
        let_look();
        EXPECT_EQ(keys_.get("/app/web"), std::nullopt) << process.log();
    }
}

TEST_P(DockerTest, TheContainerThatHadTheKeyHasItAfterARestart) {
    const std::string note = directory_ / "note";
    const auto [first, second] = two_for_one_key();
    engine_.put("bb", first);
    auto process = start_docker({"--docker-note", note});
    ASSERT_TRUE(wait_web()) << process.log();
    run("aa", second);
    const std::string refused = "container two is not registered: its key /app/web is that of "
                                "another container, bb";
    ASSERT_TRUE(wait_log(process, refused)) << process.log();
    ASSERT_TRUE(wait_noted(note, "/app/web")) << process.log();
    ASSERT_EQ(process.stop(), done);
    engine_.spoil("/containers/bb/json", "oops", 500); // so that the other one is known before
    auto next = start_docker({"--docker-note", note, "--docker-resync", "100ms"});
    EXPECT_TRUE(wait_log(next, refused)) << next.log();
    engine_.spoil("/containers/bb/json", "");
    EXPECT_TRUE(wait_log(next, "registered, as before,")) << next.log();
    EXPECT_THAT(next.log(), Not(HasSubstr("10.0.0.8:80")));
    engine_.remove("bb");
    EXPECT_TRUE(keys_.wait_value("/app/web", "10.0.0.8:80")) << next.log();
}

TEST_P(DockerTest, TheNextContainerGetsTheKeyWhenTheFormerOneWantsItNoMore) {
    const std::string note = directory_ / "note";
    auto [first, second] = two_for_one_key();
    engine_.put("bb", first);
    auto process = start_docker({"--docker-note", note, "--ttl", "60"});
    ASSERT_TRUE(wait_web()) << process.log();
    ASSERT_TRUE(wait_noted(note, "/app/web")) << process.log();
    ASSERT_EQ(process.stop(), done);
    first.paused = true;
    engine_.put("bb", first);
    engine_.put("aa", second);
    auto next = start_docker({"--docker-note", note, "--ttl", "60"});
    EXPECT_TRUE(keys_.wait_value("/app/web", "10.0.0.8:80")) << next.log();
}

TEST_P(DockerTest, AnEventThatIsTooLargeCostsNoOther) {
    auto process = start_docker();
    ASSERT_TRUE(wait_follower());
    ASSERT_TRUE(wait_until([&] { return engine_.asked("/containers/json") > 0; }));
    engine_.put("aa", web()); // whose event may be that one
    engine_.tell_line(std::string(3UL << 20, 'x'));
    run("bb", web("next"));
    EXPECT_TRUE(keys_.wait_value("/app/next", "10.0.0.7:80")) << process.log();
    EXPECT_TRUE(wait_web()) << process.log();
    EXPECT_THAT(process.log(), HasSubstr("too many bytes"));
    EXPECT_THAT(process.log(), Not(HasSubstr("leaving all keys")));
}

TEST_P(DockerTest, TwoDontShareANote) {
    const std::string note = directory_ / "note";
    engine_.put("aa", web());
    auto process = start_docker({"--docker-note", note});
    ASSERT_TRUE(wait_web()) << process.log();
    ASSERT_TRUE(wait_noted(note, "/app/web")) << process.log();
    // It may have none of the containers, and would then remove the key.
    auto other = start_docker({"--docker-note", note, "--docker-allow", "/other/"});
    EXPECT_EQ(other.wait_exit(), failed) << other.log();
    EXPECT_THAT(other.log(), HasSubstr("another hitless-register uses it"));
    EXPECT_EQ(keys_.get("/app/web"), "10.0.0.7:80");
}

TEST_P(DockerTest, MayOpenAsManyFilesAsTheHardLimitAllows) {
    struct rlimit before {};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit less = before;
    less.rlim_cur = 256;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &less), 0);
    auto process = start_docker();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_TRUE(wait_follower()) << process.log();
    struct rlimit its {};
    ASSERT_EQ(::prlimit(process.pid(), RLIMIT_NOFILE, nullptr, &its), 0);
    EXPECT_EQ(its.rlim_cur, std::min<rlim_t>(before.rlim_max, 65'536));
}

INSTANTIATE_TEST_SUITE_P(Api, DockerTest,
                         testing::Values(etcd::Settings::Api::v2, etcd::Settings::Api::v3),
                         api_name);

} // namespace
} // namespace hitless::registration
