#include "hitless/haproxy/reach.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::haproxy {
namespace {

struct Case {
    const char* line;
    const char* reaching; ///< the words that do, separated by blanks; empty: none
};

void PrintTo(const Case& test, std::ostream* out) {
    *out << test.line;
}

class ReachOfLine : public testing::TestWithParam<Case> {};

TEST_P(ReachOfLine, IsFoundByItsWords) {
    const auto words = parse_words(GetParam().line);
    ASSERT_TRUE(words);
    std::string found;
    for (const Reach& reach : reaches_of(*words)) {
        EXPECT_FALSE(reach.why.empty());
        found += found.empty() ? "" : " ";
        found += (*words)[reach.first].text;
    }
    EXPECT_EQ(found, GetParam().reaching);
}

INSTANTIATE_TEST_SUITE_P(
    All, ReachOfLine,
    testing::Values(
        Case{"server a 10.0.0.1:80 weight 5 backup check", ""},
        Case{"server a 10.0.0.1:80 check inter 2s fall 3 maxconn 20 cookie a", ""},
        Case{"server a 10.0.0.1:80 agent-check agent-port 5 agent-inter 1s", ""},
        Case{"server a 10.0.0.1:80 agent-check agent-send x", "agent-send"},
        Case{"server a 10.0.0.1:80 agent-check agent\\-send x", ""}, // a backslash stays: no option
        Case{"server a 10.0.0.1:80 agent-check agent-se\\x6ed x", "agent-send"},
        Case{"server a 10.0.0.1:80 'agent-send' x", "agent-send"},
        Case{"server a unix@/run/haproxy/admin.sock", "unix@/run/haproxy/admin.sock"},
        Case{"server a /run/haproxy/admin.sock", "/run/haproxy/admin.sock"},
        Case{"server a abns@x", "abns@x"}, Case{"server a fd@3", "fd@3"},
        Case{"server a sockpair@3", "sockpair@3"},
        Case{"server a 10.0.0.1:80 addr unix@/x check", "addr"},
        Case{"server a 10.0.0.1:80 addr 10.0.0.2 check", ""},
        Case{"server a 10.0.0.1:80 agent-addr /x agent-check agent-port 1", "agent-addr"},
        Case{"server a \"${HOST}\":80", "${HOST}:80"},
        Case{"server a 10.0.0.1:80 source 0.0.0.0 usesrc clientip", "source"},
        Case{"server a 10.0.0.1:80 ssl verify none sni req.hdr(host)", ""},
        Case{"server a 10.0.0.1:80 ssl sni env(SECRET)", "sni"},
        Case{"server a 10.0.0.1:80 ssl sni str(a.example.com)", ""},
        Case{"server a 10.0.0.1:80 ssl sni str(a),map(/etc/passwd)", "sni"},
        Case{"server a 10.0.0.1:80 ssl ca-file /dev/zero", "ca-file"},
        Case{"server a 10.0.0.1:80 ssl ca-file @system-ca", ""},
        Case{"server a 10.0.0.1:80 ssl crt /etc/ssl/a.pem crl-file /b", "crt crl-file"},
        Case{"server a 10.0.0.1:80 set-proxy-v2-tlv-fmt(0x20) %[env(X)] send-proxy-v2",
             "set-proxy-v2-tlv-fmt(0x20)"},
        Case{"server a 10.0.0.1:80 track app/b", "track"},
        Case{"server a 10.0.0.1:80 redir http://x", "redir"},
        Case{"server a 10.0.0.1:80 namespace x socks4 10.0.0.2:1080 check-via-socks4 resolvers dns",
             "namespace socks4 check-via-socks4 resolvers"}));

} // namespace
} // namespace hitless::haproxy
