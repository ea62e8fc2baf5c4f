#include "telemetry/public_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hitless::telemetry {
namespace {

struct Case {
    std::string text;
    std::string expected;
};

TEST(PublicText, SentencesHaveNoValues) {
    for (const Case& each : {
             Case{"key /app/a = 'geheim' is the cause", "key /app/a = '…' is the cause"},
             {"key /app/a = '10.0.0.1:80' is good", "key /app/a = '10.0.0.1:80' is good"},
             {"it can't be read: '1' isn't a name", "it can't be read: '…' isn't a name"},
             {"a 'b' and 'it's c' d", "a '…' and '…' d"},
             {"it begins 'and has no end", "it begins '…"},
             {"ask http://me:pass@host:2379/x, now", "ask http://host:2379/x, now"},
             {"ask http://a@b:p@host", "ask http://host"},
             {"it failed: curl --oauth2-token geheim -d x", "it failed: curl --oauth2-…"},
             {"invalid user or Password: geheim", "invalid user or …"},
             {R"(atoi: parsing "geheim": invalid)", R"(atoi: parsing "…": invalid)"},
             {R"(a "b 'c' d" e)", R"(a "…" e)"},
             {R"(it begins "and has no end)", R"(it begins "…)"},
             {"two\nlines", "two\\nlines"},
             {"", ""},
         })
        EXPECT_EQ(public_sentence(each.text), each.expected);
}

TEST(PublicText, AReasonSaysWhereAndWhatThoughTheKeyIsNamedLikeASecret) {
    const std::string key = "/app/password";
    for (const Case& each : {
             Case{"key /app/password = 'geheim' can't be used (h.tmpl, line 7: bad)",
                  "key /app/password = '…' can't be used (h.tmpl, line 7: bad)"},
             {"key /app/password = 'x' is bad, in the line 'http-request deny if token'",
              "key /app/password = '…' is bad, in the line '…'"},
             {"key /app/password = 'a' token geheim 'b' is bad", "key /app/password = '…' …"},
             {"key /app/password is no password", "key /app/password is no …"},
         })
        EXPECT_EQ(public_reason(each.text, key), each.expected);
}

TEST(PublicText, LinesThatMayHoldSecretsAreCut) {
    for (const Case& each : {
             Case{"+ balance leastconn", "+ balance leastconn"},
             {"+ stats auth admin:geheim", "+ stats …"},
             {"- user admin insecure-password geheim", "- user …"},
             {"+ http-request set-header Authorization Basic", "+ http-request …"},
             {"+ setenv TOKEN geheim", "+ setenv …"},
             {"backend app: + balance source", "backend app: + balance source"},
         })
        EXPECT_EQ(public_line(each.text), each.expected);
}

TEST(PublicText, CommandsEndBehindTheAddress) {
    for (const Case& each : {
             Case{"add server app/web1 10.0.0.1:80 check cookie geheim",
                  "add server app/web1 10.0.0.1:80 …"},
             {"add server app/web1 10.0.0.1:80", "add server app/web1 10.0.0.1:80"},
             {"set server app/web1 weight 5", "set server app/web1 weight 5"},
             {"add server", "add server"},
             {"add map /h/keys.map 0x5 tenant", "add map /h/keys.map …"},
             {"del acl /h/keys.acl abc", "del acl /h/keys.acl …"},
         })
        EXPECT_EQ(public_command(each.text), each.expected);
}

} // namespace
} // namespace hitless::telemetry
