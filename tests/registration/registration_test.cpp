// What hitless-register makes of its command line, without a server.
#include "hitless/base/text.hpp"
#include "hitless/registration/registration.hpp"

#include "registration/address.hpp"
#include "registration/probe.hpp"
#include "registration/rival.hpp"
#include "registration/value.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace hitless::registration {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

CommandLine read(std::vector<std::string> arguments) {
    return read_command_line(arguments, "1.2.3");
}

TEST(CommandLine, IsReadAsGoDoes) {
    const auto line = read({"--node",
                            "http://a:2379",
                            "-node=b:2379",
                            "--key=/app/a",
                            "-port",
                            "80",
                            "--json",
                            "--weight",
                            "5",
                            "--meta",
                            "zone=a",
                            "--meta",
                            "x=1=2",
                            "--ttl",
                            "1m",
                            "-ready",
                            "tcp:80",
                            "-stop-signal",
                            "SIGQUIT",
                            "--backend",
                            "etcdv3",
                            "--drain=0",
                            "--",
                            "run",
                            "--flag",
                            "--",
                            "x"});
    ASSERT_EQ(line.action, CommandLine::Action::run) << line.text;
    const Options& options = line.options;
    EXPECT_THAT(options.etcd.nodes, ElementsAre("http://a:2379", "b:2379"));
    EXPECT_EQ(options.etcd.api, etcd::Settings::Api::v3);
    EXPECT_EQ(options.key, "/app/a");
    EXPECT_EQ(options.content.port, 80);
    EXPECT_EQ(options.content.weight, 5);
    EXPECT_EQ(options.content.meta.at(1), std::pair(std::string("x"), std::string("1=2")));
    EXPECT_EQ(options.ttl, seconds(60));
    EXPECT_EQ(options.drain, milliseconds(0));
    EXPECT_THAT(options.stop_signals, ElementsAre(SIGQUIT));
    EXPECT_THAT(options.command, ElementsAre("run", "--flag", "--", "x"));
}

TEST(CommandLine, FindsTheSocketOfTheEngine) {
    ::unsetenv("DOCKER_HOST");
    EXPECT_EQ(read({"--docker"}).options.docker.socket, "/var/run/docker.sock");
    ::setenv("DOCKER_HOST", "unix:///run/user/1000/docker.sock", 1);
    EXPECT_EQ(read({"--docker"}).options.docker.socket, "/run/user/1000/docker.sock");
    EXPECT_EQ(read({"--docker", "--docker-socket", "/x"}).options.docker.socket, "/x");
    EXPECT_EQ(read({"--docker", "--docker-socket", "unix:///x"}).options.docker.socket, "/x");
    EXPECT_THAT(read({"--docker", "--docker-socket", "tcp://engine:2375"}).text,
                HasSubstr("is no Unix socket"));
    ::setenv("DOCKER_HOST", "tcp://engine:2375", 1);
    EXPECT_THAT(read({"--docker"}).text, HasSubstr("needs a Unix socket"));
    ::unsetenv("DOCKER_HOST");
}

