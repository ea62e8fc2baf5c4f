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
    const std::string log = stage->log().substr(log_before);
    EXPECT_THAT(log, HasSubstr(bad.key.substr(0, 100)));
    EXPECT_THAT(log, HasSubstr(bad.said));
    const std::size_t first = log.find(" error ");
    EXPECT_NE(first, std::string::npos) << log;
    EXPECT_EQ(log.find(" error ", first + 1), std::string::npos) << "more than one message:\n"
                                                                 << log;
    EXPECT_THAT(stage->file(), Not(HasSubstr("9999")));
    EXPECT_EQ(stage->haproxy().pid(), pid);
    stage->etcd.remove(bad.key);
    stage->remove("good2");
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
        BadValue{"escape", "/app/servers/bad", "127.0.0.1:80\x1b[2J9999", "control character"}),
    [](const auto& test) {
        std::string name = test.param.name;
        std::replace(name.begin(), name.end(), ' ', '_');
        return name;
    });

} // namespace
} // namespace hitless::test
