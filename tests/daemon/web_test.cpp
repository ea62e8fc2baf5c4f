// What hitlessd tells over HTTP, with real etcd and HAProxy.
#include "http/client.hpp"
#include "support/free_port.hpp"
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace hitless::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Web : public ::testing::Test {
  protected:
    explicit Web(const StageOptions& options = {}) : stage_(options) {}

    void start(std::vector<std::string> flags = {}) {
        flags.insert(flags.end(), {"-http", address_});
        stage_.start_daemon(flags);
    }

    [[nodiscard]] HttpAnswer ask(const std::string& path) const {
        return http("GET", "http://" + address_ + path);
    }
    [[nodiscard]] json status() const {
        const HttpAnswer answer = ask("/status");
        return answer.status == 200 ? json::parse(answer.body) : json();
    }
    [[nodiscard]] bool wait_status(const std::function<bool(const json&)>& holds) const {
        return wait_until([&] {
            const json now = status();
            return !now.is_null() && !now["resources"].empty() && holds(now);
        });
    }
    [[nodiscard]] bool wait_ready() const {
        return wait_until([&] { return ask("/readyz").status == 200; });
    }
    /// The value of a series: "hitless_ready", "hitless_changes_total{action=\"add\"…}".
    [[nodiscard]] double metric(const std::string& series) const {
        const std::string text = "\n" + ask("/metrics").body;
        const std::size_t at = text.find("\n" + series + " ");
        return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
    }
    static json server(const json& status, const std::string& name) {
        for (const json& haproxy : status["resources"][0]["haproxies"]) {
            for (const json& backend : haproxy["backends"]) {
                for (const json& one : backend["servers"]) {
                    if (one["name"] == name)
                        return one;
                }
            }
        }
        return {};
    }
    static json change(const json& status, const std::string& action, const std::string& name) {
        for (const json& one : status["changes"]) {
            if (one["action"] == action && one["object"]["name"] == name)
                return one;
        }
        return {};
    }

    Stage stage_;
    std::string address_ = fmt::format("127.0.0.1:{}", free_port());
};

TEST_F(Web, TellsOfAServerThatIsAdded) {
    start();
    ASSERT_TRUE(wait_ready()) << stage_.log();
    EXPECT_EQ(metric("hitless_ready"), 1);
    stage_.add("web1", 1);
    ASSERT_TRUE(wait_status([](const json& now) {
        return !change(now, "add", "web1").is_null() && now["state"] == "in_step" &&
               server(now, "web1")["running"]["sessions"].is_number();
    })) << status().dump(1)
        << stage_.log();
    const json now = status();
    const json web1 = server(now, "web1");
    EXPECT_EQ(web1["wanted"]["address"], stage_.web.address(1));
    EXPECT_EQ(web1["running"]["address"], stage_.web.address(1));
    EXPECT_EQ(web1["key"], "/app/servers/web1");
    EXPECT_TRUE(web1["differs"].is_null());
    const json added = change(now, "add", "web1");
    EXPECT_EQ(added["object"]["scope"], "app");
    EXPECT_EQ(added["keys"], json({"/app/servers/web1"}));
    EXPECT_THAT(added["commands"][0], StartsWith("add server app/web1 " + stage_.web.address(1)));
    EXPECT_TRUE(added["phases_ms"]["render"].is_number());
    EXPECT_TRUE(added["phases_ms"]["commands"].is_number());
    EXPECT_GT(added["total_ms"], 0);
    EXPECT_EQ(now["propagation"]["count"], 1);
    EXPECT_EQ(now["registry"]["connected"], true);
    EXPECT_EQ(now["registry"]["keys"], 1);
    const json& haproxy = now["resources"][0]["haproxies"][0];
    EXPECT_EQ(haproxy["pid"], stage_.haproxy().pid());
    EXPECT_TRUE(haproxy["statistics"].is_string());
    EXPECT_EQ(metric("hitless_changes_total{action=\"add\",kind=\"server\",result=\"done\"}"), 1);
    EXPECT_EQ(metric("hitless_servers_wanted"), 1);
    EXPECT_EQ(metric("hitless_propagation_seconds_count"), 1);
    EXPECT_EQ(metric("hitless_registry_events_total{type=\"set\"}"), 1);
    EXPECT_EQ(metric("hitless_in_step"), 1);
    EXPECT_EQ(metric(fmt::format("hitless_haproxy_up{{socket=\"{}\"}}", stage_.haproxy_socket())),
              1);
}

/// Whoever may only look at HAProxy's socket may not change servers.
class WebOfRefusals : public Web {
  protected:
    WebOfRefusals() : Web(operator_socket()) {}

  private:
    static StageOptions operator_socket() {
        StageOptions options;
        options.cfg =
            boost::replace_all_copy(Stage::default_cfg(), "level admin", "level operator");
        return options;
    }
};