TEST(CommandLine, SaysWhatIsWrong) {
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"--port", "80"}, "-key is missing"},
        {{"--key", "app", "--port", "80"}, "must be like /app/servers/web1"},
        {{"--key", "/app/", "--port", "80"}, "must be like"},
        {{"--docker", "--key", "/a"}, "no meaning beside -docker"},
        {{"--docker", "--weight", "2", "--json"}, "no meaning beside -docker"},
        {{"--docker", "--takeover"}, "can't go together with -docker"},
        {{"--docker", "--stop-signal", "HUP"}, "each container tells its own"},
        {{"--docker", "--meta", "a=b"}, "-meta needs -json"},
        {{"--docker", "--", "run"}, "-docker runs no command: 'run'"},
        {{"--docker", "--docker-allow", "/app"}, "must begin and end with a slash"},
        {{"--docker", "--docker-prefix", "app/"}, "must begin and end with a slash"},
        {{"--key", "/a", "--port", "80", "--docker-note", "x"}, "need -docker"},
        {{"--key", "/a", "--port", "80", "--deregister-on-exit"}, "need -docker"},
        {{"--key", "/app\n", "--port", "80"},
         "the key '/app\\n' can't be used: it holds a line break"},
        {{"--key", "/a"}, "value is missing"},
        {{"--key", "/a", "--value", "x", "--port", "80"}, "no meaning beside -value"},
        {{"--key", "/a", "--value", "x\ny"}, "the value 'x\\ny' can't be used: it holds a line"},
        {{"--key", "/a", "--value", "x", "--json"}, "no HOST:PORT"},
        {{"--key", "/a", "--port", "80", "--weight", "2"}, "need -json"},
        {{"--key", "/a", "--port", "0"}, "from 1 to 65535"},
        {{"--key", "/a", "--port", "80", "--ttl", "0"}, "ttl"},
        {{"--key", "/a", "--port", "80", "--backend", "consul"}, "etcd or etcdv3"},
        {{"--key", "/a", "--port", "80", "--ready", "udp:1"}, "must be tcp:PORT"},
        {{"--key", "/a", "--port", "80", "--stop-signal", "KILL"}, "must be HUP"},
        {{"--key", "/a", "--port", "80", "--once", "--", "x"}, "run no command"},
        {{"--key", "/a", "--port", "80", "--once", "--deregister"}, "can't go together"},
        {{"--key", "/a", "--port", "80", "--once", "--http", "127.0.0.1:0"}, "end at once"},
        {{"--key", "/a", "--port", "80", "--http", "localhost:80"}, "http"},
        {{"--key", "/a", "--deregister"}, "value is missing"},
        {{"--key", "/a", "--port", "80", "--basic-auth"}, "needs -username"},
        {{"--key", "/a", "--port", "80", "--node", "http://:x"}, "node"},
        {{"--key", "/a", "--port", "80", "--password-file", "/none"}, "/none"},
        {{"--unknown"}, "not defined: -unknown"},
    };
    for (const auto& [arguments, text] : cases) {
        const auto line = read(arguments);
        EXPECT_EQ(line.action, CommandLine::Action::usage_error) << text;
        EXPECT_THAT(line.text, HasSubstr(text));
    }
}

/// Each flag that brings text into the key or the value, with one byte too many.
TEST(CommandLine, NothingThatHitlessdWouldLeaveOutGetsIntoTheKeyOrTheValue) {
    const char* const control = "it holds a line break or another control character";
    const char* const bytes = "it holds bytes that aren't UTF-8";
    const std::pair<std::string, const char*> bad[] = {
        {"\n", control},     {"\r", control},       {"\x1b", control},      {"\x7f", control},
        {"\u0085", control}, {"\xc2\x9b", control}, {"\u2028", control},    {"\u2029", control},
        {"\xff", bytes},     {"\xc3", bytes},       {"\xed\xa0\x80", bytes}};
    using Arguments = std::vector<std::string>;
    for (const auto& [text, trouble] : bad) {
        for (const Arguments& arguments : {
                 Arguments{"--key", "/app/a" + text + "b", "--port", "80"},
                 Arguments{"--key", "/a", "--value", "10.0.0.1:80" + text},
                 Arguments{"--key", "/a", "--value", "a" + text + ":80", "--json"},
                 Arguments{"--key", "/a", "--port", "80", "--json", "--meta", "zone=a" + text},
                 Arguments{"--key", "/a", "--port", "80", "--json", "--meta", text + "zone=a"},
                 Arguments{"--key", "/a", "--value", "a" + text + ":80", "--deregister"},
             }) {
            const auto line = read(arguments);
            EXPECT_EQ(line.action, CommandLine::Action::usage_error);
            EXPECT_THAT(line.text, HasSubstr(trouble)) << base::printable(arguments[3]);
            EXPECT_EQ(std::ranges::count(line.text, '\n'), 2) << line.text;
        }
    }
    for (const Arguments& arguments : {
             Arguments{"--key", "/app/é", "--value", "10.0.0.1:80 weight\t5 # €"},
             Arguments{"--key", "/a", "--port", "80", "--json", "--meta", "größe=\tx\xc2\xa0€"},
         })
        EXPECT_EQ(read(arguments).action, CommandLine::Action::run) << arguments[3];
}

