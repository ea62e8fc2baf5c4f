#include "hitless/haproxy/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <random>
#include <vector>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config parse(std::string text) {
    return Config::parse(std::move(text)).value();
}

TEST(Config, TakesSectionsAndLinesApart) {
    const Config config = parse("# a comment\n"
                                "global # main\n"
                                "  maxconn 100\n"
                                "\n"
                                "defaults base\r\n"
                                "\tmode http\r\n"
                                "backend app from base # x\n"
                                "  balance roundrobin\n"
                                "  server web1 10.0.0.1:80 check\n"
                                "  # server web2 10.0.0.2:80\n"
                                "  default-server inter 1s\n"
                                "  server \"web3\" 10.0.0.3:80");
    ASSERT_EQ(config.sections().size(), 3U);
    const Section& backend = config.sections()[2];
    EXPECT_EQ(backend.kind, "backend");
    EXPECT_EQ(backend.name, "app");
    EXPECT_EQ(backend.from, "base");
    EXPECT_EQ(backend.number, 7);
    ASSERT_EQ(backend.settings.size(), 2U);
    EXPECT_EQ(backend.settings[1].text, "default-server inter 1s");
    EXPECT_EQ(backend.settings[1].number, 11);
    ASSERT_EQ(backend.servers.size(), 2U);
    EXPECT_EQ(backend.servers[0].text, "server web1 10.0.0.1:80 check");
    EXPECT_EQ(backend.servers[0].number, 9);
    EXPECT_EQ(backend.servers[1].name, "web3");
    EXPECT_EQ(config.sections()[1].settings[0].text, "mode http");
}

TEST(Config, ServersOfOtherSectionsAreSettings) {
    const Config config = parse("peers p\n server a 10.0.0.1:80\nring r\n server b 10.0.0.2:80\n"
                                "listen l\n bind :80\n server c 10.0.0.3:80\n");
    EXPECT_THAT(config.sections()[0].servers, IsEmpty());
    EXPECT_THAT(config.sections()[1].servers, IsEmpty());
    EXPECT_EQ(config.sections()[2].servers.size(), 1U);
}

TEST(Config, ServerTemplatesAndConditionalServersAreSettings) {
    const Config config = parse(".notice \"hello\"\n"
                                "backend app\n"
                                " server-template web 3 10.0.0.1:80\n"
                                " .if defined(X)\n"
                                " server a 10.0.0.1:80\n"
                                " .else\n"
                                " server b 10.0.0.1:80\n"
                                " .endif\n"
                                " server c 10.0.0.1:80\n");
    const Section& backend = *config.find_backend("app");
    ASSERT_EQ(backend.servers.size(), 1U);
    EXPECT_EQ(backend.servers[0].name, "c");
    EXPECT_EQ(backend.settings.size(), 6U);
    EXPECT_EQ(config.sections()[0].kind, "start of the file");
}

TEST(Config, QuotesMakeNoDifference) {
    const Config config = parse("'defaults' d\n\"default-server\" check\n"
                                "b\"ack\"end \"app\" \"from\" 'd'\n"
                                " \"server\" 'web' 10.0.0.1:80\n"
                                " \".if\" defined(X)\n"
                                " s'erver' a 10.0.0.1:80\n"
                                " '.endif'\n"
                                " s\"erver\" b 10.0.0.1:80\n");
    const Section* const backend = config.find_backend("app");
    ASSERT_NE(backend, nullptr);
    EXPECT_EQ(backend->kind, "backend");
    EXPECT_EQ(config.defaults_of(*backend), &config.sections()[0]);
    ASSERT_EQ(backend->servers.size(), 2U);
    EXPECT_EQ(backend->servers[0].name, "web");
    EXPECT_EQ(backend->servers[1].name, "b");
    EXPECT_TRUE(looks_like_haproxy("\"global\"\n\"listen\" l\n"));
}

