// examples/monitoring has only metrics and labels that hitlessd has, and a test for each alert.
#include "docs/tables.hpp"
#include "monitor/metrics.hpp"
#include "registration/metrics.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace hitless {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::filesystem::path examples = HITLESS_SOURCE "/examples/monitoring";

std::vector<std::string> matches(const std::string& text, const char* pattern, int group = 0) {
    const std::regex regex(pattern);
    std::vector<std::string> found;
    for (std::sregex_iterator each(text.begin(), text.end(), regex), end; each != end; ++each)
        found.push_back((*each)[static_cast<std::size_t>(group)]);
    return found;
}

/// Of hitlessd and of hitless-register.
std::vector<telemetry::MetricDefinition> definitions() {
    std::vector<telemetry::MetricDefinition> all = monitor::metric_definitions();
    const auto& more = registration::metric_definitions();
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// Names as they are in /metrics, each with its labels.
std::map<std::string, std::set<std::string>> series() {
    std::map<std::string, std::set<std::string>> all;
    for (const telemetry::MetricDefinition& each : definitions()) {
        std::set<std::string> labels = {"instance", "job"}; // which Prometheus adds
        for (const auto& label : each.labels)
            labels.emplace(label.name);
        const std::string name(each.name);
        if (each.kind == telemetry::MetricDefinition::Kind::histogram) {
            all[name + "_sum"] = all[name + "_count"] = labels;
            labels.insert("le");
            all[name + "_bucket"] = labels;
        } else {
            all[name] = labels;
        }
    }
    return all;
}

/// The values that a label has, where they are known beforehand.
std::set<std::string> values_of(const std::string& name, const std::string& label) {
    for (const telemetry::MetricDefinition& each : definitions()) {
        for (const auto& one : each.labels) {
            if (name == each.name && label == one.name)
                return {one.values.begin(), one.values.end()};
        }
    }
    return {};
}

/// All names of metrics in a text, and the labels that stand in braces behind them.
void expect_known(const std::string& where, const std::string& text) {
    static const auto known = series();
    for (const std::string& name : matches(text, "\\b(hitless|process)_[a-z0-9_]+"))
        EXPECT_TRUE(known.contains(name)) << where << ": there is no metric " << name;
    const std::regex selector("([a-z][a-z0-9_]+)\\{([^}]*)\\}");
    for (std::sregex_iterator each(text.begin(), text.end(), selector), end; each != end; ++each) {
        const std::string name = (*each)[1];
        if (!known.contains(name))
            continue;
        const std::string labels = (*each)[2];
        const std::regex label("([a-z_]+)(=~?)\\\\?\"([^\"\\\\]*)");
        for (std::sregex_iterator one(labels.begin(), labels.end(), label); one != end; ++one) {
            EXPECT_THAT(known.at(name), Contains((*one)[1].str())) << where << ": " << name;
            const auto values = values_of(name, (*one)[1]);
            for (const std::string& value : matches((*one)[3], "[a-z_]+"))
                EXPECT_TRUE(values.empty() || values.contains(value))
                    << where << ": " << name << " has no " << (*one)[1] << " " << value;
        }
    }
}

TEST(MonitoringExamples, HaveOnlyMetricsThatThereAre) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(examples)) {
        const std::string text = test::read_text(entry.path());
        EXPECT_THAT(text, Not(IsEmpty()));
        expect_known(entry.path().filename(), text);
        ++files;
    }
    EXPECT_GE(files, 4U);
}

TEST(MonitoringExamples, EachAlertIsTriedBothWays) {
    const std::string rules = test::read_text(examples / "alerts.yml");
    const std::string tests = test::read_text(examples / "alerts_test.yml");
    const std::string page = test::read_text(HITLESS_SOURCE "/docs/monitoring.md");
    const auto alerts = matches(rules, "- alert: (\\w+)", 1);
    EXPECT_GE(alerts.size(), 8U);
    std::set<std::string> documented;
    for (const auto& row : test::table_rows(page, "alert"))
        documented.insert(test::code_spans(row[0]).at(0));
    EXPECT_EQ(documented, std::set<std::string>(alerts.begin(), alerts.end()));
    for (const std::string& alert : alerts) {
        EXPECT_THAT(tests, HasSubstr("alertname: " + alert + "\n        exp_alerts: []\n"))
            << alert;
        EXPECT_THAT(tests, HasSubstr("alertname: " + alert + "\n        exp_alerts:\n")) << alert;
    }
}

TEST(MonitoringExamples, TheDashboardIsWhatGrafanaImports) {
    const json dashboard = json::parse(test::read_text(examples / "dashboard.json"));
    std::set<int> ids;
    std::vector<std::string> rows;
    for (const json& panel : dashboard.at("panels")) {
        EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second) << panel["title"];
        const json& place = panel.at("gridPos");
        EXPECT_LE(place.at("x").get<int>() + place.at("w").get<int>(), 24) << panel["title"];
        if (panel.at("type") == "row") {
            rows.push_back(panel["title"]);
            continue;
        }
        EXPECT_FALSE(panel.at("description").get<std::string>().empty()) << panel["title"];
        EXPECT_FALSE(panel.at("targets").empty()) << panel["title"];
        for (const json& target : panel["targets"]) {
            const std::string expression = target.at("expr");
            EXPECT_THAT(expression, HasSubstr("instance=~\"$instance\"")) << panel["title"];
            EXPECT_EQ(std::ranges::count(expression, '('), std::ranges::count(expression, ')'));
            // Counters and histograms only rise, so that only how fast they do says something.
            const bool rises = !matches(expression, "_(total|bucket|sum|count)\\{").empty();
            const auto how_fast = matches(expression, "\\b(rate|increase|changes)\\(");
            EXPECT_TRUE(!rises || !how_fast.empty()) << expression;
        }
    }
    EXPECT_THAT(rows, testing::ElementsAre("In step?", "Propagation", "Changes",
                                           "Reloads and their causes", "HAProxies", "Registry",
                                           "Files and checks", "hitlessd itself"));
}

} // namespace
} // namespace hitless
