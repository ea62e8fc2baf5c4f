// What hitless-register tells over HTTP, without a server.
#include "registration/metrics.hpp"
#include "registration/report.hpp"
#include "registration/value.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace hitless::registration {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

KeyReport key(KeyReport::State state, std::optional<bool> is_etcd_connected = true) {
    KeyReport made;
    made.key = "/app/a";
    made.state = state;
    made.is_etcd_connected = is_etcd_connected;
    return made;
}

ContainerReport container(ContainerReport::State state) {
    ContainerReport made;
    made.id = "0123456789ab";
    made.state = state;
    return made;
}

Report report_of(KeyReport of, bool is_ready = true) {
    Report made;
    made.is_ready = is_ready;
    made.keys.push_back(std::move(of));
    return made;
}

Report report_of_host(ContainerReport::State state, std::string trouble = "") {
    Report made;
    made.is_ready = true;
    made.engine = EngineReport{"/run/engine", trouble.empty(), std::move(trouble), {}};
    made.engine->containers.push_back(container(state));
    made.engine->containers.back().why = "label hitless.port='geheim': must be a number";
    return made;
}

TEST(Report, SaysHowItStands) {
    using State = KeyReport::State;
    struct Case {
        Report report;
        std::string_view state;
        std::string reason; ///< a part of the first one; empty: there is none
    };
    Report ending = report_of(key(State::registered));
    ending.is_ending = true;
    Report unready = report_of(key(State::waiting, std::nullopt), false);
    unready.probes = {{"tcp:127.0.0.1:1", true, ""},
                      {"tcp:127.0.0.1:2", false, "connection refused"}};
    Report away = report_of(key(State::registered, false));
    away.keys.front().trouble = "http://me:geheim@host:2379: connection refused";
    Report impossible = report_of(key(State::impossible), false);
    impossible.keys.front().trouble = "/app/a is a directory";
    const Case cases[] = {
        {report_of(key(State::registered)), "in_step", ""},
        {report_of(key(State::waiting, std::nullopt), false), "starting", "not all keys have been"},
        {unready, "starting", "the service isn't ready: tcp:127.0.0.1:2: connection refused"},
        {ending, "ending", "hitless-register ends"},
        {away, "degraded", "etcd doesn't answer: http://"},
        {report_of(key(State::lost)), "degraded", "/app/a is lost"},
        {report_of(key(State::held_by_another), false), "degraded", "held by another"},
        {impossible, "degraded", "/app/a is a directory"},
        {report_of_host(ContainerReport::State::registered), "in_step", ""},
        {report_of_host(ContainerReport::State::not_ready), "in_step", ""},
        {report_of_host(ContainerReport::State::refused), "degraded", "container 0123456789ab: "},
        {report_of_host(ContainerReport::State::registered, "it hangs"), "degraded",
         "the container engine fails: it hangs"},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(state_of(each.report), each.state) << each.reason;
        const auto reasons = reasons_of(each.report);
        ASSERT_EQ(reasons.empty(), each.reason.empty()) << each.state;
        if (!reasons.empty()) {
            EXPECT_THAT(reasons.front(), HasSubstr(each.reason));
        }
        const json status = json::parse(status_json(each.report));
        EXPECT_EQ(status["state"], each.state);
        EXPECT_EQ(status["ready"], each.report.is_ready && !each.report.is_ending);
        EXPECT_EQ(json::parse(readiness_json(each.report))["reasons"], status["reasons"]);
        EXPECT_THAT(status.dump(), Not(HasSubstr("geheim")));
    }
}

TEST(Report, HasAllMembers) {
    Report report = report_of_host(ContainerReport::State::registered);
    report.keys.push_back(key(KeyReport::State::registered));
    report.command = CommandReport{false, 17, 3};
    report.probes = {{"tcp:127.0.0.1:1", true, ""}};
    report.nodes = {"http://me:geheim@host:2379"};
    report.ttl = std::chrono::seconds(15);
    const json status = json::parse(status_json(report));
    EXPECT_EQ(status["etcd"],
              json::parse(R"({"api":"v2","nodes":["http://host:2379"],"connected":true})"));
    EXPECT_EQ(status["ttl_ms"], 15'000);
    EXPECT_EQ(status["command"], json::parse(R"({"state":"ended","pid":17,"exit_status":3})"));
    EXPECT_EQ(status["probes"],
              json::parse(R"([{"probe":"tcp:127.0.0.1:1","passed":true,"trouble":null}])"));
    EXPECT_EQ(status["keys"][0]["renewed"], nullptr);
    EXPECT_EQ(status["engine"]["containers"][0]["state"], "registered");
    EXPECT_EQ(json::parse(status_json(report_of(key(KeyReport::State::waiting))))["engine"],
              nullptr);
}

TEST(Report, CountsForMetrics) {
    telemetry::Metrics metrics(metric_definitions());
    Report report = report_of_host(ContainerReport::State::refused);
    for (const int second : {30, 10, 20}) {
        KeyReport made = key(KeyReport::State::registered);
        made.renewed = Time(std::chrono::seconds(second));
        report.keys.push_back(std::move(made));
    }
    report.keys.push_back(key(KeyReport::State::lost));
    set_gauges(metrics, report);
    const std::string text = metrics.text();
    for (const char* const line :
         {"hitless_register_keys_wanted 4\n", "hitless_register_keys_registered 3\n",
          "hitless_register_oldest_renewal_timestamp_seconds 10\n",
          "hitless_register_containers{state=\"refused\"} 1\n",
          "hitless_register_containers{state=\"registered\"} 0\n",
          "hitless_register_service_ready 1\n",
          "hitless_register_renewals_total{result=\"failed\"} 0\n"})
        EXPECT_THAT(text, HasSubstr(line));
}

TEST(Report, TellsOnlyAddressesOfValues) {
    const std::pair<const char*, const char*> cases[] = {
        {"10.0.0.7:8080", "10.0.0.7:8080"},
        {"[::1]:8080", "[::1]:8080"},
        {"web1:8080", "web1:8080"},
        {"me@web1:8080", ""},
        {R"({"host":"10.0.0.7","port":8080,"weight":1,"meta":{"password":"geheim"}})",
         "10.0.0.7:8080"},
        {R"({"host":"::1","port":8080})", "[::1]:8080"},
        {R"({"host":"a b","port":8080})", ""},
        {R"({"host":7,"port":8080})", ""},
        {R"({"host":"a","port":808080})", ""},
        {R"({"host":"a"})", ""},
        {"geheim", ""},
        {"", ""},
    };
    for (const auto& [value, address] : cases)
        EXPECT_EQ(address_in(value), address) << value;
}

} // namespace
} // namespace hitless::registration
