// Random changes, with HAProxy and hitlessd restarted and killed in between, end where they should:
// the servers of HAProxy are those of the file, and of etcd. HITLESS_SEED and HITLESS_CHURN (how
// many changes) try others.
#include "hitless/haproxy/config.hpp"

#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
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
    Churn(Stage& stage, unsigned seed) : stage_(stage), random_(seed) {}

    unsigned dice(unsigned sides) { return static_cast<unsigned>(random_() % sides); }

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
        const std::string option = options.at(dice(options.size()));
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

TEST(Churn, EndsInStepWhateverHappens) {
    const unsigned seed = from_environment("HITLESS_SEED", std::random_device{}());
    SCOPED_TRACE(fmt::format("HITLESS_SEED={}", seed));
    StageOptions options;
    options.backends = 8;
    if (seed % 2 == 1)
        options.api = etcd::Settings::Api::v3;
    Stage stage(options);
    Churn churn(stage, seed);
    stage.start_daemon();
    const unsigned changes = from_environment("HITLESS_CHURN", 1'500);
    for (unsigned i = 0; i < changes; ++i) {
        churn.change();
        switch (churn.dice(150)) {
        case 0:
            stage.kill_daemon();
            stage.start_daemon();
            break;
        case 1:
            stage.stop_daemon();
            stage.start_daemon();
            break;
        case 2:
            stage.restart_haproxy();
            break;
        case 3:
            stage.haproxy().reload();
            break;
        case 4:
            (void)stage.haproxy().command("set server app/web1 state maint");
            break;
        default:
            break;
        }
    }
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

} // namespace
} // namespace hitless::test