TEST(Config, AServerWithAVariableForANameIsASetting) {
    const Config config = parse("backend app\n server \"${X}\" 10.0.0.1:80\n server \"$X\"1 1:1\n"
                                " server a \"$X\"\n server '$X' 1:1\n");
    const Section& backend = config.sections().front();
    ASSERT_EQ(backend.servers.size(), 2U);
    EXPECT_EQ(backend.servers[0].name, "a");
    EXPECT_EQ(backend.servers[1].name, "$X"); // no name, for HAProxy either
    EXPECT_EQ(backend.settings.size(), 2U);
}

TEST(Config, KnowsWhatStandsWithinConditions) {
    const Config config =
        parse("backend a\n mode http\n.if x\n mode tcp\n.if y\n disabled\n.endif\n"
              " enabled\n.else\n mode log\n.endif\n mode http\n"
              ".if z\ndefaults\n mode tcp\n.endif\nbackend b\n");
    const Section& backend = config.sections().front();
    std::string conditional;
    for (const Line& line : backend.settings)
        conditional += line.conditional ? fmt::format("{}, ", line.text) : "";
    EXPECT_EQ(conditional, "mode tcp, .if y, disabled, .endif, enabled, .else, mode log, .endif, ");
    EXPECT_FALSE(backend.conditional);
    EXPECT_TRUE(config.sections()[1].conditional);
    EXPECT_FALSE(config.sections()[2].conditional);
}

TEST(Config, ALineBeforeTheFirstSectionIsAnError) {
    const auto config = Config::parse("\n  hello there\nglobal\n");
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message, HasSubstr("line 2: 'hello there'"));
    EXPECT_FALSE(Config::parse(".notice x\nhello\n"));
}

TEST(Config, CopiesShareTheirText) {
    Config copy;
    {
        const Config config = parse("backend app\n server web1 10.0.0.1:80\n");
        copy = config;
    }
    EXPECT_EQ(copy.find_backend("app")->servers[0].name, "web1");
}

TEST(Config, FindsBackendsAndListens) {
    const Config config = parse("frontend app\nbackend app\nlisten both\n server s 10.0.0.1:80\n");
    EXPECT_EQ(config.find_backend("app"), &config.sections()[1]);
    EXPECT_EQ(config.find_backend("both"), &config.sections()[2]);
    EXPECT_EQ(config.find_backend("none"), nullptr);
    EXPECT_EQ(config.find_server("both", "s"), &config.sections()[2].servers[0]);
    EXPECT_EQ(config.find_server("both", "none"), nullptr);
    EXPECT_EQ(config.find_server("none", "s"), nullptr);
}

/// Also in a configuration that is parsed again, where only the servers of one section differ.
TEST(Config, FindsSectionsAmongMany) {
    std::string text = "defaults base\ndefaults\n";
    for (int i = 300; i-- > 0;)
        text += fmt::format("listen {}{}\nfrontend {}\n", i, i % 2 == 0 ? " from base" : "", i);
    text += "defaults base\nbackend last from base\nbackend other\nbackend 7\n";
    const Config first = Config::parse(text).value();
    const Config again =
        Config::parse(text.insert(text.find("frontend 8\n"), " server x 1:1\n server y 1:1\n"),
                      first)
            .value();
    for (const Config* const config : {&first, &again}) {
        const std::vector<Section>& sections = config->sections();
        const auto defaults_of = [&](std::string_view name) {
            const Section* const section = config->find_backend(name);
            return section == nullptr ? nullptr : config->defaults_of(*section);
        };
        for (int i = 0; i < 300; ++i) {
            const Section* const found = config->find_backend(std::to_string(i));
            ASSERT_EQ(found, &sections[static_cast<std::size_t>(2 + 2 * (299 - i))]) << i;
            EXPECT_EQ(config->defaults_of(*found), &sections[i % 2 == 0 ? 0 : 1]) << i;
        }
        const std::size_t last_defaults = sections.size() - 4;
        EXPECT_EQ(defaults_of("last"), &sections[last_defaults]);
        EXPECT_EQ(defaults_of("other"), &sections[last_defaults]);
        EXPECT_EQ(config->find_backend("300"), nullptr);
        EXPECT_EQ(config->find_backend(""), nullptr);
    }
    EXPECT_EQ(again.find_server("8", "y")->text, "server y 1:1");
}

