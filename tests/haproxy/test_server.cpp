#include "hitless/haproxy/server.hpp"
#include "hitless/haproxy/words.hpp"

#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string in_words(const ServerOptions& options) {
    std::string text;
    for (const ServerOption& option : options.all()) {
        text += text.empty() ? "" : " ";
        text += option.keyword;
        for (const std::string& argument : option.arguments)
            text += " " + argument;
    }
    return text;
}

ServerOptions options(std::string_view text) {
    ServerOptions merged;
    EXPECT_TRUE(merged.merge(split_words(text).value()));
    return merged;
}

struct MergeCase {
    std::string_view before;
    std::string_view after;
    std::string_view effective;
};

class Merge : public testing::TestWithParam<MergeCase> {};

TEST_P(Merge, LastWordWins) {
    ServerOptions merged = options(GetParam().before);
    ASSERT_TRUE(merged.merge(split_words(GetParam().after).value()));
    EXPECT_EQ(in_words(merged), GetParam().effective);
}

INSTANTIATE_TEST_SUITE_P(
    ServerOptions, Merge,
    testing::Values(MergeCase{"check inter 2s", "", "check inter 2s"},
                    MergeCase{"check inter 2s", "inter 1s", "check inter 1s"},
                    MergeCase{"check", "no-check", ""}, MergeCase{"no-check", "check", "check"},
                    MergeCase{"ssl verify none", "no-ssl", "verify none"},
                    MergeCase{"send-proxy", "no-send-proxy-v2", "send-proxy"},
                    MergeCase{"disabled", "enabled", ""},
                    MergeCase{"enabled", "disabled", "disabled"},
                    MergeCase{"non-stick", "stick", ""}, MergeCase{"no-ssl-reuse", "ssl-reuse", ""},
                    MergeCase{"no-sslv3", "no-tlsv10", "no-sslv3 no-tlsv10"},
                    MergeCase{"no-tls-tickets", "tls-tickets", "tls-tickets"},
                    MergeCase{"source 10.0.0.9:0 usesrc client interface eth0", "check",
                              "source 10.0.0.9:0 usesrc client interface eth0 check"},
                    MergeCase{"source 10.0.0.9 check", "", "source 10.0.0.9 check"},
                    MergeCase{"set-proxy-v2-tlv-fmt(0x20) a", "set-proxy-v2-tlv-fmt(0x21) b",
                              "set-proxy-v2-tlv-fmt(0x20) a set-proxy-v2-tlv-fmt(0x21) b"},
                    MergeCase{"set-proxy-v2-tlv-fmt(0x20) a", "set-proxy-v2-tlv-fmt(0x20) b",
                              "set-proxy-v2-tlv-fmt(0x20) b"},
                    MergeCase{"bogus", "check", "bogus check"},
                    // Not every option has a no- form.
                    MergeCase{"weight 5", "no-weight", "weight 5 no-weight"}));

TEST(ServerOptions, AreEqualInAnyOrder) {
    EXPECT_EQ(options("check inter 2s"), options("inter 2s check"));
    EXPECT_NE(options("check inter 2s"), options("check inter 1s"));
    EXPECT_NE(options("check"), options("check backup"));
}

TEST(ServerOptions, SameAtRuntimeLooksPastTheStart) {
    EXPECT_TRUE(
        same_at_runtime(options("check init-addr none"), options("check resolve-prefer ipv4")));
    EXPECT_FALSE(same_at_runtime(options("check"), options("check backup")));
    EXPECT_FALSE(same_at_runtime(options("check backup"), options("check")));
    EXPECT_FALSE(same_at_runtime(options("inter 1s"), options("inter 2s")));
}

TEST(ServerOptions, AMissingValueIsAnError) {
    ServerOptions merged;
    const auto result = merged.merge(std::vector<std::string>{"check", "weight"});
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("'weight' lacks its value"));
    EXPECT_FALSE(merged.merge(std::vector<std::string>{"source"}));
}

TEST(ServerOptions, Keywords) {
    EXPECT_TRUE(is_server_keyword("check"));
    EXPECT_TRUE(is_server_keyword("no-check"));
    EXPECT_TRUE(is_server_keyword("set-proxy-v2-tlv-fmt(0x20)"));
    EXPECT_FALSE(is_server_keyword("check(1)"));
    EXPECT_FALSE(is_server_keyword("no-weight"));
    EXPECT_FALSE(is_server_keyword(""));
}

/// The server of the last `server` line of the last section.
Result<Server> last_server(std::string text) {
    const Config config = Config::parse(std::move(text)).value();
    const Section& backend = config.sections().back();
    return effective_server(config, backend, backend.servers.back());
}

struct EffectiveCase {
    std::string_view what;
    std::string text;
    std::string options;
    int weight = 1;
    bool disabled = false;
};

class Effective : public testing::TestWithParam<EffectiveCase> {};

TEST_P(Effective, HasWhatDefaultServersSay) {
    const auto server = last_server(GetParam().text);
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_EQ(in_words(server->options), GetParam().options) << GetParam().what;
    EXPECT_EQ(server->weight, GetParam().weight);
    EXPECT_EQ(server->disabled, GetParam().disabled);
}