TEST(CommandLine, TakesFromTheEnvironment) {
    const test::TemporaryDirectory directory;
    ::setenv("ETCDCTL_ENDPOINTS", "http://a:1, http://b:2", 1);
    ::setenv("ETCD_PASSWORD", "secret", 1);
    EXPECT_THAT(read({"--key", "/a", "--port", "80"}).options.etcd.nodes,
                ElementsAre("http://a:1", "http://b:2"));
    EXPECT_THAT(read({"--key", "/a", "--port", "80", "--node", "c"}).options.etcd.nodes,
                ElementsAre("c"));
    EXPECT_EQ(read({"--key", "/a", "--port", "80"}).options.etcd.password, "");
    EXPECT_EQ(read({"--key", "/a", "--port", "80", "--username", "u"}).options.etcd.password,
              "secret");
    EXPECT_EQ(read({"--key", "/a", "--port", "80", "--username", "u", "--password-file",
                    directory.write("password", "other\n")})
                  .options.etcd.password,
              "other");
    ::unsetenv("ETCDCTL_ENDPOINTS");
    ::unsetenv("ETCD_PASSWORD");
}

TEST(CommandLine, HelpAndVersionArePrinted) {
    const auto help = read({"--help"});
    EXPECT_EQ(help.action, CommandLine::Action::print_and_exit);
    EXPECT_THAT(help.text, HasSubstr("-ready-timeout"));
    EXPECT_EQ(read({"-version"}).text, "hitless-register 1.2.3\n");
}

TEST(CommandLine, TheManualHasEachFlag) {
    const std::string manual = test::read_text(HITLESS_SOURCE_DIR "/docs/hitless-register.md");
    const std::string help = read({"--help"}).text;
    int flags = 0;
    for (const std::string_view line : base::split(help, '\n')) {
        if (!line.starts_with("  -"))
            continue;
        const std::string name(line.substr(3, line.find(' ', 3) - 3));
        EXPECT_THAT(manual, HasSubstr("`--" + name));
        ++flags;
    }
    EXPECT_GT(flags, 25);
}

TEST(Value, IsAnAddressOrJson) {
    Content content;
    content.port = 80;
    EXPECT_TRUE(needs_address(content));
    EXPECT_EQ(make_value(content, "10.0.0.1").value(), "10.0.0.1:80");
    EXPECT_EQ(make_value(content, "2001:db8::1").value(), "[2001:db8::1]:80");
    content.json = true;
    EXPECT_EQ(make_value(content, "2001:db8::1").value(),
              R"({"host":"2001:db8::1","port":80,"weight":1})");
    content.value = "web:81";
    content.weight = 7;
    content.meta = {{"zone", "a"}, {"note", "\"x\""}};
    EXPECT_FALSE(needs_address(content));
    EXPECT_EQ(make_value(content, "").value(),
              R"({"host":"web","port":81,"weight":7,"meta":{"zone":"a","note":"\"x\""}})");
    content.json = false;
    content.value = "anything";
    EXPECT_EQ(make_value(content, "").value(), "anything");
}

TEST(Value, IsLookedAtWithinJson) {
    for (const char* const good :
         {"", " ", "10.0.0.1:80", R"({"host":"a","x":[1,null,"\t\u00e9"]})", R"(["a\\n"])",
          R"({"no JSON\n")", R"(\n)", R"( "a\nb" )"})
        EXPECT_TRUE(check_value(good)) << good;
    for (const char* const bad :
         {R"({"host":"a\nb"})", R"({"a\u0000":1})", R"( [[{"x":["\u2028"]}]])",
          R"({"a":"\u0085","b":1})", "{\n}", R"({"x":"\u001b"} )"})
        EXPECT_FALSE(check_value(bad)) << bad;
}

