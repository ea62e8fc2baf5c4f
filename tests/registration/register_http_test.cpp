// What hitless-register tells over HTTP, on a real etcd.
#include "registration/docker_fixture.hpp"
#include "support/free_port.hpp"
#include "support/http.hpp"
#include "support/http_backend.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <functional>

namespace hitless::registration {
namespace {

using nlohmann::json;
using testing::IsEmpty;

/// Asks at an address of its own.
struct Told {
    std::string address = fmt::format("127.0.0.1:{}", test::free_port());

    [[nodiscard]] test::HttpAnswer ask(const std::string& path) const {
        return test::http("GET", "http://" + address + path);
    }
    [[nodiscard]] json status() const {
        const auto answer = ask("/status");
        return answer.status == 200 ? json::parse(answer.body) : json();
    }
    [[nodiscard]] bool wait(const std::function<bool(const json&)>& holds) const {
        return wait_until([&] {
            const json now = status();
            return !now.is_null() && holds(now);
        });
    }
    [[nodiscard]] bool wait_key(const std::string& state) const {
        return wait([&](const json& now) {
            return !now["keys"].empty() && now["keys"][0]["state"] == state;
        });
    }
    /// The value of a series of /metrics; -1: there is none.
    [[nodiscard]] double metric(const std::string& series) const {
        const std::string text = "\n" + ask("/metrics").body;
        const std::size_t at = text.find("\n" + series + " ");
        return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
    }
};

class RegisterHttp : public RegisterTest {
  protected:
    const Told told_;
};

TEST_P(RegisterHttp, TellsOfTheKeyTheProbesAndTheCommand) {
    const auto port = test::free_port();
    auto process = start_a({"--http", told_.address, "--ready", fmt::format("tcp:{}", port)},
                           service("exit 0"));
    ASSERT_TRUE(told_.wait([](const json& now) { return !now["probes"][0]["trouble"].is_null(); }))
        << process.log();
    EXPECT_EQ(told_.ask("/readyz").status, 503U);
    EXPECT_EQ(told_.ask("/healthz").status, 200U);
    EXPECT_EQ(told_.status()["state"], "starting");
    EXPECT_EQ(told_.metric("hitless_register_service_ready"), 0);

    boost::asio::io_context context;
    const boost::asio::ip::tcp::acceptor listener(context,
                                                  {boost::asio::ip::address_v4::loopback(), port});
    ASSERT_TRUE(told_.wait_key("registered")) << process.log();
    EXPECT_EQ(told_.ask("/readyz").status, 200U);
    ASSERT_TRUE(told_.wait([](const json& now) { return now["keys"][0]["renewals"] >= 2; }));
    const json now = told_.status();
    EXPECT_EQ(now["state"], "in_step") << now;
    EXPECT_THAT(now["reasons"], IsEmpty());
    EXPECT_EQ(now["keys"][0]["key"], "/app/a");
    EXPECT_EQ(now["keys"][0]["address"], value);
    EXPECT_EQ(now["command"]["state"], "running");
    EXPECT_EQ(now["probes"][0]["passed"], true);
    EXPECT_EQ(now["etcd"]["connected"], true);
    EXPECT_EQ(now["etcd"]["api"], GetParam() == etcd::Settings::Api::v2 ? "v2" : "v3");
    EXPECT_EQ(told_.metric("hitless_register_keys_registered"), 1);
    EXPECT_EQ(told_.metric("hitless_register_command_running"), 1);
    EXPECT_GE(told_.metric("hitless_register_renewals_total{result=\"done\"}"), 2);
    EXPECT_EQ(told_.metric("hitless_register_registrations_total{reason=\"first\"}"), 1);
    EXPECT_EQ(test::http("POST", "http://" + told_.address + "/status").status, 405U);
}

TEST_P(RegisterHttp, StaysReadyWhileEtcdIsAwayAndTellsThatTheKeyIsLost) {
    auto process = start_a({"--http", told_.address});
    ASSERT_TRUE(told_.wait_key("registered")) << process.log();
    etcd_.stop();
    ASSERT_TRUE(told_.wait([](const json& now) { return now["etcd"]["connected"] == false; }));
    EXPECT_EQ(told_.status()["state"], "degraded");
    EXPECT_EQ(told_.ask("/readyz").status, 200U);
    EXPECT_THAT(told_.status()["reasons"][0].get<std::string>(), HasSubstr("etcd"));
    ASSERT_TRUE(told_.wait_key("lost")) << process.log();
    EXPECT_GE(told_.metric("hitless_register_renewals_total{result=\"failed\"}"), 1);
    etcd_.start(false);
    ASSERT_TRUE(told_.wait_key("registered")) << process.log();
    EXPECT_EQ(told_.metric("hitless_register_registrations_total{reason=\"lost\"}"), 1);
    EXPECT_TRUE(told_.wait([](const json& now) { return now["state"] == "in_step"; }));
}

TEST_P(RegisterHttp, IsNotReadyWhileItEndsOrWhenTheKeyIsTaken) {
    auto process = start_a({"--http", told_.address, "--drain", "60"}, service("exit 0"));
    ASSERT_TRUE(wait_until([&] { return told_.ask("/readyz").status == 200; })) << process.log();
    ASSERT_TRUE(wait_log(process, "up\n")) << process.log(); // it has set its trap
    process.signal(SIGTERM);
    ASSERT_TRUE(told_.wait([](const json& now) { return now["state"] == "ending"; }))
        << process.log();
    EXPECT_EQ(told_.ask("/readyz").status, 503U);
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), done) << process.log();

