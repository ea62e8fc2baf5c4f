// Random changes, with HAProxy and hitlessd restarted and killed in between, end where they should:
// the servers of HAProxy are those of the file, and of etcd; and no request is lost as long as
// HAProxy itself goes on. HITLESS_SEED and HITLESS_CHURN (how many changes) try others.
#include "hitless/haproxy/config.hpp"

#include "live/load.hpp"
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>

namespace hitless::test {
namespace {

unsigned from_environment(const char* name, unsigned otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

/// What etcd holds, and how it is changed at random.
class Churn {
  public:
    /// `live_only`: no change that this HAProxy could take with a reload only.
    Churn(Stage& stage, unsigned seed, bool live_only)
        : stage_(stage), random_(seed), live_only_(live_only) {}

    unsigned dice(unsigned sides) { return static_cast<unsigned>(random_() % sides); }

    /// A server that no change touches.
    void keep(const std::string& name, std::size_t server) {
        stage_.add(name, server);
        wanted_[name] = stage_.web.address(server);
    }

    void change() {
        const std::string name = fmt::format("web{}", dice(20));
        const std::string key = "/app/servers/" + name;
        if (wanted_.contains(name) && dice(3) == 0) {
            stage_.etcd.remove(key);
            wanted_.erase(name);
            return;
        }
        const std::size_t server = dice(static_cast<unsigned>(stage_.web.size()));
        static constexpr std::array options = {
            "",          " weight 5", " weight 200 maxconn 10", " check inter 300ms",
            " disabled", " maxconn 7"};
        std::string option = options.at(dice(options.size()));
        if (live_only_ && haproxy_version() < 205 && option.starts_with(" check"))
            option = " weight 7"; // 2.4 adds no server with a check
        const std::string value = stage_.web.address(server) + option;
        stage_.etcd.put(key, value);
        wanted_[name] = value;
    }

    /// "web1 127.0.0.1:80 5" of each server, as Stage::servers() has it.
    [[nodiscard]] std::vector<std::string> expected() const {
        std::vector<std::string> servers;
        for (const auto& [name, value] : wanted_) {
            const std::string address = value.substr(0, value.find(' '));
            const auto weight = value.find(" weight ");
            servers.push_back(
                fmt::format("{} {} {}{}", name, address,
                            weight == std::string::npos ? 1 : std::stoi(value.substr(weight + 8)),
                            value.ends_with(" disabled") ? " MAINT" : ""));
        }
        return servers;
    }

    /// "server web1 127.0.0.1:80 weight 5" of each server, as the file has it.
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        for (const auto& [name, value] : wanted_)
            lines.push_back(fmt::format("server {} {}", name, value));
        return lines;
    }

  private:
    Stage& stage_;
    std::mt19937 random_;
    bool live_only_;
    std::map<std::string, std::string> wanted_;
};

std::vector<std::string> lines_of(const std::string& file) {
    std::vector<std::string> lines;
    const auto config = haproxy::Config::parse(file);
    if (config) {
        for (const haproxy::ServerLine& line : config->find_backend("app")->servers)
            lines.emplace_back(line.text);
    }
    return lines;
}

void expect_in_step(const Stage& stage, const Churn& churn) {
    const bool in_step = wait_until(
        [&] {
            try {
                return stage.servers() == churn.expected() &&
                       lines_of(stage.file()) == churn.lines();
            } catch (const std::exception&) { // HAProxy is away just now
                return false;
            }
        },
        std::chrono::seconds(60));
    EXPECT_TRUE(in_step) << testing::PrintToString(stage.servers()) << "\nwanted "
                         << testing::PrintToString(churn.expected()) << "\n"
                         << stage.file() << stage.log();
}

void restart_daemon(Stage& stage, bool by_killing) {
    if (by_killing)
        stage.kill_daemon();
    else // before it heeds signals, the signal just ends it
        EXPECT_THAT(stage.stop_daemon(), testing::AnyOf(0, 128 + SIGTERM)) << stage.log();
    stage.start_daemon();
}

/// So many random changes. Each fault comes after one of `rarity` of them, on average.
void make_changes(Churn& churn, unsigned changes, unsigned rarity,
                  const std::vector<std::function<void()>>& faults) {
    for (unsigned i = 0; i < changes; ++i) {
        churn.change();
        const unsigned number = churn.dice(rarity);
        if (number < faults.size())
            faults[number]();
    }
}

StageOptions options_for(unsigned seed) {
    StageOptions options;
    options.backends = 8;
    if (seed % 2 == 1)
        options.api = etcd::Settings::Api::v3;
    return options;
}

TEST(Churn, EndsInStepWhateverHappens) {
    const unsigned seed = from_environment("HITLESS_SEED", std::random_device{}());
    SCOPED_TRACE(fmt::format("HITLESS_SEED={}", seed));
    Stage stage(options_for(seed));
    Churn churn(stage, seed, false);
    stage.start_daemon();
    make_changes(churn, from_environment("HITLESS_CHURN", 1'500), 150,
                 {[&] { restart_daemon(stage, true); }, [&] { restart_daemon(stage, false); },
                  [&] { stage.restart_haproxy(); }, [&] { stage.haproxy().reload(); },
                  [&] { (void)stage.haproxy().command("set server app/web1 state maint"); }});
    expect_in_step(stage, churn);
}

TEST(Churn, LosesNoRequestAndReloadsNever) {
    const unsigned seed = from_environment("HITLESS_SEED", std::random_device{}());
    SCOPED_TRACE(fmt::format("HITLESS_SEED={}", seed));
    Stage stage(options_for(seed));
    Churn churn(stage, seed, true);
    stage.start_daemon();
    churn.keep("steady", 0);
    expect_in_step(stage, churn);
    const pid_t pid = stage.haproxy().pid();
    Load load(stage.port(), 8, std::chrono::milliseconds(2));
    make_changes(churn, from_environment("HITLESS_CHURN", 400), 80,
                 {[&] { restart_daemon(stage, true); }, [&] { restart_daemon(stage, false); },
                  [&] {
                      stage.etcd.stop();
                      stage.etcd.start();
                  },
                  [&] { (void)stage.haproxy().command("set server app/web1 state drain"); }});
    expect_in_step(stage, churn);
    const auto counts = load.stop();
    EXPECT_GT(counts.requests, 0U);
    EXPECT_EQ(counts.errors, 0U) << counts.first_error << "\n" << stage.log();
    EXPECT_EQ(stage.haproxy().pid(), pid) << stage.log();
}

} // namespace
} // namespace hitless::test