INSTANTIATE_TEST_SUITE_P(
    Server, Effective,
    testing::Values(
        EffectiveCase{"its own line", "backend b\n server s 10.0.0.1:80 check weight 5 disabled\n",
                      "check", 5, true},
        EffectiveCase{"defaults, backend, line",
                      "defaults\n default-server check inter 3s\nbackend b\n"
                      " default-server inter 2s fall 2 weight 7\n server s 10.0.0.1:80 fall 9\n",
                      "check inter 2s fall 9", 7},
        EffectiveCase{"only the default-server lines before it",
                      "backend b\n default-server inter 2s\n server s 10.0.0.1:80 check\n"
                      " default-server inter 9s\n",
                      "inter 2s check"},
        EffectiveCase{"several default-server lines add up",
                      "backend b\n default-server check\n default-server inter 2s\n"
                      " server s 10.0.0.1:80\n",
                      "check inter 2s"},
        EffectiveCase{"a named defaults section",
                      "defaults one\n default-server inter 1s\ndefaults two\n"
                      " default-server inter 2s\nbackend b from one\n server s 10.0.0.1:80\n",
                      "inter 1s"},
        EffectiveCase{"defaults from defaults",
                      "defaults one\n default-server inter 1s fall 5\ndefaults two from one\n"
                      " default-server inter 2s\nbackend b\n server s 10.0.0.1:80\n",
                      "fall 5 inter 2s"},
        EffectiveCase{"a later defaults section starts from nothing",
                      "defaults\n default-server check\ndefaults\n mode http\nbackend b\n"
                      " server s 10.0.0.1:80\n",
                      ""},
        EffectiveCase{"no- and enabled take away",
                      "defaults\n default-server check disabled ssl\nlisten b\n"
                      " server s 10.0.0.1:80 no-check enabled no-ssl\n",
                      ""},
        EffectiveCase{"a quoted value", "backend b\n server s 10.0.0.1:80 sni \"str(a b)\" check\n",
                      "sni str(a b) check"},
        EffectiveCase{"weights at their ends", "backend b\n server s 10.0.0.1:80 weight 256\n", "",
                      256},
        EffectiveCase{"no weight at all", "backend b\n server s 10.0.0.1:80 weight 0\n", "", 0},
        EffectiveCase{"the environment is HAProxy's",
                      "backend b\n server s 10.0.0.1:80 weight \"${W}\" disabled\n",
                      "weight ${W} disabled"}));

TEST(Server, TellsOfTheEnvironment) {
    EXPECT_TRUE(last_server("backend b\n server s \"$IP:80\"\n")->environment);
    EXPECT_TRUE(last_server("backend b\n server s ${IP}:80\n")->environment);
    EXPECT_TRUE(last_server("backend b\n default-server inter \"$I\"\n server s 10.0.0.1:80\n")
                    ->environment);
    EXPECT_FALSE(last_server("backend b\n server s 10.0.0.1:80 cookie '$x'\n")->environment);
}

TEST(Server, OneObjectForAllLinesOfABackend) {
    const Config config = Config::parse("backend b\n server a 10.0.0.1:80\n default-server check\n"
                                        " server b 10.0.0.2:80\n default-server \"\n"
                                        " server c 10.0.0.3:80\n")
                              .value();
    const Section& backend = config.sections()[0];
    const BackendServers servers(config, backend);
    EXPECT_EQ(in_words(servers.get(backend.servers[0])->options), "");
    EXPECT_EQ(in_words(servers.get(backend.servers[1])->options), "check");
    const auto broken = servers.get(backend.servers[2]);
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().message, HasSubstr("line 5: a quote"));
}

struct BadCase {
    std::string line;
    std::string_view error;
};

class BadServerLine : public testing::TestWithParam<BadCase> {};

TEST_P(BadServerLine, IsAnErrorThatNamesIt) {
    const auto server = last_server("backend b\n " + GetParam().line + "\n");
    ASSERT_FALSE(server);
    EXPECT_THAT(server.error().message, HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Server, BadServerLine,
    testing::Values(BadCase{"server", "no name"}, BadCase{"server web1", "no address"},
                    BadCase{"server \"\" 10.0.0.1:80", "empty"},
                    BadCase{"server a/b 10.0.0.1:80", "'a/b' is not a server's name"},
                    BadCase{"server " + std::string(5000, 'x') + " 10.0.0.1:80", "5000 characters"},
                    BadCase{"server web1 10.0.0.1:x", "the port"},
                    BadCase{"server web1 10.0.0.1:80 weight 257", "weight '257'"},
                    BadCase{"server web1 10.0.0.1:80 weight -1", "weight '-1'"},
                    BadCase{"server web1 10.0.0.1:80 weight 50%", "weight '50%'"},
                    BadCase{"server web1 10.0.0.1:80 weight", "lacks its value"},
                    BadCase{"server web1 10.0.0.1:80 \"", "a quote"},
                    BadCase{"server web1 10.0.0.1:80" +
                                [] {
                                    std::string words;
                                    for (int i = 0; i < 62; ++i)
                                        words += " check";
                                    return words;
                                }(),
                            "65 words"}));

TEST(Server, UnknownOptions) {
    const auto server = last_server("backend b\n server s 10.0.0.1:80 check bogus fancy(1)\n");
    EXPECT_THAT(unknown_options(*server), ElementsAre("bogus", "fancy(1)"));
}

TEST(Server, Names) {
    EXPECT_TRUE(is_name("Web-1_a.b:c"));
    for (const std::string_view bad : {"", "a b", "a/b", "a;b", "ü", "a\n"})
        EXPECT_FALSE(is_name(bad)) << bad;
}

} // namespace
} // namespace hitless::haproxy