TEST(Config, DefaultsOfASection) {
    const Config config = parse("backend zero\n"          // 0
                                "defaults one\n"          // 1
                                "backend a\n"             // 2
                                "defaults\n"              // 3
                                "backend b\n"             // 4
                                "backend c from one\n"    // 5
                                "defaults two from one\n" // 6
                                "backend d\n"             // 7
                                "defaults from two\n"     // 8
                                "backend e\n"             // 9
                                "backend f from none\n"); // 10
    const auto& sections = config.sections();
    const auto defaults = [&](std::size_t i) {
        const Section* const found = config.defaults_of(sections[i]);
        return found == nullptr ? -1 : static_cast<int>(found - sections.data());
    };
    EXPECT_EQ(defaults(0), -1);
    EXPECT_EQ(defaults(1), -1);
    EXPECT_EQ(defaults(2), 1);
    EXPECT_EQ(defaults(3), -1) << "a defaults section starts from nothing";
    EXPECT_EQ(defaults(4), 3);
    EXPECT_EQ(defaults(5), 1);
    EXPECT_EQ(defaults(6), 1);
    EXPECT_EQ(defaults(7), 6);
    EXPECT_EQ(defaults(8), 6);
    EXPECT_EQ(defaults(10), -1);
    EXPECT_THAT(config.lineage(sections[9]),
                ElementsAre(&sections[9], &sections[8], &sections[6], &sections[1]));
}

TEST(Config, LooksLikeHaproxy) {
    EXPECT_TRUE(looks_like_haproxy("# x\n\nglobal\n maxconn 1\nbackend app\n"));
    EXPECT_TRUE(looks_like_haproxy(".if defined(X)\n.endif\ndefaults\nlisten l"));
    EXPECT_FALSE(looks_like_haproxy("global\n maxconn 1\n")); // nothing that proxies
    EXPECT_FALSE(looks_like_haproxy("upstream app {\n server 10.0.0.1;\n}\n"));
    EXPECT_FALSE(looks_like_haproxy("[section]\nbackend = x\n"));
    EXPECT_FALSE(looks_like_haproxy(""));
}

struct SocketCase {
    std::string_view line;
    std::vector<std::string> sockets;
};

class AdminSockets : public testing::TestWithParam<SocketCase> {};

TEST_P(AdminSockets, AreThoseToConnectTo) {
    const Config config = parse(fmt::format("global\n  {}\n", GetParam().line));
    EXPECT_THAT(admin_sockets(config), testing::ElementsAreArray(GetParam().sockets));
}

INSTANTIATE_TEST_SUITE_P(
    Config, AdminSockets,
    testing::Values(SocketCase{"stats socket /run/a.sock level admin", {"/run/a.sock"}},
                    SocketCase{"stats socket /run/a.sock mode 600 level admin", {"/run/a.sock"}},
                    SocketCase{
                        "stats socket /run/a.sock user haproxy group haproxy mode 660 level admin "
                        "expose-fd listeners # x",
                        {"/run/a.sock"}},
                    SocketCase{"stats socket \"/run/a.sock\" level admin", {"/run/a.sock"}},
                    SocketCase{"stats socket unix@/run/a.sock level admin", {"/run/a.sock"}},
                    SocketCase{"stats socket /run/a.sock,/run/b.sock level admin",
                               {"/run/a.sock", "/run/b.sock"}},
                    SocketCase{"stats socket abns@app level admin", {"abns@app"}},
                    SocketCase{"stats socket ipv4@127.0.0.1:9999 level admin", {"127.0.0.1:9999"}},
                    SocketCase{"stats socket ipv6@[::1]:9999 level admin", {"[::1]:9999"}},
                    SocketCase{"stats socket *:9999 level admin", {"*:9999"}},
                    SocketCase{"stats socket fd@3 level admin", {}},
                    SocketCase{"stats socket sockpair@3 level admin", {}},
                    SocketCase{"stats socket unix@relative.sock level admin", {}},
                    SocketCase{"stats socket \"${SOCK}\" level admin", {}},
                    SocketCase{"stats socket 127.0.0.1:9999 ssl crt x level admin", {}},
                    SocketCase{"stats socket /run/a.sock level operator", {}},
                    SocketCase{"stats socket /run/a.sock mode 600", {}},
                    SocketCase{"stats socket /run/level admin", {}},
                    SocketCase{"stats timeout 1h", {}},
                    SocketCase{"# stats socket /run/a.sock level admin", {}},
                    // Tried: the prefix is for `bind`, not for stats sockets.
                    SocketCase{"unix-bind prefix /chroot\n  stats socket /run/a.sock level admin",
                               {"/run/a.sock"}}));

