// The same with hitlessd itself, from a file of keys, for a few scenarios.
#include "equal/observation.hpp"
#include "equal/scenario.hpp"
#include "equal/tables.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace hitless::test {
namespace {

Scenario named(const std::string& name) {
    const std::vector<Scenario> all = all_scenarios();
    const auto found = std::ranges::find(all, name, &Scenario::name);
    if (found == all.end())
        throw std::logic_error("no scenario is named " + name);
    return *found;
}

class EqualByDaemon : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        if (lacks_tls(scenario_))
            GTEST_SKIP() << "this HAProxy was built without TLS";
        if (haproxy_version() < scenario_.live_from)
            GTEST_SKIP() << "this HAProxy has to be reloaded";
        haproxy_.emplace(text(scenario_.steps.front(), port_), HaproxyServer::Mode::plain);
        backends_.set_agent(scenario_.agent);
        directory_.write("confd/conf.d/app.toml",
                         fmt::format("[template]\nsrc = \"app.tmpl\"\ndest = \"{}\"\n"
                                     "keys = [\"/app\"]\ntrusted = true\n"
                                     "reload_cmd = \"touch {}\"\n",
                                     haproxy_->config_file(), directory_ / "reloaded"));
        directory_.write("confd/templates/app.tmpl", template_text());
        put(scenario_.steps.front());
        daemon_.emplace(std::vector<std::string>{HITLESSD, "-confdir", directory_ / "confd",
                                                 "-backend", "file", "-file",
                                                 directory_ / "keys.json"},
                        directory_ / "log");
    }

    [[nodiscard]] std::string text(const Scenario::Servers& servers, std::uint16_t port) const {
        return configuration(scenario_, servers, backends_, port);
    }

    /// The configuration with a `server` line for each key.
    [[nodiscard]] std::string template_text() const {
        const std::string line = "    server {{base .Key}} {{.Value}}\n";
        std::string cfg = text({{"{{base .Key}}", "{{.Value}}"}}, port_);
        boost::replace_all(cfg, line, "{{range gets \"/app/*\"}}" + line + "{{end}}");
        boost::replace_all(cfg, "@DIR@", haproxy_->directory().path().string());
        return cfg;
    }

    void put(const Scenario::Servers& servers) const {
        nlohmann::json keys = nlohmann::json::object();
        for (const auto& [name, words] : servers)
            keys["/app/" + name] = filled(words, backends_);
        directory_.write("keys.new", keys.dump());
        std::filesystem::rename(directory_ / "keys.new", directory_ / "keys.json");
    }

    /// Waits until the file has these servers.
    [[nodiscard]] bool wait_file(const Scenario::Servers& servers) const {
        const std::string wanted = boost::replace_all_copy(text(servers, port_), "@DIR@",
                                                           haproxy_->directory().path().string());
        return wait_until([&] { return read_text(haproxy_->config_file()) == wanted; });
    }

    const Scenario scenario_ = named(GetParam());
    BackendServers backends_{5};
    const std::uint16_t port_ = free_port();
    std::optional<HaproxyServer> haproxy_;
    TemporaryDirectory directory_;
    std::optional<Process> daemon_;
};

TEST_P(EqualByDaemon, ToAFreshProcess) {
    ASSERT_TRUE(wait_until([&] { return daemon_->log().find("answers at") != std::string::npos; }));
    for (const Scenario::Servers& servers : scenario_.steps) {
        put(servers);
        ASSERT_TRUE(wait_file(servers)) << daemon_->log();
    }
    const std::uint16_t port = free_port();
    HaproxyServer fresh(text(scenario_.steps.back(), port), HaproxyServer::Mode::plain);
    // When hitlessd is done isn't told; that nothing differs any more is.
    static_cast<void>(wait_until([&] { return read_tables(*haproxy_) == read_tables(fresh); },
                                 std::chrono::seconds(15)));
    // On a machine that stands still, a check may not come in time: only what is seen three times
    // counts.
    std::vector<std::string> lines;
    for (int times = 0; times == 0 || (times < 3 && !lines.empty()); ++times) {
        fresh.stop(); // so that servers see one of the two at a time
        const Observation live = observe(scenario_, *haproxy_, backends_, port_);
        fresh.start();
        const Observation wanted = observe(scenario_, fresh, backends_, port);
        lines = differences(scenario_, wanted, live);
    }
    EXPECT_TRUE(lines.empty()) << fmt::format("{}", fmt::join(lines, "\n")) << "\n"
                               << daemon_->log();
    EXPECT_FALSE(std::filesystem::exists(directory_ / "reloaded")) << daemon_->log();
}

INSTANTIATE_TEST_SUITE_P(Scenarios, EqualByDaemon,
                         testing::Values("weight_changed", "backup_added", "maxconn_changed",
                                         "httpchk_inherited", "ssl_changed", "steps_swapped",
                                         "steps_added_removed_added", "steps_all_replaced",
                                         "steps_many_at_once", "balance_leastconn_replaced"),
                         [](const auto& one) { return std::string(one.param); });

} // namespace
} // namespace hitless::test
