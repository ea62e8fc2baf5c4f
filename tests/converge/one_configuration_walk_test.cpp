#include "converge/one_configuration.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

// Thousands of random histories of one configuration. Whatever happens in whichever order: it never
// goes on for ever without waiting, nobody is told of what the guard holds, and in the end the
// HAProxies and the file are told of what the keys make of the template.
namespace hitless::converge {
namespace {

using namespace std::chrono_literals;
using Machine = OneConfiguration;

constexpr std::size_t most_servers = 6;
constexpr std::size_t min_servers = 2;

haproxy::Config with_servers(std::size_t count) {
    std::string text = "global\n stats socket /run/h.sock level admin\nbackend app\n";
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format(" server web{} 10.0.0.{}:80\n", i, i + 1);
    return haproxy::Config::parse(text).value();
}

std::size_t servers_of(const haproxy::Config& config) {
    const auto* const backend = config.find_backend("app");
    return backend == nullptr ? 0 : backend->servers.size();
}

Machine::Options options() {
    Machine::Options all;
    all.environment = [](const std::string&) { return std::nullopt; };
    all.guard.limits.min_servers = min_servers;
    all.guard.delay = 10s;
    return all;
}

class ConfigurationWalk {
  public:
    explicit ConfigurationWalk(unsigned seed) : random_(seed) {}

    void run() {
        for (int i = 0; i < 80 && !testing::Test::HasFailure(); ++i) {
            happen();
            if (pick(3) == 0)
                work();
        }
        settle();
        stop();
    }

  private:
    int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }

    void happen() {
        switch (pick(10)) {
        case 0:
        case 1:
            keys_ = static_cast<std::size_t>(pick(most_servers));
            machine_.changed(now_);
            break;
        case 2:
            way_ = static_cast<Way>(pick(3));
            machine_.changed(std::nullopt);
            break;
        case 3:
            now_ += std::chrono::milliseconds(pick(12'000));
            break;
        case 4:
            if (machine_.holds() && pick(3) == 0) {
                machine_.confirm();
                allowed_ = true;
            }
            break;
        case 5:
            machine_.compare_all();
            break;
        case 6:
            progress_.being_told = pick(2) == 0;
            break;
        case 7:
            progress_.awaits_used_file = pick(2) == 0;
            machine_.used_file_written("/h/hosts.map", seconds());
            break;
        case 8:
            machine_.reload_begins();
            if (machine_.wanted() != nullptr && pick(2) == 0)
                reload();
            break;
        default:
            if (machine_.wanted() != nullptr && !machine_.still_owes(seconds()))
                (void)machine_.started_from(file_, seconds());
        }
    }

    void reload() { tell(machine_.reloaded(file_, {})); }

    void tell(const std::optional<Machine::TellFile>& file) {
        if (!file)
            return;
        EXPECT_EQ(file->config.text(), machine_.wanted()->text());
        file_ = file->config;
        progress_.on_disk = &file_;
        machine_.written(file_, seconds());
    }

    [[nodiscard]] Machine::Seconds seconds() const {
        return static_cast<Machine::Seconds>(now_.time_since_epoch() / 1s);
    }

    /// What can be done now.
    void work() {
        for (int i = 0; i < 30; ++i) {
            const auto step = machine_.next(progress_, now_);
            if (std::holds_alternative<Machine::Wait>(step)) {
                wait_ = std::get<Machine::Wait>(step).until;
                EXPECT_GT(wait_, now_) << "it does not wait at all";
                return;
            }
            if (std::holds_alternative<Machine::End>(step)) {
                has_ended_ = true;
                return;
            }
            do_step(step);
        }
        ADD_FAILURE() << "it goes on for ever";
    }

    void do_step(const Machine::Step& step) {
        if (std::holds_alternative<Machine::ReadFile>(step)) {
            if (pick(4) == 0)
                machine_.file_not_read(now_);
            else
                machine_.file_read(file_, seconds());
        } else if (std::holds_alternative<Machine::Render>(step)) {
            render();
        } else if (const auto* const told = std::get_if<Machine::TellHaproxies>(&step)) {
            EXPECT_EQ(told->config.text(), machine_.wanted()->text());
            haproxy_ = told->config;
        } else if (const auto* const connects = std::get_if<Machine::Connect>(&step)) {
            progress_.any_haproxy = !connects->sockets.empty();
        } else if (const auto* const file = std::get_if<Machine::TellFile>(&step)) {
            tell(*file);
        }
    }

    void render() {
        now_ += std::chrono::milliseconds(pick(5));
        if (way_ != Way::works) {
            machine_.not_rendered(way_ == Way::fails ? Machine::NotRendered::failed
                                                     : Machine::NotRendered::lacks_names);
            return;
        }
        const haproxy::Config before = machine_.wanted() == nullptr ? file_ : *machine_.wanted();
        const auto findings = machine_.rendered(with_servers(keys_), std::nullopt, {}, now_);
        for (const Guard::Finding& finding : findings)
            allowed_ = allowed_ || finding.kind == Guard::Finding::Kind::due;
        const std::size_t left = servers_of(*machine_.wanted());
        EXPECT_TRUE(allowed_ || left >= min_servers || left >= servers_of(before))
            << "the guard let too many go";
        allowed_ = false;
    }

    /// Nothing more happens, and everything works.
    void settle() {
        way_ = Way::works;
        progress_.being_told = progress_.awaits_used_file = false;
        machine_.changed(std::nullopt);
        for (int i = 0; i < 10; ++i) {
            work();
            now_ = wait_ == Machine::Time::max() ? now_ + 1s : wait_;
        }
        EXPECT_EQ(wait_, Machine::Time::max());
        EXPECT_EQ(haproxy_.text(), with_servers(keys_).text());
        EXPECT_EQ(file_.text(), with_servers(keys_).text());
        machine_.reload_begins();
        reload();
        EXPECT_TRUE(machine_.obstacles({}, {}).empty());
    }

    void stop() {
        machine_.stop();
        work();
        EXPECT_TRUE(has_ended_);
    }

    enum class Way { works, fails, lacks_names };

    std::mt19937 random_;
    Machine machine_{options(), {}};
    Progress progress_;
    Machine::Time now_{1'000s};
    Machine::Time wait_;
    std::size_t keys_ = 4; ///< so many servers are in the keys
    Way way_ = Way::works; ///< how the template renders
    bool allowed_ = false; ///< the guard may let go what it holds
    bool has_ended_ = false;
    haproxy::Config file_ = with_servers(4);
    haproxy::Config haproxy_;
};

TEST(OneConfigurationWalks, EndWithAllToldAfterAnyHistory) {
    for (unsigned seed = 1; seed <= 3'000 && !HasFailure(); ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        ConfigurationWalk(seed).run();
    }
}

} // namespace
} // namespace hitless::converge