TEST_F(WebOfRefusals, TellsWhatHaproxyRefuses) {
    start({"-haproxy-socket", stage_.haproxy_socket()});
    stage_.add("web1", 1);
    ASSERT_TRUE(wait_status([](const json& now) {
        return !change(now, "refused", "web1").is_null();
    })) << status().dump(1)
        << stage_.log();
    const json refused = change(status(), "refused", "web1");
    EXPECT_EQ(refused["result"], "refused");
    EXPECT_EQ(refused["object"]["scope"], "app");
    EXPECT_THAT(refused["message"], HasSubstr("ermission denied"));
    EXPECT_GE(metric("hitless_changes_total{action=\"change\",kind=\"server\",result=\"refused\"}"),
              1);
    EXPECT_GE(metric("hitless_haproxy_commands_total{result=\"refused\"}"), 1);
}

TEST_F(Web, StreamsWhatHappens) {
    start();
    ASSERT_TRUE(wait_ready()) << stage_.log();
    Client client(address_);
    client.send(get("/events"));
    EXPECT_THAT(client.read_until("event: summary\n"), HasSubstr("text/event-stream"));
    EXPECT_THAT(client.read_until("\n\n"), HasSubstr("\"state\":"));
    client.read_until("event: servers\n");
    EXPECT_THAT(client.read_until("\n\n"), HasSubstr("\"whole\":true"));
    stage_.add("web1", 1);
    client.read_until("event: change\ndata: ");
    const json added = json::parse(client.read_until("\n"));
    EXPECT_EQ(added["action"], "add");
    EXPECT_EQ(added["object"]["name"], "web1");
    client.read_until("event: servers\n");
    EXPECT_THAT(client.read_until("\n\n"), HasSubstr("\"whole\":false"));
    EXPECT_EQ(metric("hitless_http_streams"), 1);
}

TEST_F(Web, TellsHowLongTheReadBackAndTheFileTook) {
    start();
    ASSERT_TRUE(wait_ready()) << stage_.log();
    Client client(address_);
    client.send(get("/events"));
    client.read_until("event: servers\n");
    stage_.add("web1", 1);
    client.read_until("event: change\ndata: ");
    const json added = json::parse(client.read_until("\n"));
    EXPECT_TRUE(added["phases_ms"]["read_back"].is_null());
    client.read_until("event: phases\ndata: ");
    const json phases = json::parse(client.read_until("\n"));
    EXPECT_EQ(phases["changes"][0]["id"], added["id"]);
    EXPECT_TRUE(wait_status([](const json& now) {
        const json times = change(now, "add", "web1")["phases_ms"];
        return times["read_back"].is_number() && times["file"].is_number();
    })) << status().dump(1);
    EXPECT_GE(metric("hitless_config_check_duration_seconds_count"), 1);
}

TEST_F(Web, TellsWhichIndexIsAppliedAndSinceWhenTheStateIs) {
    start();
    ASSERT_TRUE(wait_ready()) << stage_.log();
    stage_.add("web1", 1);
    ASSERT_TRUE(wait_status([](const json& now) {
        return !change(now, "add", "web1").is_null() && now["state"] == "in_step";
    })) << status().dump(1);
    const json now = status();
    EXPECT_EQ(now["registry"]["applied_index"], now["registry"]["index"]);
    EXPECT_EQ(metric("hitless_registry_applied_index"), now["registry"]["index"]);
    EXPECT_FALSE(now["host"].get<std::string>().empty());
    stage_.haproxy().process().kill();
    ASSERT_TRUE(wait_status([](const json& told) { return told["state"] == "degraded"; }));
    const json then = status();
    EXPECT_GT(then["state_since"], now["state_since"]);
    stage_.add("web2", 2);
    EXPECT_TRUE(wait_status([](const json& told) {
        return told["registry"]["keys"] == 2 &&
               told["registry"]["applied_index"] < told["registry"]["index"];
    })) << status().dump(1);
}

TEST_F(Web, ChangesOfFilesHaveTheirTimesToo) {
    const auto keys = [&](const std::string& servers) {
        stage_.directory().write("keys.new", "app:\n  servers:\n" + servers);
        std::filesystem::rename(stage_.directory() / "keys.new", stage_.directory() / "keys.yaml");
    };
    const std::string web1 = "    web1: " + stage_.web.address(1) + "\n";
    keys(web1);
    start({"-backend", "file", "-file", stage_.directory() / "keys.yaml"});
    ASSERT_TRUE(wait_ready()) << stage_.log();
    keys(web1 + "    web2: " + stage_.web.address(2) + "\n");
    ASSERT_TRUE(wait_status([](const json& now) { return !change(now, "add", "web2").is_null(); }))
        << status().dump(1) << stage_.log();
    const json added = change(status(), "add", "web2");
    EXPECT_TRUE(added["phases_ms"]["render"].is_number());
    EXPECT_GT(added["total_ms"], 0);
    EXPECT_EQ(status()["propagation"]["count"], 1);
}

