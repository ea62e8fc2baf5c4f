// examples/monitoring with the real Prometheus: its promtool, and the server that scrapes a real
// hitlessd. HITLESS_PROMETHEUS names the directory of both programs, where they aren't in PATH.
// Where there are none, the tests are skipped; scripts/test-monitoring gets them.
#include "support/free_port.hpp"
#include "support/http.hpp"
#include "support/process.hpp"
#include "support/stage.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>

namespace hitless::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::filesystem::path examples = HITLESS_SOURCE "/examples/monitoring";

/// Empty: it isn't there.
std::string find_program(const std::string& name) {
    const char* const own = std::getenv("HITLESS_PROMETHEUS");
    const char* const path = std::getenv("PATH");
    std::istringstream directories(fmt::format("{}:{}", own == nullptr ? "" : own, path));
    for (std::string directory; std::getline(directories, directory, ':');) {
        const std::string file = directory + "/" + name;
        if (!directory.empty() && std::filesystem::exists(file))
            return file;
    }
    return {};
}

class Prometheus : public ::testing::Test {
  protected:
    void SetUp() override {
        if (promtool_.empty() || program_.empty())
            GTEST_SKIP() << "there is no prometheus with promtool: scripts/test-monitoring gets it";
        for (const char* const file : {"alerts.yml", "alerts_test.yml"})
            directory_.write(file, read_text(examples / file));
    }

    /// promtool's exit status and words.
    void expect_accepted(const std::vector<std::string>& words) {
        std::vector<std::string> command = {promtool_};
        command.insert(command.end(), words.begin(), words.end());
        Process run(command, directory_ / "promtool.log");
        EXPECT_EQ(run.wait_exit(), 0) << run.log();
    }
    /// Starts Prometheus with the example's configuration, but for the address and the intervals.
    /// `of_register`: where a hitless-register tells, too.
    void start(const std::string& target, const std::string& of_register = {}) {
        std::string configuration = read_text(examples / "prometheus.yml");
        boost::replace_all(configuration, "127.0.0.1:9690", target);
        boost::replace_all(configuration, "interval: 15s", "interval: 1s");
        if (!of_register.empty())
            uncomment(configuration, "# - job_name: hitless-register", of_register);
        const std::string file = directory_.write("prometheus.yml", configuration);
        expect_accepted({"check", "config", file});
        prometheus_ = std::make_unique<Process>(
            std::vector<std::string>{program_, "--config.file=" + file,
                                     "--storage.tsdb.path=" + (directory_ / "data"),
                                     "--web.listen-address=" + address_, "--log.level=warn"},
            directory_ / "prometheus.log");
    }
    /// That line and those up to the end, as a user would do it who has that, too.
    static void uncomment(std::string& configuration, const std::string& from,
                          const std::string& register_address) {
        const std::size_t at = configuration.find(from);
        ASSERT_NE(at, std::string::npos);
        std::string job = configuration.substr(at);
        boost::replace_all(job, "# ", "");
        boost::replace_all(job, "127.0.0.1:9691", register_address);
        configuration.replace(at, std::string::npos, job);
    }
    [[nodiscard]] json ask(const std::string& path) const {
        const HttpAnswer answer = http("GET", "http://" + address_ + path);
        return json::parse(answer.body, nullptr, false);
    }
    /// The values of an expression's series now.
    [[nodiscard]] json query(const std::string& expression) const {
        return ask("/api/v1/query?query=" + url_encoded(expression));
    }
    /// The only value; empty: there is none, or several.
    [[nodiscard]] std::string value(const std::string& expression) const {
        const json answer = query(expression);
        if (!answer.is_object() || answer["status"] != "success")
            return {};
        const json& found = answer["data"]["result"];
        return found.size() == 1 ? found[0]["value"][1].get<std::string>() : std::string();
    }

    std::string promtool_ = find_program("promtool");
    std::string program_ = find_program("prometheus");
    TemporaryDirectory directory_;
    std::string address_ = fmt::format("127.0.0.1:{}", free_port());
    std::unique_ptr<Process> prometheus_;
};