TEST(Value, HostAndPortAreTakenApart) {
    EXPECT_EQ(parse_host_port("[::1]:8080")->host, "::1");
    EXPECT_EQ(parse_host_port("[::1]:8080")->port, 8080);
    EXPECT_EQ(parse_host_port("web.example:1")->host, "web.example");
    for (const char* const text : {"", "web", ":80", "web:", "web:0", "web:65536", "web:8x",
                                   "::1:80", "[]:80", "a b:80", "a\tb:80", "http://web:80"})
        EXPECT_FALSE(parse_host_port(text)) << text;
}

TEST(Probe, IsTakenApart) {
    for (const char* const text :
         {"tcp:127.0.0.1:80", "tcp:[::1]:80", "http:127.0.0.1:80/", "http:web:80/health?x=1"}) {
        const auto probe = parse_probe(text);
        ASSERT_TRUE(probe) << text;
        EXPECT_EQ(to_string(*probe), text);
    }
    EXPECT_EQ(to_string(parse_probe("tcp:80").value()), "tcp:127.0.0.1:80");
    EXPECT_EQ(to_string(parse_probe("http:80/health").value()), "http:127.0.0.1:80/health");
    EXPECT_EQ(to_string(parse_probe("http://web:80").value()), "http:web:80/");
    for (const char* const text : {"80", "tcp:", "tcp:x", "http:/x", "udp:80", "http:80/a b"})
        EXPECT_FALSE(parse_probe(text)) << text;
}

TEST(Address, OfAnInterface) {
    EXPECT_EQ(address_of_interface("lo").value(), "127.0.0.1");
    EXPECT_THAT(address_of_interface("none9").error().message, HasSubstr("isn't there"));
}

class RivalTest : public testing::Test {
  protected:
    Rival::Verdict look(int at, const std::string& value, std::uint64_t version,
                        std::optional<seconds> ttl) {
        return rival_.look({value, 1, version, ttl},
                           std::chrono::steady_clock::time_point(milliseconds(at)));
    }
    Rival rival_{"mine", seconds(15)};
};

TEST_F(RivalTest, WhoRenewsIsAlive) {
    EXPECT_EQ(look(0, "other", 7, seconds(12)), Rival::Verdict::unsure);
    EXPECT_EQ(look(500, "other", 7, seconds(11)), Rival::Verdict::unsure);
    EXPECT_EQ(look(1'000, "other", 8, seconds(15)), Rival::Verdict::alive); // v2
}

TEST_F(RivalTest, WhoseTimeDoesNotRunOutIsAlive) {
    EXPECT_EQ(look(0, "mine", 7, seconds(14)), Rival::Verdict::unsure);
    EXPECT_EQ(look(4'500, "mine", 7, seconds(10)), Rival::Verdict::unsure);
    EXPECT_EQ(look(5'500, "mine", 7, seconds(14)), Rival::Verdict::alive);
}

TEST_F(RivalTest, WhatNeverGoesAwayIsSomebodys) {
    EXPECT_EQ(look(0, "other", 7, std::nullopt), Rival::Verdict::alive);
}

TEST_F(RivalTest, OurOwnValueIsTakenWhenRenewalsAreMissed) {
    EXPECT_EQ(look(0, "mine", 7, seconds(9)), Rival::Verdict::unsure);
    EXPECT_EQ(look(4'000, "mine", 7, seconds(5)), Rival::Verdict::abandoned);
}

TEST_F(RivalTest, AnotherValueIsLeftToItsTtl) {
    EXPECT_EQ(look(0, "other", 7, seconds(9)), Rival::Verdict::unsure);
    EXPECT_EQ(look(8'000, "other", 7, seconds(1)), Rival::Verdict::unsure);
    EXPECT_EQ(look(11'000, "other", 7, seconds(0)), Rival::Verdict::unsure) << "about to go";
}

} // namespace
} // namespace hitless::registration