TEST_F(Web, BringsAClientThatComesBackWhatItHasMissed) {
    start();
    ASSERT_TRUE(wait_ready()) << stage_.log();
    stage_.add("web1", 1);
    ASSERT_TRUE(wait_status([](const json& now) { return !change(now, "add", "web1").is_null(); }));
    const auto id = change(status(), "add", "web1")["id"].get<std::uint64_t>();
    stage_.add("web2", 2);
    ASSERT_TRUE(wait_status([](const json& now) { return !change(now, "add", "web2").is_null(); }));
    Client client(address_);
    client.send(get(fmt::format("/events?after={}", id)));
    const std::string missed = client.read_until("\"name\":\"web2\"");
    EXPECT_THAT(missed, HasSubstr("event: change\n"));
    EXPECT_THAT(missed, Not(HasSubstr("event: missed\n")));
    EXPECT_THAT(missed, Not(HasSubstr("\"name\":\"web1\"")));
    // Another hitlessd doesn't know what that one did. Its changes have higher numbers.
    EXPECT_EQ(stage_.stop_daemon(), 0);
    start();
    ASSERT_TRUE(wait_ready()) << stage_.log();
    Client again(address_);
    again.send(get("/events", fmt::format("Last-Event-ID: {}\r\n", id + 1)));
    EXPECT_THAT(again.read_until("event: missed\n"), HasSubstr("retry: 2000\n"));
    stage_.add("web3", 3);
    again.read_until("id: ");
    std::uint64_t next = std::stoull(again.read_until("\n"));
    EXPECT_GT(next, id + 1);
}

TEST_F(Web, IsReadyWithoutAnyKey) {
    start();
    EXPECT_TRUE(wait_ready()) << stage_.log();
    EXPECT_EQ(ask("/healthz").body, "{\"status\":\"ok\"}\n");
    EXPECT_EQ(status()["ready"], true);
}

TEST_F(Web, IsNotReadyBeforeHaproxyServes) {
    stage_.add("web1", 1);
    stage_.haproxy().stop();
    start();
    ASSERT_TRUE(wait_until([&] { return ask("/readyz").status != 0; }));
    ASSERT_TRUE(stage_.wait_log("HAProxy can't be told of changes")) << stage_.log();
    const HttpAnswer answer = ask("/readyz");
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(json::parse(answer.body)["state"], "starting");
    EXPECT_FALSE(json::parse(answer.body)["reasons"].empty());
    EXPECT_EQ(metric("hitless_ready"), 0);
    stage_.haproxy().start();
    EXPECT_TRUE(wait_ready()) << stage_.log();
}

TEST_F(Web, StaysReadyWhenTheRegistryIsLost) {
    start();
    ASSERT_TRUE(wait_ready()) << stage_.log();
    stage_.etcd.process().kill();
    ASSERT_TRUE(wait_status([](const json& now) { return now["state"] == "degraded"; }))
        << status().dump(1);
    const HttpAnswer answer = ask("/readyz");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_THAT(answer.body, HasSubstr("etcd can't be followed"));
    EXPECT_EQ(metric("hitless_registry_connected"), 0);
    EXPECT_GT(metric("hitless_registry_node_failures_total"), 0);
}

TEST_F(Web, TellsThatHaproxyWasKilled) {
    start();
    stage_.add("web1", 1);
    ASSERT_TRUE(wait_ready() && stage_.wait_servers({stage_.running("web1", 1)})) << stage_.log();
    const pid_t before = stage_.haproxy().pid();
    stage_.haproxy().process().kill();
    ASSERT_TRUE(wait_status([](const json& now) {
        const json& haproxy = now["resources"][0]["haproxies"][0];
        return haproxy["connected"] == false && now["state"] == "degraded";
    })) << status().dump(1);
    EXPECT_FALSE(status()["resources"][0]["haproxies"][0]["trouble"].is_null());
    EXPECT_EQ(metric(fmt::format("hitless_haproxy_up{{socket=\"{}\"}}", stage_.haproxy_socket())),
              0);
    EXPECT_EQ(metric("hitless_haproxy_lost_total"), 1);
    stage_.haproxy().stop();
    stage_.haproxy().start();
    EXPECT_TRUE(wait_status([&](const json& now) {
        const json& haproxy = now["resources"][0]["haproxies"][0];
        return haproxy["connected"] == true && haproxy["pid"] != before &&
               now["state"] == "in_step";
    })) << status().dump(1);
}

} // namespace
} // namespace hitless::test