TEST(Config, AdminSocketsOfAllGlobalSections) {
    const Config config = parse("global\n stats socket /a level admin\n"
                                "backend b\n stats socket /b level admin\n"
                                "global\n stats socket /c level admin\n");
    EXPECT_THAT(admin_sockets(config), ElementsAre("/a", "/c"));
}

/// All that a Config says, as text.
std::string describe(const Config& config) {
    std::string all;
    for (const Section& section : config.sections()) {
        all += fmt::format("{}: {} {} from {}\n", section.number, section.kind, section.name,
                           section.from);
        for (const Line& line : section.settings)
            all += fmt::format("  {}: {}\n", line.number, line.text);
        for (const ServerLine& line : section.servers)
            all += fmt::format("  {}: {} = {}\n", line.number, line.name, line.text);
    }
    return all;
}

std::string join(const std::vector<std::string>& lines) {
    return fmt::format("{}", fmt::join(lines, "\n"));
}

/// Edits of a few lines anywhere, most of them of servers: parsing again by the difference says the
/// same as parsing.
TEST(Config, ParsesAgainAsAnew) {
    std::mt19937 random(20'261'124);
    const auto below = [&](std::size_t end) { return random() % end; };
    const std::vector<std::string> rare = {
        "backend b",
        "listen l from d",
        "frontend f",
        "peers p",
        " .if defined(X)",
        " .endif",
        " mode tcp",
        "# server c 1:1",
        "",
        " server \"q\" 1:1",
        "server\tt 1:1",
        " servers s 1:1",
        "  server x 1:1\r",
        " server",
        " default-server check",
        " \"server\" v 1:1",
        " server \"$V\" 1:1",
        " '.if' x",
        "back'end' c",
    };
    std::vector<std::string> lines = {"global", "defaults d", "backend a"};
    Config before;
    std::size_t good = 0;
    for (int round = 0; round < 5'000; ++round) {
        for (std::size_t edits = below(3) + 1; edits > 0; --edits) {
            const std::string line =
                below(10) == 0 ? rare[below(rare.size())]
                               : fmt::format(" server s{} 10.0.0.{}:80", below(30), below(4));
            const auto at = lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size() + 1));
            const std::size_t kind = below(lines.size() > 60 ? 2 : 3);
            if (kind == 0 && at != lines.end())
                *at = line;
            else if (kind == 1 && at != lines.end())
                lines.erase(at);
            else if (kind == 2)
                lines.insert(at, line);
        }
        if (below(50) == 0)
            lines = {"global", "backend a", " server x 1:1", "backend b", " server y 1:2"};
        const std::string text = join(lines) + (below(2) == 0 ? "\n" : "");
        const auto anew = Config::parse(text);
        const auto again = Config::parse(text, before);
        ASSERT_EQ(anew.has_value(), again.has_value()) << before.text() << "\n--\n" << text;
        if (!anew) {
            lines = {"global", "defaults d", "listen a"};
            continue;
        }
        ++good;
        ASSERT_EQ(describe(*anew), describe(*again)) << before.text() << "\n--\n" << text;
        ASSERT_EQ(again->text(), text);
        before = *again; // the next one builds on it, and this one's `before` is gone
    }
    EXPECT_GT(good, 1'000U);
}

} // namespace
} // namespace hitless::haproxy
