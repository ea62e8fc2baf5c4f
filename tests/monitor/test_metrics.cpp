#include "monitor/metrics.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace hitless::monitor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, AreThereFromTheStart) {
    const Metrics metrics("1.2.3");
    const std::string text = metrics.text();
    for (const MetricDefinition& each : metric_definitions()) {
        const bool is_open = std::ranges::any_of(
            each.labels, [](const auto& label) { return label.values.empty(); });
        if (is_open && each.name != metric::build_info)
            continue; // there is a series for each socket or backend, and none yet
        EXPECT_THAT(text, HasSubstr(fmt::format("# HELP {} ", each.name)));
        EXPECT_THAT(text, HasSubstr(fmt::format("# TYPE {} ", each.name)));
    }
    EXPECT_THAT(text, HasSubstr("hitless_build_info{version=\"1.2.3\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("hitless_renders_total{result=\"failed\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("hitless_propagation_seconds_count 0\n"));
    EXPECT_THAT(text, HasSubstr("hitless_reload_owed 0\n"));
}

TEST(Metrics, CountWithinTheirLabels) {
    Metrics metrics("");
    metrics.count(metric::renders, {"failed"});
    metrics.count(metric::changes, {"server", "add", "done"}, 3);
    metrics.count(metric::changes, {"of a new kind", "add", "done"});
    metrics.count(metric::registry_failures);
    metrics.observe(metric::phase, 0.002, {"plan"});
    metrics.set(metric::held, 2);
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("hitless_renders_total{result=\"failed\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("{action=\"add\",kind=\"server\",result=\"done\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("{action=\"add\",kind=\"other\",result=\"done\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("hitless_registry_node_failures_total 1\n"));
    EXPECT_THAT(text, HasSubstr("hitless_phase_seconds_bucket{phase=\"plan\",le=\"0.0025\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("hitless_changes_held 2\n"));
}

TEST(Metrics, NeverKeepSeriesOfWhatIsGone) {
    Metrics metrics("");
    metrics.replace(metric::haproxy_up, {{{"/one"}, 1}, {{"/two\xff\n"}, 0}});
    EXPECT_THAT(metrics.text(), HasSubstr("hitless_haproxy_up{socket=\"/one\"} 1\n"));
    metrics.replace(metric::haproxy_up, {{{"/two\xff\n"}, 1}});
    EXPECT_THAT(metrics.text(), Not(HasSubstr("/one")));
    std::vector<Metrics::Sample> many;
    for (int i = 0; i < 5'000; ++i)
        many.push_back({{std::to_string(i), "up"}, 1});
    metrics.replace(metric::backend_servers, many);
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("backend=\"999\""));
    EXPECT_THAT(text, Not(HasSubstr("backend=\"1000\"")));
}

TEST(Metrics, TellOfTheProcess) {
    Metrics metrics("");
    metrics.sample_process();
    const std::string text = metrics.text();
    for (const char* const name : {"process_resident_memory_bytes", "process_open_fds",
                                   "process_max_fds", "process_start_time_seconds"})
        EXPECT_THAT(text, Not(HasSubstr(fmt::format("\n{} 0\n", name))));
}

TEST(Metrics, HaveAFewSeries) {
    const std::string text = Metrics("").text();
    EXPECT_LT(std::ranges::count(text, '\n'), 500);
}

/// Prometheus' own judge of names, types and helps, where it is installed.
TEST(Metrics, PleasePromtool) {
    const test::TemporaryDirectory directory;
    Metrics metrics("1.2.3");
    metrics.sample_process();
    metrics.replace(metric::haproxy_up, {{{"/run/a\"b\\c.sock"}, 1}});
    const std::string file = directory.write("metrics", metrics.text());
    test::Process promtool(
        {"/bin/sh", "-c",
         "command -v promtool >/dev/null || exit 99; promtool check metrics <" + file},
        directory / "log");
    const int status = promtool.wait_exit().value_or(-1);
    if (status == 99)
        GTEST_SKIP() << "promtool is not installed (Debian's package prometheus)";
    EXPECT_EQ(status, 0) << promtool.log();
    EXPECT_EQ(promtool.log(), "");
}

} // namespace
} // namespace hitless::monitor