TEST_F(Prometheus, AcceptsTheExamples) {
    expect_accepted({"check", "config", (examples / "prometheus.yml").string()});
    expect_accepted({"check", "rules", directory_ / "alerts.yml"});
    expect_accepted({"test", "rules", directory_ / "alerts_test.yml"});
    // And it would tell.
    std::string rules = read_text(examples / "alerts.yml");
    boost::replace_all(rules, "hitless_registry_connected == 0", "hitless_registry_connected == 1");
    directory_.write("alerts.yml", rules);
    Process run({promtool_, "test", "rules", directory_ / "alerts_test.yml"}, directory_ / "log");
    EXPECT_NE(run.wait_exit(), 0);
    EXPECT_THAT(run.log(), HasSubstr("HitlessRegistryLost"));
}

TEST_F(Prometheus, ScrapesARealHitlessd) {
    Stage stage;
    const std::string hitlessd = fmt::format("127.0.0.1:{}", free_port());
    stage.start_daemon({"-http", hitlessd});
    ASSERT_TRUE(
        wait_until([&] { return http("GET", "http://" + hitlessd + "/readyz").status == 200; }));
    stage.add("web1", 1); // what comes before that is no change that travels
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 1)}));
    const std::string of_register = fmt::format("127.0.0.1:{}", free_port());
    Process registers({HITLESS_REGISTER, "--node", stage.etcd.url(), "--key", "/other/web9",
                       "--value", "127.0.0.1:9", "--http", of_register},
                      directory_ / "register.log");
    start(hitlessd, of_register);
    EXPECT_TRUE(wait_until([&] {
        return value("hitless_register_keys_registered{job=\"hitless-register\"}") == "1";
    })) << registers.log();
    ASSERT_TRUE(wait_until([&] { return value("hitless_in_step") == "1"; }))
        << query("hitless_in_step") << prometheus_->log();
    EXPECT_EQ(value("up{job=\"hitless\"}"), "1");
    for (const char* const expression :
         {"hitless_servers_wanted", "hitless_propagation_seconds_count",
          "sum(hitless_changes_total{action=\"add\"})"})
        EXPECT_TRUE(wait_until([&] { return value(expression) == "1"; })) << query(expression);
    stage.haproxy().stop();
    EXPECT_TRUE(wait_until([&] { return value("hitless_haproxy_up") == "0"; }));
    // The rules are looked at, and the alert waits for its time.
    EXPECT_TRUE(wait_until([&] {
        const json answer = ask("/api/v1/alerts");
        return answer.is_object() && answer.dump().find("HitlessHaproxyAway") != std::string::npos;
    }));
}

/// Each expression of the dashboard is one, and what it shows of a hitlessd that runs is there.
TEST_F(Prometheus, ShowsTheDashboard) {
    Stage stage;
    const std::string hitlessd = fmt::format("127.0.0.1:{}", free_port());
    stage.start_daemon({"-http", hitlessd});
    start(hitlessd);
    ASSERT_TRUE(wait_until([&] { return value("rate(process_cpu_seconds_total[10s])") != ""; }));
    std::size_t asked = 0;
    const json dashboard = json::parse(read_text(examples / "dashboard.json"));
    for (const json& panel : dashboard["panels"]) {
        for (const json& target : panel.value("targets", json::array())) {
            std::string expression = target["expr"];
            boost::replace_all(expression, "$instance", ".*");
            boost::replace_all(expression, "$__rate_interval", "10s");
            const json answer = query(expression);
            ASSERT_TRUE(answer.is_object()) << expression;
            EXPECT_EQ(answer["status"], "success") << expression << answer;
            const bool may_be_none = expression.find("> 0") != std::string::npos;
            EXPECT_TRUE(may_be_none || !answer["data"]["result"].empty()) << expression;
            ++asked;
        }
    }
    EXPECT_GT(asked, 30U);
}

} // namespace
} // namespace hitless::test
