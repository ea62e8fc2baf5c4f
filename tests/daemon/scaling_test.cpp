#include "hitless/haproxy/stat.hpp"

#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace hitless::test {
namespace {

using testing::HasSubstr;

/// Each test must end with the process it began with.
class Scaling : public testing::TestWithParam<etcd::Settings::Api> {
  protected:
    Scaling() : stage_(options()), pid_(stage_.haproxy().pid()) {
        stage_.start_daemon();
        EXPECT_TRUE(stage_.wait_log("answers at")) << stage_.log();
    }

    void TearDown() override {
        EXPECT_EQ(stage_.haproxy().pid(), pid_) << "HAProxy was reloaded:\n" << stage_.log();
        EXPECT_EQ(stage_.stop_daemon(), 0);
    }

    static StageOptions options() {
        StageOptions options;
        options.backends = 6;
        options.api = GetParam();
        return options;
    }

    /// HAProxy has these servers, and so has its file.
    void expect_servers(const std::vector<std::string>& expected) {
        EXPECT_TRUE(stage_.wait_servers(expected))
            << testing::PrintToString(stage_.servers()) << "\n"
            << stage_.log();
        EXPECT_TRUE(wait_until([&] {
            const std::string file = stage_.file();
            std::size_t count = 0;
            for (std::size_t at = file.find("    server "); at != std::string::npos;
                 at = file.find("    server ", at + 1))
                ++count;
            return count == expected.size();
        })) << stage_.file();
    }

    Stage stage_;
    pid_t pid_;
};

INSTANTIATE_TEST_SUITE_P(Both, Scaling,
                         testing::Values(etcd::Settings::Api::v2, etcd::Settings::Api::v3),
                         [](const auto& api) {
                             return api.param == etcd::Settings::Api::v3 ? "v3" : "v2";
                         });

TEST_P(Scaling, AddsAServerThatThenServes) {
    stage_.add("web1", 0);
    expect_servers({stage_.running("web1", 0)});
    EXPECT_TRUE(wait_until([&] { return stage_.ask() == "s1"; }));
    EXPECT_TRUE(stage_.wait_log("add backend=app server=web1")) << stage_.log();
    EXPECT_TRUE(stage_.wait_log("took=")) << stage_.log();
    const std::string stat = stage_.haproxy().command("show stat");
    EXPECT_EQ(stat.find("no check") == std::string::npos, haproxy_version() >= 205) << stat;
}

TEST_P(Scaling, TakesARemovedServerOut) {
    stage_.add("web1", 0);
    stage_.add("web2", 1);
    expect_servers({stage_.running("web1", 0), stage_.running("web2", 1)});
    stage_.remove("web1");
    expect_servers({stage_.running("web2", 1)});
    EXPECT_EQ(stage_.ask(), "s2");
}

TEST_P(Scaling, MovesAServerToAnotherAddress) {
    stage_.add("web1", 0);
    expect_servers({stage_.running("web1", 0)});
    stage_.add("web1", 1);
    expect_servers({stage_.running("web1", 1)});
    EXPECT_TRUE(wait_until([&] { return stage_.ask() == "s2"; }));
}

TEST_P(Scaling, ChangesAWeight) {
    stage_.etcd.put("/app/servers/web1", stage_.web.address(0) + " weight 10");
    expect_servers({stage_.running("web1", 0, 10)});
    stage_.etcd.put("/app/servers/web1", stage_.web.address(0) + " weight 99");
    expect_servers({stage_.running("web1", 0, 99)});
    stage_.add("web1", 0);
    expect_servers({stage_.running("web1", 0, 1)});
}

TEST_P(Scaling, GoesUpAndDownInBursts) {
    std::vector<std::string> expected;
    for (int i = 0; i < 50; ++i) {
        const std::string name = fmt::format("web{:02}", i);
        stage_.add(name, static_cast<std::size_t>(i) % 6);
        expected.push_back(stage_.running(name, static_cast<std::size_t>(i) % 6));
    }
    expect_servers(expected);
    for (int i = 5; i < 50; ++i)
        stage_.remove(fmt::format("web{:02}", i));
    expected.resize(5);
    expect_servers(expected);
}

TEST_P(Scaling, LetsARunningResponseEnd) {
    stage_.add("web1", 0);
    expect_servers({stage_.running("web1", 0)});
    ASSERT_TRUE(wait_until([&] { return stage_.ask() == "s1"; }));
    stage_.web.hold(0);
    std::string answer;
    std::thread client([&] { answer = stage_.ask(); });
    ASSERT_TRUE(wait_until([&] { return stage_.web.held(0) == 1; }));
    stage_.add("web2", 1);
    expect_servers({stage_.running("web1", 0), stage_.running("web2", 1)});
    stage_.remove("web1");
    EXPECT_TRUE(
        stage_.wait_servers({stage_.running("web1", 0) + " MAINT", stage_.running("web2", 1)}));
    EXPECT_EQ(stage_.ask(), "s2");
    stage_.web.release(0);
    client.join();
    EXPECT_EQ(answer, "s1");
    expect_servers({stage_.running("web2", 1)});
}

TEST_P(Scaling, TakesBackAServerThatWasLeaving) {
    stage_.add("web1", 0);
    stage_.add("web2", 1);
    expect_servers({stage_.running("web1", 0), stage_.running("web2", 1)});
    stage_.web.hold(0);
    std::vector<std::thread> clients;
    for (int i = 0; i < 2; ++i)
        clients.emplace_back([&] { (void)stage_.ask(); });
    ASSERT_TRUE(wait_until([&] { return stage_.web.held(0) == 1; }));
    stage_.remove("web1");
    EXPECT_TRUE(
        stage_.wait_servers({stage_.running("web1", 0) + " MAINT", stage_.running("web2", 1)}));
    stage_.add("web1", 0);
    expect_servers({stage_.running("web1", 0), stage_.running("web2", 1)});
    stage_.web.release(0);
    for (std::thread& client : clients)
        client.join();
}

/// A frontend without a `maxconn` of its own, and a global section without one.
TEST(Limits, ThatAreTypedAtTheSocketAreRepairedWithoutALine) {
    Stage stage;
    const auto limits = [&] {
        const std::string info = stage.haproxy().command("show info");
        const std::size_t at = info.find("\nMaxconn: ");
        std::string text = info.substr(at, info.find('\n', at + 1) - at);
        const auto rows = haproxy::parse_stat(stage.haproxy().command("show stat -1 1 -1"));
        for (const haproxy::StatRow& row : rows.value())
            text += row.name() + row.field("slim");
        return text;
    };
    stage.start_daemon({"-resync", "300ms"});
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    const std::string before = limits();
    for (const char* const command : {"set maxconn frontend web 7", "set maxconn global 9"}) {
        EXPECT_EQ(stage.haproxy().command(command), "");
        EXPECT_TRUE(wait_until([&] { return limits() == before; })) << limits() << stage.log();
    }
    EXPECT_THAT(stage.log(), testing::HasSubstr("repairing: "));
}

} // namespace
} // namespace hitless::test
