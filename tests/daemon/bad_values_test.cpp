#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct BadValue {
    const char* name;
    std::string key;
    std::string value;
    std::string said; ///< part of the message
    int messages = 1; ///< errors in the log, at most
};

void PrintTo(const BadValue& bad, std::ostream* out) {
    *out << bad.name;
}

class BadValues : public testing::TestWithParam<BadValue> {
  protected:
    /// One for all cases: they must not disturb each other either.
    static void SetUpTestSuite() {
        stage = new Stage();
        stage->start_daemon();
        stage->add("good1", 0);
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(stage->stop_daemon(), 0);
        delete stage;
    }

    static Stage* stage;
};

Stage* BadValues::stage = nullptr;

TEST_P(BadValues, CostOneServerAndOneMessage) {
    const BadValue& bad = GetParam();
    ASSERT_TRUE(stage->wait_servers({stage->running("good1", 0)})) << stage->log();
    const pid_t pid = stage->haproxy().pid();
    const std::size_t log_before = stage->log().size();
    stage->etcd.put(bad.key, bad.value);
    stage->add("good2", 1);
    EXPECT_TRUE(stage->wait_servers({stage->running("good1", 0), stage->running("good2", 1)}))
        << testing::PrintToString(stage->servers()) << stage->log();
    EXPECT_TRUE(wait_until([&] { return stage->file().find("good2") != std::string::npos; }))
        << stage->file() << stage->log();
    EXPECT_TRUE(wait_until([&] {
        return stage->log().find(bad.key.substr(0, 100), log_before) != std::string::npos;
    }));
    const std::string log = stage->log().substr(log_before);
    EXPECT_THAT(log, HasSubstr(bad.key.substr(0, 100)));
    EXPECT_THAT(log, HasSubstr(bad.said));
    int errors = 0;
    for (std::size_t at = log.find(" error "); at != std::string::npos;
         at = log.find(" error ", at + 1))
        ++errors;
    EXPECT_GE(errors, 1) << log;
    EXPECT_LE(errors, bad.messages) << log;
    EXPECT_THAT(stage->file(), Not(HasSubstr("9999")));
    EXPECT_EQ(stage->haproxy().pid(), pid);
    stage->etcd.remove(bad.key);
    stage->remove("good2");
    EXPECT_TRUE(wait_until([&] { return stage->file().find("good2") == std::string::npos; }));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadValues,
    testing::Values(
        BadValue{"empty", "/app/servers/bad", "", "address"},
        BadValue{"spaces", "/app/servers/bad", "   ", "address"},
        BadValue{"words", "/app/servers/bad", "127.0.0.1:80 9999", "9999"},
        BadValue{"newline", "/app/servers/bad", "127.0.0.1:80\n    bind 127.0.0.1:9999",
                 "line break"},
        BadValue{"return", "/app/servers/bad", "127.0.0.1:80\rbind 127.0.0.1:9999", "line break"},
        BadValue{"command", "/app/servers/bad", "127.0.0.1:80; del server app/good1", "port"},
        BadValue{"escaped", "/app/servers/bad", "127.0.0.1:80\\;\\ set\\ weight", "port"},
        BadValue{"quote", "/app/servers/bad", "127.0.0.1:80 \"9999", "quote"},
        // etcd takes no request line over 4,096 bytes.
        BadValue{"long", "/app/servers/" + std::string(3900, 'x'), "127.0.0.1:9999", "3900"},
        BadValue{"name", "/app/servers/a b", "127.0.0.1:9999", "a b"},
        BadValue{"bytes", "/app/servers/bad", "127.0.0.1:9999\xff\xfe", "port"},
        BadValue{"port", "/app/servers/bad", "127.0.0.1:99990", "port"},
        BadValue{"not an address", "/app/servers/bad", "http://127.0.0.1:9999/", "address"},
        BadValue{"escape", "/app/servers/bad", "127.0.0.1:80\x1b[2J9999", "control character"},
        BadValue{"comment", "/app/servers/a#b", "127.0.0.1:9999", "comment"},
        // What HAProxy's own check refuses, and names the line of.
        BadValue{"inter", "/app/servers/bad", "127.0.0.1:9999 check inter 0", "inter"},
        BadValue{"proto", "/app/servers/bad", "127.0.0.1:9999 proto nosuch", "nosuch"},
        BadValue{"ciphers", "/app/servers/bad", "127.0.0.1:9999 ssl verify none ciphers NOSUCH",
                 "NOSUCH"},
        BadValue{"offset", "/app/servers/bad", "127.0.0.1:+9 check weight 99", "haproxy -c"},
        BadValue{"no such host", "/app/servers/bad", "nosuch9999.invalid:80", "nosuch9999",
                 2 /* HAProxy and the file; one, when haproxy -c knows sooner than the look-up */},
        // What reaches beyond the server.
        BadValue{"track", "/app/servers/bad", "127.0.0.1:9999 track nosuch/x", "track"},
        BadValue{"file", "/app/servers/bad", "127.0.0.1:9999 ssl ca-file /nosuch", "ca-file"},
        BadValue{"descriptor", "/app/servers/bad", "fd@9999", "descriptor"},
        BadValue{"variable", "/app/servers/bad", "\"${PATH}\":9999", "environment variable"},
        BadValue{"agent", "/app/servers/bad",
                 "127.0.0.1:9999 agent-check agent-port 1 agent-send \"$HOME\"", "variable"}),
    [](const auto& test) {
        std::string name = test.param.name;
        std::replace(name.begin(), name.end(), ' ', '_');
        return name;
    });

} // namespace
} // namespace hitless::test
