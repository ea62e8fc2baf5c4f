// Whatever Hitless has changed in a running HAProxy, it behaves as one that is started from the
// file: each scenario is brought about live, looked at, and compared with a fresh HAProxy.
#include "equal/observation.hpp"
#include "equal/scenario.hpp"
#include "equal/tables.hpp"
#include "equal/updater.hpp"
#include "etcd/log_capture.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>

namespace hitless::test {

void PrintTo(const Scenario& scenario, std::ostream* out) {
    *out << scenario.name;
}

namespace {

/// How a scenario ended.
struct Result {
    enum class Kind { live, reload, waits, differs };
    Kind kind = Kind::live;
    std::vector<std::string> lines; ///< the reasons, or the differences
    std::string log;                ///< Hitless's
};

constexpr std::size_t servers_of_a_scenario = 5;

class Trial {
  public:
    explicit Trial(const Scenario& scenario)
        : scenario_(scenario), backends_(servers_of_a_scenario) {
        backends_.set_agent(scenario.agent);
    }

    Result result() {
        const LogCapture log;
        Result result;
        std::optional<Observation> live;
        try {
            live = observe_live(result);
        } catch (const std::exception& error) { // HAProxy may have ended
            result.kind = Result::Kind::differs;
            result.lines.emplace_back(error.what());
        }
        result.log = log.text();
        if (!live) {
            if (result.kind == Result::Kind::differs &&
                result.log.find("waiting: ") != std::string::npos)
                result.kind = Result::Kind::waits;
            return result;
        }
        const std::uint16_t port = free_port();
        const HaproxyServer fresh(text(scenario_.steps.back(), port), HaproxyServer::Mode::plain);
        result.lines = differences(scenario_, observe(scenario_, fresh, backends_, port), *live);
        result.kind = result.lines.empty() ? Result::Kind::live : Result::Kind::differs;
        return result;
    }

  private:
    [[nodiscard]] std::string text(const Scenario::Servers& servers, std::uint16_t port) const {
        return configuration(scenario_, servers, backends_, port);
    }

    /// Nothing when the scenario has ended otherwise; `result` says how.
    std::optional<Observation> observe_live(Result& result) {
        const std::uint16_t port = free_port();
        const HaproxyServer haproxy(text(scenario_.steps.front(), port),
                                    HaproxyServer::Mode::plain);
        // The updater knows the configuration as it is on disk.
        const auto on_disk = [&](const Scenario::Servers& servers) {
            haproxy.configure(text(servers, port));
            return read_text(haproxy.config_file());
        };
        Updater updater(haproxy.socket(), on_disk(scenario_.steps.front()));
        wait_checks(haproxy);
        for (std::size_t step = 1; step < scenario_.steps.size(); ++step) {
            if (!is_done(updater.bring_to(on_disk(scenario_.steps[step])), "", result))
                return std::nullopt;
        }
        wait_checks(haproxy);
        if (!is_done(updater.compare_all(), "when all is compared again: ", result))
            return std::nullopt;
        return observe(scenario_, haproxy, backends_, port);
    }

    static bool is_done(const Updater::Outcome& outcome, const std::string& when, Result& result) {
        if (!outcome.reasons.empty()) {
            result.kind = Result::Kind::reload;
            for (const std::string& reason : outcome.reasons)
                result.lines.push_back(when + reason);
            return false;
        }
        if (!outcome.settled) {
            result.kind = Result::Kind::differs;
            result.lines.push_back(when + "it never settles");
        }
        return outcome.settled;
    }

    const Scenario& scenario_;
    BackendServers backends_;
};

std::string in_words(Result::Kind kind) {
    switch (kind) {
    case Result::Kind::live:
        return "live";
    case Result::Kind::reload:
        return "reload";
    case Result::Kind::waits:
        return "waits";
    case Result::Kind::differs:
        return "DIFFERS";
    }
    return "";
}

/// The kinds of results that are as well as any other, with commas between.
std::string expected_of(const Scenario& scenario, int version) {
    if (scenario.waits)
        return "waits,reload";
    if (scenario.may_reload)
        return "live,reload,waits";
    constexpr int adds_servers = 206; // older ones hardly do; what they can is as well
    if (version < adds_servers)
        return "live,reload";
    return version >= scenario.live_from ? "live" : "reload";
}

bool is_as_expected(const Result& result, const Scenario& scenario, int version) {
    const std::string kinds = "," + expected_of(scenario, version) + ",";
    return kinds.find("," + in_words(result.kind) + ",") != std::string::npos;
}

/// A line for scripts/equal, where it asks for them.
void write_row(const Scenario& scenario, const std::string& verdict, const Result& result) {
    const char* const file = std::getenv("HITLESS_EQUAL_TABLE");
    if (file == nullptr)
        return;
    std::ofstream table(file, std::ios::app);
    table << fmt::format("{}\t{}\t{}\n", scenario.name, verdict, fmt::join(result.lines, "\n\t\t"));
}

class Equal : public testing::TestWithParam<Scenario> {};

TEST_P(Equal, ToAFreshProcess) {
    const Scenario& scenario = GetParam();
    const int version = haproxy_version();
    if (version < scenario.since || version >= scenario.until)
        GTEST_SKIP() << "this HAProxy doesn't know what is in it";
    if (lacks_tls(scenario))
        GTEST_SKIP() << "this HAProxy was built without TLS";
    const bool known = scenario.is_known(version);
    // On a machine that stands still, a check may not come in time: only what is seen three times
    // counts.
    Result result = Trial(scenario).result();
    const bool again = is_as_expected(result, scenario, version) == known;
    for (int more = 2; more > 0 && is_as_expected(result, scenario, version) == known; --more)
        result = Trial(scenario).result();
    const bool as_expected = is_as_expected(result, scenario, version);
    write_row(scenario,
              in_words(result.kind) +
                  (as_expected ? ""
                   : known     ? " (known)"
                               : " (UNEXPECTED)") +
                  (again && as_expected != known ? " (not at once)" : ""),
              result);
    if (known)
        EXPECT_FALSE(as_expected) << scenario.name << " is equal now, remove the mark '"
                                  << scenario.known << "'";
    else
        EXPECT_TRUE(as_expected) << scenario.name << " should be " << expected_of(scenario, version)
                                 << " but is " << in_words(result.kind) << ":\n  "
                                 << fmt::format("{}", fmt::join(result.lines, "\n  ")) << "\n"
                                 << result.log;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Equal, testing::ValuesIn(all_scenarios()),
                         [](const auto& one) { return one.param.name; });

} // namespace
} // namespace hitless::test