    const Told other;
    auto second = start_a({"--http", other.address}, service("exit 0"));
    ASSERT_TRUE(other.wait_key("registered")) << second.log();
    keys_.put("/app/a", "another");
    ASSERT_TRUE(other.wait_key("held_by_another")) << second.log();
    EXPECT_TRUE(wait_until([&] { return other.ask("/readyz").status == 503; }));
    EXPECT_EQ(other.metric("hitless_register_conflicts_total"), 1);
    EXPECT_THAT(other.ask("/status").body, Not(HasSubstr("'another'")));
}

TEST_P(RegisterHttp, RegistersAllTheSameWhereNobodyCanListen) {
    const test::HttpBackend backend(1);
    auto process = start_a({"--http", backend.address(0)});
    EXPECT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    EXPECT_TRUE(wait_log(process, "another program listens there")) << process.log();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), done) << process.log();
}

INSTANTIATE_TEST_SUITE_P(Api, RegisterHttp,
                         testing::Values(etcd::Settings::Api::v2, etcd::Settings::Api::v3),
                         api_name);

class DockerHttp : public DockerTest {
  protected:
    [[nodiscard]] bool wait_container(const std::string& name, const std::string& state) const {
        return told_.wait([&](const json& now) {
            for (const json& container : now["engine"]["containers"]) {
                if (container["name"] == name)
                    return container["state"] == state;
            }
            return false;
        });
    }
    const Told told_;
};

TEST_P(DockerHttp, TellsWhatBecomesOfEachContainer) {
    engine_.put("aa", web());
    auto bad = web("bad");
    bad.labels["hitless.port"] = "geheim";
    engine_.put("bb", bad);
    auto sick = web("sick");
    sick.health = "starting";
    engine_.put("cc", sick);
    auto process = start_docker({"--http", told_.address});
    EXPECT_TRUE(wait_container("web", "registered")) << process.log();
    EXPECT_TRUE(wait_container("bad", "refused")) << process.log();
    EXPECT_TRUE(wait_container("sick", "not_ready")) << process.log();
    EXPECT_TRUE(wait_until([&] { return told_.ask("/readyz").status == 200; })) << process.log();
    const json now = told_.status();
    EXPECT_EQ(now["state"], "degraded");
    EXPECT_THAT(now.dump(), Not(HasSubstr("geheim")));
    EXPECT_EQ(now["keys"].size(), 1U);
    EXPECT_EQ(now["keys"][0]["container"], "aa");
    EXPECT_EQ(now["command"], nullptr);
    EXPECT_EQ(told_.metric("hitless_register_containers{state=\"registered\"}"), 1);
    EXPECT_EQ(told_.metric("hitless_register_containers{state=\"refused\"}"), 1);
    EXPECT_EQ(told_.metric("hitless_register_engine_connected"), 1);

    engine_.tell("aa", "kill", "15");
    EXPECT_TRUE(wait_container("web", "ending")) << process.log();
    engine_.stop();
    EXPECT_TRUE(told_.wait([](const json& told) { return told["engine"]["connected"] == false; }));
    EXPECT_EQ(told_.ask("/readyz").status, 200U);
}

INSTANTIATE_TEST_SUITE_P(Api, DockerHttp,
                         testing::Values(etcd::Settings::Api::v2, etcd::Settings::Api::v3),
                         api_name);

} // namespace
} // namespace hitless::registration
