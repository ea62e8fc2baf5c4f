// Thirty services under hitless-register that end in every way: etcd then holds what runs.
#include "registration/register_fixture.hpp"

#include <csignal>
#include <optional>

namespace hitless::registration {
namespace {

using std::chrono::seconds;

class RegisterFleetTest : public RegisterTest {
  protected:
    struct Service {
        std::string key;
        std::string address;
        std::string pid_file;
        std::optional<Process> process;
    };

    void start_all(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            services_.push_back({fmt::format("/app/servers/s{:02}", i),
                                 fmt::format("10.0.0.{}:80", i + 1),
                                 directory_ / fmt::format("pid{}", i),
                                 {}});
            start_again(services_.back());
        }
    }
    void start_again(Service& service) {
        std::filesystem::remove(service.pid_file);
        service.process.emplace(
            arguments({"--key", service.key, "--value", service.address, "--ttl", "3", "--drain",
                       "100ms"},
                      fmt::format("echo $$ >{}; exec sleep 1000", service.pid_file)),
            new_log());
    }
    /// The keys of these, as they should be in etcd.
    static std::map<std::string, std::string> keys_of(const std::vector<Service*>& services) {
        std::map<std::string, std::string> keys;
        for (const Service* service : services)
            keys.emplace(service->key, service->address);
        return keys;
    }
    [[nodiscard]] testing::AssertionResult holds(const std::vector<Service*>& services) const {
        const auto expected = keys_of(services);
        if (wait_until([&] { return keys_.below("/app/servers") == expected; }, seconds(20)))
            return testing::AssertionSuccess();
        return testing::AssertionFailure()
               << testing::PrintToString(keys_.below("/app/servers")) << "\nand not\n"
               << testing::PrintToString(expected);
    }

    std::vector<Service> services_;
};

TEST_P(RegisterFleetTest, EtcdHoldsWhatRuns) {
    start_all(30);
    std::vector<Service*> alive;
    for (Service& service : services_)
        alive.push_back(&service);
    ASSERT_TRUE(holds(alive));

    const std::function<void(Service&)> ends[] = {
        [](Service& s) { s.process->signal(SIGTERM); },
        [](Service& s) { s.process->signal(SIGINT); },
        [](Service& s) { s.process->signal(SIGKILL); },
        [this](Service& s) { ::kill(pid_in(s.pid_file), SIGTERM); },
        [this](Service& s) { ::kill(pid_in(s.pid_file), SIGKILL); },
        [this](Service& s) { // both at the same time
            ::kill(pid_in(s.pid_file), SIGKILL);
            s.process->signal(SIGTERM);
        },
    };
    alive.clear();
    for (std::size_t i = 0; i < services_.size(); ++i) {
        if (i % 7 < 6)
            ends[i % 7](services_[i]);
        else
            alive.push_back(&services_[i]);
        if (i == 15) { // and etcd is restarted in the middle
            etcd_.stop();
            etcd_.start();
        }
    }
    ASSERT_TRUE(holds(alive));

    // Some come back under the same keys, right after having been killed again too.
    for (std::size_t i = 0; i < services_.size(); i += 3) {
        Service& service = services_[i];
        if (i % 7 == 6)
            service.process->signal(SIGKILL);
        EXPECT_TRUE(service.process->wait_exit(seconds(10))) << service.process->log();
        start_again(service);
        if (std::ranges::find(alive, &service) == alive.end())
            alive.push_back(&service);
    }
    ASSERT_TRUE(holds(alive));
    for (Service* service : alive)
        EXPECT_TRUE(service->process->running()) << service->process->log();
}

INSTANTIATE_TEST_SUITE_P(Apis, RegisterFleetTest,
                         testing::Values(etcd::Settings::Api::v2, etcd::Settings::Api::v3),
                         api_name);

} // namespace
} // namespace hitless::registration
