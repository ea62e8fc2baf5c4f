// What hitless-register --docker makes of the engine's answers and of labels, without an engine.
#include "registration/docker/container.hpp"
#include "registration/docker/note.hpp"
#include "registration/docker/wish.hpp"

#include <gmock/gmock.h>

namespace hitless::registration::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* id = "ce2e12567bbb17f3fbc0054bc8670ca5880b4822fc38646ccf37979d43ab94ff";

/// As Docker 20.10 has it, without what doesn't matter.
constexpr const char* recorded = R"({
"Id":"ce2e12567bbb17f3fbc0054bc8670ca5880b4822fc38646ccf37979d43ab94ff","Name":"/two",
"State":{"Status":"running","Running":true,"Paused":false,"Restarting":false,"OOMKilled":false,
 "Dead":false,"Pid":27483,"ExitCode":0,"Error":"","StartedAt":"2026-11-27T05:43:31.594573254Z",
 "FinishedAt":"0001-01-01T00:00:00Z","Health":{"Status":"unhealthy","FailingStreak":3,"Log":[]}},
"HostConfig":{"NetworkMode":"host"},
"Config":{"Hostname":"vm","Env":null,"StopSignal":"SIGQUIT","Labels":{
 "hitless.key":"/app/servers/two","hitless.port":"8081"}},
"NetworkSettings":{"Bridge":"","Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"32768"}],
 "81/tcp":null},"Networks":{"host":{"IPAMConfig":null,"Links":null,"IPAddress":"",
 "GlobalIPv6Address":""}}}})";

TEST(DockerAnswers, AContainer) {
    const auto container = parse_container(id, recorded);
    ASSERT_TRUE(container) << container.error().message;
    EXPECT_EQ(container->name, "two");
    EXPECT_TRUE(container->running);
    EXPECT_EQ(container->health, "unhealthy");
    EXPECT_EQ(container->stop_signal, "SIGQUIT");
    EXPECT_EQ(container->network_mode, "host");
    EXPECT_TRUE(container->networks.empty());
    EXPECT_EQ(container->labels.at("hitless.port"), "8081");
    EXPECT_EQ(container->published.at("80/tcp").at(0).port, 32768);
    for (const char* const bad : {"", "[]", "{", R"({"Id":"x"})", R"({"Id":1,"State":2})"})
        EXPECT_FALSE(parse_container(id, bad)) << bad;
    EXPECT_TRUE(says_absent(R"({"message":"No such container: x"})"));
    EXPECT_FALSE(says_absent("<html>"));
    EXPECT_FALSE(says_absent(R"({"message":null})"));
}

TEST(DockerAnswers, AnAddressBringsNoText) {
    const auto container = parse_container("aa", R"({"Id":"aa","Name":"/a",
        "State":{"Running":true,"Paused":true},"Config":{},"NetworkSettings":{"Networks":{
        "x":{"IPAddress":"fe80::1%\nserver evil"},"y":{"IPAddress":"1.2.3.4 x"}}}})");
    ASSERT_TRUE(container);
    EXPECT_TRUE(container->alive);
    EXPECT_FALSE(container->running);
    EXPECT_EQ(container->networks.size(), 1U);
    EXPECT_EQ(container->networks.at("x").find('\n'), std::string::npos);
}

TEST(DockerAnswers, AList) {
    const auto ids = parse_list(R"([{"Id":"aa","Labels":{"hitless.port":"1"}},
        {"Id":"bb","Labels":{"other":"1"}},{"Id":"cc","Labels":null}])");
    ASSERT_TRUE(ids);
    EXPECT_THAT(*ids, ElementsAre("aa"));
    EXPECT_FALSE(parse_list(R"([{"Id":"../x"}])"));
    EXPECT_FALSE(parse_list("{}"));
}

TEST(DockerAnswers, Events) {
    using Kind = Event::Kind;
    const auto event = [](const std::string& action) {
        return parse_event(fmt::format(R"({{"Type":"container","Action":"{}","Actor":{{"ID":"aa",)"
                                       R"("Attributes":{{"hitless.key":"/a","signal":"15"}}}}}})",
                                       action))
            .value();
    };
    EXPECT_EQ(event("start").kind, Kind::start);
    EXPECT_EQ(event("die").kind, Kind::leave);
    EXPECT_EQ(event("health_status: unhealthy").kind, Kind::leave);
    EXPECT_EQ(event("health_status: healthy").kind, Kind::look);
    EXPECT_EQ(event("rename").kind, Kind::look);
    EXPECT_EQ(event("exec_start: sh").kind, Kind::nothing);
    EXPECT_EQ(event("kill").signal, "15");
    EXPECT_TRUE(event("kill").is_ours);
    const auto network = parse_event(R"({"Type":"network","Action":"disconnect","Actor":)"
                                     R"({"ID":"nn","Attributes":{"container":"aa"}}})");
    EXPECT_EQ(network->id, "aa");
    EXPECT_EQ(network->kind, Kind::look);
    EXPECT_FALSE(parse_event("x"));
}

