// What hitlessd tells over HTTP of troubles, and clients that misbehave meanwhile.
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

#include <csignal>
#include <list>

namespace hitless::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::string free_address() {
    return fmt::format("127.0.0.1:{}", free_port());
}

HttpAnswer ask(const std::string& address, const std::string& path) {
    return http("GET", "http://" + address + path);
}

bool wait_status(const std::string& address, const std::function<bool(const json&)>& holds) {
    return wait_until([&] {
        const HttpAnswer answer = ask(address, "/status");
        if (answer.status != 200)
            return false;
        const json now = json::parse(answer.body);
        return !now["resources"].empty() && holds(now);
    });
}

/// Another resource, whose template is right, doesn't make up for it.
TEST(WebTrouble, IsNotReadyWhereATemplateCannotBeParsedFromTheStart) {
    Stage stage;
    stage.directory().write("confd/templates/other.tmpl", "x\n");
    stage.directory().write("confd/conf.d/other.toml",
                            fmt::format("[template]\nsrc = \"other.tmpl\"\ndest = \"{}\"\n"
                                        "keys = [\"/app\"]\n",
                                        stage.directory() / "other"));
    const std::string good = Stage::default_cfg();
    stage.write_template("{{end}}");
    const std::string address = free_address();
    stage.start_daemon({"-http", address});
    ASSERT_TRUE(stage.wait_log("wrote dest=" + (stage.directory() / "other"))) << stage.log();
    EXPECT_EQ(ask(address, "/readyz").status, 503U);
    EXPECT_THAT(ask(address, "/readyz").body, HasSubstr("haproxy.cfg.tmpl"));
    stage.write_template(good);
    stage.daemon().signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return ask(address, "/readyz").status == 200; })) << stage.log();
}

TEST(WebTrouble, TellsOfAReloadThatIsOwed) {
    StageOptions options;
    options.keys = {"/app", "/balance"};
    options.cfg = Stage::default_cfg();
    boost::replace_first(options.cfg, "balance roundrobin",
                         "balance {{getv \"/balance\" \"roundrobin\"}}");
    ASSERT_THAT(options.cfg, HasSubstr("/balance"));
    options.toml = Stage::default_toml();
    boost::replace_all(options.toml, "@RELOAD@", "exit 7");
    Stage stage(options);
    const std::string address = free_address();
    stage.start_daemon({"-http", address});
    ASSERT_TRUE(wait_status(address, [](const json& now) { return now["ready"] == true; }));
    stage.etcd.put("/balance", "leastconn");
    ASSERT_TRUE(wait_status(address,
                            [](const json& now) {
                                const json& reload = now["resources"][0]["reload"];
                                return reload["owed"] == true && reload["last"].is_object() &&
                                       reload["last"]["result"] == "failed";
                            }))
        << ask(address, "/status").body << stage.log();
    const json now = json::parse(ask(address, "/status").body);
    EXPECT_EQ(now["state"], "degraded");
    EXPECT_EQ(now["ready"], true);
    const json& reload = now["resources"][0]["reload"];
    EXPECT_THAT(reload["obstacles"].dump(), HasSubstr("balance leastconn"));
    EXPECT_TRUE(reload["since"].is_string());
    const std::string metrics = ask(address, "/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("\nhitless_reload_owed 1\n"));
    EXPECT_THAT(metrics,
                HasSubstr("hitless_reload_causes_total{cause=\"line\",result=\"failed\"} "));
    EXPECT_THAT(metrics, Not(HasSubstr("hitless_reloads_total{result=\"failed\"} 0\n")));
    stage.etcd.put("/balance", "roundrobin");
    EXPECT_TRUE(wait_status(address, [](const json& after) {
        return after["resources"][0]["reload"]["owed"] == false && after["state"] == "in_step";
    })) << ask(address, "/status").body;
}

TEST(WebTrouble, TellsNoValues) {
    Stage stage;
    const std::string address = free_address();
    stage.start_daemon({"-http", address});
    stage.etcd.put("/app/servers/bad", "geheim-wert \"x");
    stage.etcd.put("/app/servers/web1", stage.web.address(1) + " weight 7 cookie geheim-wert");
    ASSERT_TRUE(wait_status(address, [](const json& now) {
        return !now["resources"][0]["left_out"].empty();
    })) << stage.log();
    const std::string status = ask(address, "/status").body;
    EXPECT_THAT(status, Not(HasSubstr("geheim")));
    EXPECT_EQ(json::parse(status)["resources"][0]["left_out"][0]["key"], "/app/servers/bad");
    EXPECT_THAT(ask(address, "/metrics").body, HasSubstr("\nhitless_keys_left_out 1\n"));
    EXPECT_THAT(stage.log(), HasSubstr("geheim")) << "the log may";
}

TEST(WebTrouble, AHostileClientDoesNotDelayAChange) {
    Stage stage;
    const std::string address = free_address();
    stage.start_daemon({"-http", address});
    ASSERT_TRUE(wait_status(address, [](const json& now) { return now["ready"] == true; }));
    std::list<Client> hostile;
    for (int i = 0; i < 200; ++i) {
        hostile.emplace_back(address, 4'096);
        hostile.back().send(i % 2 == 0 ? "GET /status HTTP/1.1\r\nHo" : get("/events"));
    }
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string name = fmt::format("web{}", i);
        stage.add(name, i);
    }
    EXPECT_TRUE(stage.wait_servers(
        {stage.running("web0", 0), stage.running("web1", 1), stage.running("web2", 2)}))
        << stage.log();
    EXPECT_EQ(ask(address, "/healthz").status, 200U);
    EXPECT_EQ(ask(address, "/readyz").status, 200U);
}

TEST(WebTrouble, RefusesAHostThatIsNotItsOwn) {
    Stage stage;
    const std::string address = free_address();
    stage.start_daemon({"-http", address, "-http-host", "lb.example"});
    ASSERT_TRUE(wait_until([&] { return ask(address, "/healthz").status == 200; }));
    for (const char* const path : {"/", "/status", "/events", "/metrics", "/readyz", "/nothing"}) {
        Client client(address);
        client.send(fmt::format("GET {} HTTP/1.1\r\nHost: evil.example\r\n\r\n", path));
        EXPECT_THAT(client.read_all(), ::testing::StartsWith("HTTP/1.1 421 ")) << path;
    }
    Client client(address);
    client.send("GET /healthz HTTP/1.1\r\nHost: lb.example\r\n\r\n");
    EXPECT_THAT(client.read_answer(), ::testing::StartsWith("HTTP/1.1 200 "));
}

TEST(WebTrouble, ServesHaproxyWhileSomebodyElseHasThePort) {
    Stage stage;
    const std::string address = free_address();
    boost::asio::io_context context;
    auto other = http::listen(context.get_executor(), *http::parse_address(address));
    ASSERT_TRUE(other);
    stage.start_daemon({"-http", address});
    stage.add("web1", 1);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 1)})) << stage.log();
    EXPECT_THAT(stage.log(), HasSubstr("give it another port; this is tried again every 5 s"));
    other->close();
    EXPECT_TRUE(wait_until([&] { return ask(address, "/readyz").status == 200; })) << stage.log();
}

