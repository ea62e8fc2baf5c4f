#include "hitless/base/text.hpp"
#include "hitless/haproxy/vet.hpp"

#include "support/haproxy_server.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>

namespace hitless::haproxy {
namespace {

using testing::HasSubstr;

constexpr std::string_view head = "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n"
                                  " timeout server 1s\n"
                                  "resolvers dns\n nameserver one 127.0.0.1:53\n"
                                  "frontend f\n bind 127.0.0.1:8080\n default_backend app\n"
                                  "backend app\n";

std::string with_head(std::string_view lines) {
    return fmt::format("{} {}\n", head, lines);
}

/// What vet_server() says of the last server of `text`.
std::optional<BadServer> vet(const std::string& text) {
    const Config config = Config::parse(text).value();
    const Section& backend = *config.find_backend("app");
    return vet_server(config, backend, backend.servers.back());
}

/// HAProxy's own verdict on a configuration, and what it says.
std::pair<bool, std::string> haproxy_takes(const std::string& text) {
    const test::TemporaryDirectory directory;
    const std::string file = directory.write("haproxy.cfg", text);
    test::Process check({test::haproxy_program(), "-c", "-f", file}, directory / "log");
    const auto status = check.wait_exit();
    return {status == 0, check.log()};
}

const std::vector<std::string>& good_lines() {
    static const std::vector<std::string> lines = {
        "server s1 10.0.0.1:80",
        "server s2 10.0.0.1:80 check inter 500ms fall 2 rise 3 weight 0 maxconn 0",
        "server s3 [::1]:80 check weight 256 backup disabled # a comment",
        "server s4 127.0.0.1 cookie \"a b\"",
        "server s5 localhost:80 resolvers dns init-addr last,none check",
        "server s6 /run/app.sock",
        "server s7 10.0.0.1:+1",
        "server s8 10.0.0.1 check port 80 addr 10.0.0.2",
        "server s9 10.0.0.1:80 source 10.0.0.9 usesrc clientip check",
        "server s10 10.0.0.1:80 observe layer7 on-error mark-down error-limit 5 check",
        "server s11 10.0.0.1:80 ssl verify none sni str(a.example.org) alpn h2,http/1.1",
        "server s12 10.0.0.1:80 slowstart 1m pool-max-conn -1 pool-purge-delay 5000",
        "server s13 10.0.0.1:80 send-proxy-v2 no-check ws h1 tfo",
        "server s14 10.0.0.1:80 track s2",
        "server \"s15\" '10.0.0.1:80'",
        "server s16 \"10.0.0.1:${HITLESS_NO_SUCH_PORT-80}\" check weight \"${X-5}\"",
        "server s.17_a:b-c 10.0.0.1:80 id 1717",
        "server s18 *:80",
    };
    return lines;
}

TEST(Vet, PassesGoodLines) {
    for (const std::string& line : good_lines()) {
        const auto bad = vet(with_head(line));
        EXPECT_FALSE(bad) << line << "\n" << bad->message;
    }
}

TEST(Vet, AConditionMayHaveACheckThatNeedsAPort) {
    EXPECT_TRUE(vet(with_head("default-server check\n server s1 10.0.0.1")));
    EXPECT_FALSE(vet(with_head(".if defined(X)\n default-server check\n.endif\n"
                               " server s1 10.0.0.1")));
}

TEST(Vet, HaproxyTakesThemToo) {
    if (test::haproxy_version() < 206)
        return; // has not all of them
    std::string lines;
    for (const std::string& line : good_lines())
        lines += line + "\n ";
    const auto [takes, log] = haproxy_takes(with_head(lines));
    EXPECT_TRUE(takes) << log;
}

struct VetCase {
    std::string line;
    std::string offending;
    std::string_view message;
    /// False where HAProxy takes the line, for something else than was meant.
    bool haproxy_refuses = true;
};

std::string many(std::string_view word, int count) {
    std::string words;
    for (int i = 0; i < count; ++i)
        words += fmt::format(" {}", word);
    return words;
}

const std::vector<VetCase>& bad_lines() {
    constexpr bool taken = false;
    static const std::vector<VetCase> cases = {
        // An empty value in the place of…
        {"server", "", "name is missing"},
        {"server web1", "", "address is missing"},
        {"server web1  check", "", "address is missing"},
        {"server web1  check inter 1s", "", "address is missing"},
        {"server  10.0.0.1:80", "", "address is missing"},
        {"server  10.0.0.1:80 check", "", "name or its address is missing"},
        {"server \"\" 10.0.0.1:80", "\"\"", "name"},
        {"server web1 \"\"", "\"\"", "it is empty"},
        {"server web1 :80", ":80", "not an address", taken},
        {"server web1 10.0.0.1:", "10.0.0.1:", "the port", taken},
        {"server web1 10.0.0.1:80 weight  check", "", "weight' lacks its value", taken},
        {"server web1 10.0.0.1:80 check weight ", "", "weight' lacks its value", taken},
        {"server web1 10.0.0.1:80 cookie \"\" check", "\"\"", "empty value"},
        {"server web1 10.0.0.1:80 \"\" check", "\"\"", "empty word", taken},
        // Names.
        {"server a/b 10.0.0.1:80", "a/b", "letters, digits"},
        {"server we\"b\"1 10.0.0.1:80", "we\"b\"1", "letters, digits", taken},
        {"server w\xc3\xa4hl 10.0.0.1:80", "w\xc3\xa4hl", "letters, digits"},
        {"server " + std::string(5'000, 'x') + " 10.0.0.1:80", std::string(5'000, 'x'),
         "5000 characters", taken},
        {"server a;b 10.0.0.1:80", "a;b", "letters, digits"},
        // Addresses.
        {"server web1 10.0.0.1:99999", "10.0.0.1:99999", "the port"},
        {"server web1 10.0.0.1:http", "10.0.0.1:http", "the port"},
        {"server web1 10.0.0.1:80; check", "10.0.0.1:80;", "the port", taken},
        {"server web1 http://10.0.0.1:80", "http://10.0.0.1:80", "neither an IP"},
        {"server web1 999.0.0.1:80", "999.0.0.1:80", "neither an IP"},
        {"server web1 \"10.0.0.1:80", "\"10.0.0.1:80", "quote"},
        {"server web1 'a b 10.0.0.1:80 check", "'a", "quote"},
        {"server web1 10.0.0.1:80 \"check\" cookie it's check", "it's", "quote"},
        {"server web1 10.0.0.1:80 cookie \\x4", "\\x4", "hexadecimal"},
        {"server a b 10.0.0.1:80", "b", "stands where its address belongs"},
        {"server web1 10.0.0.1 check", "10.0.0.1", "no port"},
        // Options.
        {"server web1 10.0.0.1:80 chek", "chek", "no server option 'chek'"},
        {"server web1 10.0.0.1:80 check 10.0.0.2:80", "10.0.0.2:80", "no server option"},
        {"server web1 10.0.0.1:80 no-weight", "no-weight", "no server option"},
        {"server web1 10.0.0.1:80 \"evil option\"", "\"evil option\"", "no server option"},
        {"server web1 10.0.0.1:80" + many("check", 70), "check", "73 words"},
        // Numbers and times.
        {"server web1 10.0.0.1:80 weight 257", "257", "weight '257' is not a number from 0 to 256"},
        {"server web1 10.0.0.1:80 weight -1", "-1", "weight '-1'"},
        {"server web1 10.0.0.1:80 weight heavy", "heavy", "weight 'heavy'", taken},
        {"server web1 10.0.0.1:80 weight 1O", "1O", "weight '1O'", taken},
        {"server web1 10.0.0.1:80 maxconn lots", "lots", "maxconn 'lots'", taken},
        {"server web1 10.0.0.1:80 maxconn \"5 6\"", "\"5 6\"", "maxconn '5 6'", taken},
        {"server web1 10.0.0.1:80 check inter soon", "soon", "inter 'soon' is not a time"},
        {"server web1 10.0.0.1:80 check inter 5x", "5x", "inter '5x' is not a time"},
        {"server web1 10.0.0.1:80 check rise 0", "0", "rise '0'"},
        {"server web1 10.0.0.1:80 check port 0x50", "0x50", "port '0x50'", taken},
        {"server web1 10.0.0.1:80 observe all", "all", "layer4 or layer7"},
        {"server web1 10.0.0.1:80 ssl verify some", "some", "none or required"},
        {"server web1 10.0.0.1:80 check addr :", ":", "is not an address", taken},
        // Bytes.
        {"server web1\x01 10.0.0.1:80", "web1\x01", "no printable text"},
        {"server web1 10.0.0.1:80 cookie \x1b[31m", "\x1b[31m", "no printable text", taken},
        {"server web1 10.0.0.1:80 cookie a\xff", "a\xff", "no printable text", taken},
        {"server web1 10.0.0.1:80 cookie \xe2\x82", "\xe2\x82", "no printable text", taken},
        {std::string("server web1 10.0.0.1:80 cookie a\0b", 34), std::string("a\0b", 3),
         "no printable text"},
    };
    return cases;
}

TEST(Vet, BlamesTheWord) {
    for (const VetCase& expected : bad_lines()) {
        const auto bad = vet(with_head(expected.line));
        ASSERT_TRUE(bad) << expected.line;
        EXPECT_EQ(bad->offending, expected.offending) << expected.line << "\n" << bad->message;
        EXPECT_THAT(bad->message, HasSubstr(expected.message));
        EXPECT_FALSE(base::has_control(bad->message) || !base::is_utf8(bad->message))
            << bad->message;
    }
}

TEST(Vet, HaproxyWouldRefuseTheWholeFile) {
    for (const VetCase& expected : bad_lines()) {
        const auto [takes, log] = haproxy_takes(with_head(expected.line));
        // Newer versions refuse some of what 2.6 takes for something else.
        if (expected.haproxy_refuses || test::haproxy_version() < 207) {
            EXPECT_EQ(takes, !expected.haproxy_refuses) << expected.line << "\n" << log;
        }
    }
}

TEST(Vet, SeesWhatDefaultServerAsksFor) {
    EXPECT_TRUE(vet(with_head("default-server check\n server web1 10.0.0.1")));
    EXPECT_FALSE(vet(with_head("default-server check port 80\n server web1 10.0.0.1")));
    EXPECT_FALSE(vet(with_head("default-server check\n server web1 10.0.0.1 no-check")));
    EXPECT_FALSE(vet(with_head("option tcp-check\n tcp-check connect port 80\n"
                               " server web1 10.0.0.1 check")));
}

} // namespace
} // namespace hitless::haproxy
