// docs/monitoring.md names each metric, with its labels, and no other one.
#include "docs/tables.hpp"
#include "monitor/metrics.hpp"
#include "registration/metrics.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace hitless {
namespace {

using ::testing::HasSubstr;

const std::string page = test::read_text(HITLESS_SOURCE "/docs/monitoring.md");

/// What the page's table of that first column says of each metric.
std::map<std::string, std::string> documented_in(const std::string& column) {
    std::map<std::string, std::string> documented;
    for (const auto& row : test::table_rows(page, column)) {
        EXPECT_EQ(row.size(), 3U) << row[0];
        documented[test::code_spans(row[0]).at(0)] = row[1] + " " + row[2];
    }
    return documented;
}

void expect_documented(const std::vector<telemetry::MetricDefinition>& definitions,
                       std::map<std::string, std::string> documented) {
    for (const telemetry::MetricDefinition& each : definitions) {
        const auto found = documented.find(std::string(each.name));
        ASSERT_NE(found, documented.end()) << each.name << " is not on the page";
        for (const auto& label : each.labels) {
            EXPECT_TRUE(label.name == "version" ||
                        found->second.find("`" + std::string(label.name) + "`") !=
                            std::string::npos ||
                        found->second.find("`" + std::string(label.values.at(0)) + "`") !=
                            std::string::npos)
                << each.name << ": the label " << label.name;
        }
        documented.erase(found);
    }
    for (const auto& [name, text] : documented)
        ADD_FAILURE() << name << " is on the page, and not in /metrics";
}

TEST(Monitoring, ThePageHasEachMetricAndItsLabels) {
    const auto of_hitlessd = documented_in("metric");
    expect_documented(monitor::metric_definitions(), of_hitlessd);
    auto of_register = documented_in("metric of hitless-register");
    for (const auto& [name, text] : of_hitlessd) {
        if (name.starts_with("process_"))
            of_register[name] = text;
    }
    expect_documented(registration::metric_definitions(), of_register);
}

/// Of an operator who looks at a metric that may mean trouble.
TEST(Monitoring, ThePageSaysWhatToDo) {
    for (const auto& row : test::table_rows(page, "metric")) {
        if (row[0].find("hitless_") == std::string::npos ||
            row[0].find("_http_") != std::string::npos)
            continue;
        EXPECT_FALSE(row[1].empty()) << row[0];
    }
}

} // namespace
} // namespace hitless