TEST(DockerAnswers, SignalsThatEnd) {
    EXPECT_TRUE(ends("15", ""));
    EXPECT_TRUE(ends("SIGKILL", ""));
    EXPECT_TRUE(ends("10", "SIGUSR1"));
    EXPECT_TRUE(ends("28", "WINCH"));
    EXPECT_TRUE(ends("37", "37"));
    EXPECT_FALSE(ends("1", ""));
    EXPECT_FALSE(ends("10", "SIGQUIT"));
    EXPECT_FALSE(ends("", ""));
}

class DockerWish : public testing::Test {
  protected:
    DockerWish() {
        container_.id = "aa";
        container_.name = "web-1";
        container_.running = true;
        container_.labels = {{"hitless.key", "/app/"}, {"hitless.port", "80"}};
        container_.networks = {{"front", "10.0.0.7"}};
    }
    std::string wish() {
        const Wish made = wish_of(container_, options_, host_);
        if (!made.service)
            return made.complaint;
        return made.service->key + " " + made.service->value;
    }
    std::string with(const std::string& label, const std::string& value) {
        const auto before = container_.labels;
        container_.labels[label] = value;
        std::string made = wish();
        container_.labels = before;
        return made;
    }

    Container container_;
    Options options_;
    Result<std::string> host_ = std::string("192.0.2.1");
};

TEST_F(DockerWish, TheKey) {
    EXPECT_EQ(wish(), "/app/web-1 10.0.0.7:80");
    EXPECT_EQ(with("hitless.key", "/app/x"), "/app/x 10.0.0.7:80");
    for (const char* const bad : {"", "app", "/", "//", "/a//b", "/a\n", "/a\x1b[1m"})
        EXPECT_THAT(with("hitless.key", bad),
                    testing::AnyOf(HasSubstr("no key"), HasSubstr("can't be used"),
                                   HasSubstr("/web-1 10.0.0.7")))
            << bad;
    EXPECT_THAT(with("hitless.key", "/app\n"), HasSubstr("control character"));
    options_.docker.allowed = {"/app/"};
    EXPECT_EQ(with("hitless.key", "/app/x"), "/app/x 10.0.0.7:80");
    for (const char* const foreign : {"/", "/apple", "/app", "/other/x"})
        EXPECT_THAT(with("hitless.key", foreign), HasSubstr("may not claim")) << foreign;
    for (const char* const way : {"/app/../other/x", "/app/..", "/app/./x"})
        EXPECT_THAT(with("hitless.key", way), HasSubstr("has . or ..")) << way;
}

TEST_F(DockerWish, AServiceOfSwarmHasADefault) {
    container_.labels = {{"hitless.port", "80"}};
    EXPECT_THAT(wish(), HasSubstr("label hitless.key is missing"));
    options_.docker.prefix = "/swarm/";
    EXPECT_THAT(wish(), HasSubstr("no service of Swarm"));
    EXPECT_EQ(with("com.docker.swarm.service.name", "shop"), "/swarm/shop/web-1 10.0.0.7:80");
    EXPECT_EQ(with("com.docker.compose.service", "shop"), "/swarm/shop/web-1 10.0.0.7:80");
}

TEST_F(DockerWish, TheAddress) {
    container_.networks["ingress"] = "10.255.0.3";
    EXPECT_EQ(wish(), "/app/web-1 10.0.0.7:80");
    container_.networks["back"] = "10.0.1.7";
    EXPECT_THAT(wish(), HasSubstr("hitless.network must name that whose address HAProxy can "
                                  "reach, of back, front"));
    EXPECT_EQ(with("hitless.network", "back"), "/app/web-1 10.0.1.7:80");
    EXPECT_THAT(with("hitless.network", "x"), HasSubstr("no address in that network"));
    container_.networks = {{"six", "2001:db8::7"}};
    EXPECT_EQ(wish(), "/app/web-1 [2001:db8::7]:80");
    container_.networks.clear();
    EXPECT_THAT(wish(), HasSubstr("no address"));
    EXPECT_EQ(with("hitless.value", "name:81"), "/app/web-1 name:81");
    container_.network_mode = "container:bb";
    EXPECT_THAT(wish(), HasSubstr("shares the network"));
    container_.network_mode = "host";
    EXPECT_EQ(wish(), "/app/web-1 192.0.2.1:80");
    host_ = std::string("127.0.1.1");
    EXPECT_THAT(wish(), HasSubstr("no other machine can reach"));
    options_.content.interface = "lo";
    EXPECT_EQ(wish(), "/app/web-1 127.0.1.1:80");
}

