// What an operator reads in the log of hitlessd, on real etcd and HAProxy.
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace hitless::test {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::size_t lines(const std::string& log) {
    return count(log, "\n");
}

/// Two of its directories are watched.
StageOptions watching_two() {
    StageOptions options;
    options.keys = {"/app", "/other"};
    return options;
}

TEST(Log, TellsTheBeginningThenOneLineAChange) {
    Stage stage(watching_two());
    stage.add("web1", 0);
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_log("in step with the keys: ")) << stage.log();
    const std::string start = stage.log();
    EXPECT_THAT(start, HasSubstr("following etcd (its v2 store) at " + stage.etcd.url() +
                                 ": the keys below /app, /other\n"));
    EXPECT_THAT(start, HasSubstr("keeping " + stage.haproxy().config_file()));
    EXPECT_THAT(start, HasSubstr("conf.d/haproxy.toml"));
    EXPECT_THAT(start, ContainsRegex("HAProxy [^ ]+ with pid [0-9]+ answers at "));
    EXPECT_THAT(start, HasSubstr("in step with the keys: " + stage.haproxy().config_file() +
                                 ", and HAProxy at " + stage.haproxy_socket()));
    const std::size_t before = lines(start);
    for (std::size_t i = 2; i < 5; ++i) {
        const std::string name = "web" + std::to_string(i);
        stage.add(name, i - 1);
        ASSERT_TRUE(wait_until([&] { return stage.file().find(name) != std::string::npos; }));
    }
    stage.add("web1", 3);
    ASSERT_TRUE(stage.wait_log("change backend=app server=web1 ")) << stage.log();
    stage.remove("web2");
    ASSERT_TRUE(stage.wait_log("remove backend=app server=web2 ")) << stage.log();
    ASSERT_TRUE(wait_until([&] { return stage.servers().size() == 3; })) << stage.log();
    EXPECT_EQ(lines(stage.log()) - before, 5U) << stage.log();
}

TEST(Log, TellsATroubleWithEtcdOnceForAllDirectories) {
    Stage stage(watching_two());
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_log("in step with the keys: ")) << stage.log();
    stage.etcd.stop();
    ASSERT_TRUE(stage.wait_log("can't connect")) << stage.log();
    stage.etcd.start(true);
    ASSERT_TRUE(stage.wait_log("answers again")) << stage.log();
    ASSERT_TRUE(wait_until([&] { return count(stage.log(), "in step with the keys: ") == 2; }))
        << stage.log();
    EXPECT_EQ(count(stage.log(), "can't connect"), 1U) << stage.log();
    EXPECT_EQ(count(stage.log(), "answers again"), 1U) << stage.log();
}

TEST(Log, DoesNotComplainOfASocketThatTheSameSignalBrings) {
    const std::string with_socket = Stage::default_cfg();
    StageOptions options;
    options.cfg =
        boost::replace_all_copy(with_socket, "admin.sock level admin", "admin.sock level operator");
    Stage stage(options);
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_log("has no stats socket")) << stage.log();
    const std::size_t before = stage.log().size();
    stage.write_template(with_socket);
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(stage.wait_log("answers at")) << stage.log();
    ASSERT_TRUE(stage.wait_log("in step with the keys: ")) << stage.log();
    const std::string log = stage.log().substr(before);
    EXPECT_THAT(log, Not(HasSubstr(" error "))) << log;
    EXPECT_EQ(count(log, "reloaded dest="), 1U) << log;
}

TEST(Log, IsJsonWithStableMembers) {
    Stage stage;
    stage.start_daemon({"-log-format", "json", "-log-level", "debug"});
    ASSERT_TRUE(stage.wait_log(R"("event":"in_step")")) << stage.log();
    stage.etcd.put("/app/servers/bad", "10.0.0.1:80\nserver evil 10.0.0.2:80 \x01\xff");
    stage.add("web1", 0);
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    ASSERT_TRUE(stage.wait_log(R"("event":"add")")) << stage.log();
    ASSERT_TRUE(stage.wait_log(R"("event":"wrote")")) << stage.log();
    ASSERT_TRUE(stage.wait_log(R"("event":"left_out")")) << stage.log();
    ASSERT_EQ(stage.stop_daemon(), 0);
    std::map<std::string, json> events;
    std::istringstream stream(stage.log());
    for (std::string line; std::getline(stream, line);) {
        const json parsed = json::parse(line, nullptr, false);
        ASSERT_TRUE(parsed.is_object()) << line;
        for (const char* const member : {"time", "level", "message"})
            EXPECT_TRUE(parsed.contains(member)) << line;
        if (parsed.contains("event"))
            events[parsed.at("event")] = parsed;
    }
    const json& add = events["add"];
    EXPECT_EQ(add.at("backend"), "app");
    EXPECT_EQ(add.at("server"), "web1");
    EXPECT_EQ(add.at("level"), "info");
    EXPECT_TRUE(add.at("took_ms").is_number()) << add;
    EXPECT_THAT(add.at("message").get<std::string>(),
                testing::StartsWith("add backend=app server=web1 change=\""));
    EXPECT_EQ(events["left_out"].at("source"), "key /app/servers/bad");
    EXPECT_EQ(events["follow"].at("keys"), json::array({"/app"}));
    EXPECT_EQ(events["key_set"].at("level"), "debug");
    EXPECT_TRUE(events["wrote"].at("took_ms").is_number());
    EXPECT_TRUE(events["haproxy"].at("pid").is_number());
}

TEST(Log, TellsEachDecisionAtDebug) {
    Stage stage;
    stage.start_daemon({"-log-level", "debug"});
    ASSERT_TRUE(stage.wait_log("in step with the keys: ")) << stage.log();
    stage.add("web1", 0);
    EXPECT_TRUE(stage.wait_log("key_set key=/app/servers/web1 value=127.0.0.1:")) << stage.log();
    EXPECT_TRUE(stage.wait_log(": 1 server(s) differ")) << stage.log();
    EXPECT_TRUE(stage.wait_log("live: add backend=app server=web1, since")) << stage.log();
    EXPECT_TRUE(stage.wait_log("nothing to do for app/web1: HAProxy has there")) << stage.log();
    EXPECT_TRUE(stage.wait_log("no reload is needed for ")) << stage.log();
    stage.etcd.put("/app/unused", "1");
    EXPECT_TRUE(stage.wait_log("nothing differs that HAProxy would see")) << stage.log();
}

} // namespace
} // namespace hitless::test