/// HAProxy has all that the keys say, which is what an orchestrator asks for; that the file stays
/// behind is a trouble for people.
TEST(WebTrouble, IsReadyThoughTheFileIsRefused) {
    StageOptions options;
    options.toml = boost::replace_all_copy(Stage::default_toml(), "@HAPROXY@ -c -f {{.src}}",
                                           "echo no; false");
    Stage stage(options);
    const std::string address = free_address();
    stage.add("web1", 1);
    stage.start_daemon({"-http", address});
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 1)})) << stage.log();
    EXPECT_TRUE(wait_until([&] { return ask(address, "/readyz").status == 200; })) << stage.log();
    EXPECT_TRUE(stage.wait_log("its check_cmd refuses the new one")) << stage.log();
    EXPECT_THAT(ask(address, "/readyz").body, HasSubstr("degraded"));
}

TEST(WebTrouble, AnswersAtAUnixSocketOverSighupAndRestarts) {
    Stage stage;
    const std::string path = stage.directory() / "http.sock";
    const auto healthy = [&] {
        try {
            Client client(path);
            client.send(get("/readyz"));
            return client.read_answer().starts_with("HTTP/1.1 200 ");
        } catch (const std::exception&) {
            return false;
        }
    };
    stage.start_daemon({"-http", path});
    ASSERT_TRUE(wait_until(healthy)) << stage.log();
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(stage.wait_log("SIGHUP: reading")) << stage.log();
    EXPECT_TRUE(wait_until(healthy)) << stage.log();
    stage.kill_daemon();
    stage.start_daemon({"-http", path});
    EXPECT_TRUE(wait_until(healthy)) << stage.log();
    EXPECT_EQ(stage.stop_daemon(), 0);
    EXPECT_FALSE(healthy());
}

} // namespace
} // namespace hitless::test