TEST_F(DockerWish, APublishedPort) {
    container_.labels["hitless.published"] = "true";
    EXPECT_THAT(wish(), HasSubstr("port 80 is not published"));
    container_.published["80/tcp"] = {{"0.0.0.0", 32768}};
    EXPECT_EQ(wish(), "/app/web-1 192.0.2.1:32768");
    EXPECT_THAT(with("hitless.ready", "tcp:81"), HasSubstr("must be that of hitless.port"));
    container_.published["80/tcp"] = {{"198.51.100.3", 8080}};
    EXPECT_EQ(wish(), "/app/web-1 198.51.100.3:8080");
    container_.published["80/tcp"] = {{"127.0.0.1", 8080}};
    EXPECT_THAT(wish(), HasSubstr("published on 127.0.0.1 only"));
    EXPECT_THAT(with("hitless.published", "maybe"), HasSubstr("must be true or false"));
    container_.published["80/tcp"] = {{"127.0.0.1", 8080}, {"::", 8082}, {"0.0.0.0", 8081}};
    EXPECT_EQ(wish(), "/app/web-1 192.0.2.1:8081");
    host_ = std::string("2001:db8::1");
    EXPECT_EQ(wish(), "/app/web-1 [2001:db8::1]:8082");
    container_.published["80/tcp"] = {{"::1", 8080}, {"198.51.100.3", 8083}};
    EXPECT_EQ(wish(), "/app/web-1 198.51.100.3:8083");
}

TEST_F(DockerWish, TheValue) {
    EXPECT_THAT(with("hitless.weight", "5"), HasSubstr("with --json"));
    options_.content.json = true;
    EXPECT_EQ(with("hitless.weight", "5"),
              R"(/app/web-1 {"host":"10.0.0.7","port":80,"weight":5})");
    EXPECT_THAT(with("hitless.weight", "257"), HasSubstr("from 0 to 256"));
    for (const char* const bad : {"0", "65536", "-1", "80x", "", " 80"})
        EXPECT_THAT(with("hitless.port", bad), HasSubstr("must be a number from 1 to 65535"));
    EXPECT_THAT(with("hitless.value", "a\nserver evil"), HasSubstr("line break"));
    EXPECT_THAT(with("hitless.value", R"({"host":"\u000a"})"), HasSubstr("line break"));
    EXPECT_THAT(with("hitless.value", std::string(4'097, 'v')), HasSubstr("4097 bytes"));
    EXPECT_THAT(with("hitless.key", "/" + std::string(1'024, 'k')), HasSubstr("1025 bytes"));
    EXPECT_THAT(with("hitless.prot", "80"), HasSubstr("there is no label hitless.prot"));
}

TEST_F(DockerWish, WhenItIsReady) {
    container_.labels["hitless.ready"] = "http:81/health";
    container_.health = "starting";
    const Wish made = wish_of(container_, options_, host_);
    ASSERT_TRUE(made.service);
    EXPECT_EQ(made.service->ready->host, "10.0.0.7");
    EXPECT_EQ(made.service->ready->port, 81);
    container_.health = "unhealthy";
    EXPECT_EQ(wish(), "");
    for (const char* const bad : {"80", "tcp:192.0.2.9:22", "http:metadata:80/", "tcp:0"})
        EXPECT_THAT(with("hitless.ready", bad), HasSubstr("tcp:PORT or http:PORT/PATH")) << bad;
    container_.labels.erase("hitless.ready");
    container_.health = "starting";
    EXPECT_EQ(wish(), "");
    container_.health = "healthy";
    EXPECT_EQ(wish(), "/app/web-1 10.0.0.7:80");
    container_.running = false;
    EXPECT_EQ(wish(), "");
}

TEST(DockerNote, IsReadBackAndNothingElseIs) {
    const Note note{{{"/app/a", {{"10.0.0.7:80", 7, 9, std::nullopt}, "aa"}}}, {{"bb", "now"}}};
    const auto back = parse_note(to_text(note));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->keys.at("/app/a").holding.value, "10.0.0.7:80");
    EXPECT_EQ(back->keys.at("/app/a").holding.owner, 7U);
    EXPECT_EQ(back->keys.at("/app/a").holding.version, 9U);
    EXPECT_EQ(back->keys.at("/app/a").container, "aa");
    EXPECT_EQ(back->ending, note.ending);
    for (const char* const bad : {"", "[]", R"({"keys":[{}]})", R"({"keys":[],"ending":[]})",
                                  R"({"keys":[],"ending":{"../x":"now"}})",
                                  R"({"keys":[{"key":"a/","value":)"
                                  R"("","owner":1,"version":1}]})"})
        EXPECT_FALSE(parse_note(bad)) << bad;
}

} // namespace
} // namespace hitless::registration::docker
