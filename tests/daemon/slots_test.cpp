// Servers that come and go in the places of spare ones (-slots), where HAProxy adds none while it
// runs.
#include "hitless/ctl/ctl.hpp"

#include "live/load.hpp"
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> flags = {"-slots", "2", "-reload-interval", "100ms"};

StageOptions options(const std::string& balance) {
    StageOptions options;
    options.backends = 8;
    options.cfg = boost::replace_all_copy(Stage::default_cfg(), "balance roundrobin", balance);
    if (options.cfg.find("default-server") == std::string::npos) // 2.4, whose slots have checks
        boost::replace_all(options.cfg, "timeout connect",
                           "default-server check inter 200ms\n    timeout connect");
    return options;
}

class Slots : public testing::TestWithParam<std::string> {
  protected:
    Slots() : stage_(options(GetParam())) {
        const pid_t first = stage_.haproxy().pid();
        stage_.start_daemon(flags);
        // HAProxy was started from a file without slots.
        add("web1", 0);
        reloaded_ = wait_reload(first);
        // The first process has no server. HAProxy 2.4 may still accept connections with it, and
        // see the signal that ends it only then.
        EXPECT_TRUE(wait_until([&] {
            (void)stage_.ask();
            return ::kill(first, 0) != 0;
        })) << stage_.log();
        expect_served();
    }

    void add(const std::string& name, std::size_t server, const std::string& more = {}) {
        stage_.etcd.put("/app/servers/" + name, stage_.web.address(server) + more);
        wanted_[name] = stage_.web.address(server);
    }

    void remove(const std::string& name) {
        stage_.remove(name);
        wanted_.erase(name);
    }

    /// The addresses of the servers that take traffic.
    [[nodiscard]] std::multiset<std::string> serving() const {
        std::multiset<std::string> addresses;
        for (const std::string& server : stage_.servers()) {
            const std::size_t at = server.find(' ') + 1;
            if (!server.ends_with(" MAINT"))
                addresses.insert(server.substr(at, server.find(' ', at) - at));
        }
        return addresses;
    }

    [[nodiscard]] std::multiset<std::string> wanted() const {
        std::multiset<std::string> addresses;
        for (const auto& [name, address] : wanted_)
            addresses.insert(address);
        return addresses;
    }

    void expect_served() {
        EXPECT_TRUE(wait_until([&] {
            try {
                return serving() == wanted();
            } catch (const std::exception&) { // HAProxy is away just now
                return false;
            }
        })) << testing::PrintToString(stage_.servers())
            << stage_.log();
        EXPECT_TRUE(wait_until([&] {
            const std::string file = stage_.file();
            return std::ranges::all_of(wanted_, [&](const auto& server) {
                return file.find(fmt::format("server {} {}", server.first, server.second)) != npos;
            });
        })) << stage_.file();
    }

    /// Waits until another process than `old` answers, and the daemon knows it; its pid.
    pid_t wait_reload(pid_t old) {
        const pid_t pid = stage_.haproxy().wait_replaced(old);
        EXPECT_NE(pid, 0) << stage_.log();
        EXPECT_TRUE(stage_.wait_log(fmt::format("with pid {} answers", pid))) << stage_.log();
        return pid;
    }

    void expect_no_reload() { EXPECT_EQ(stage_.haproxy().pid(), reloaded_) << stage_.log(); }

    static constexpr std::size_t npos = std::string::npos;

    Stage stage_;
    std::map<std::string, std::string> wanted_;
    pid_t reloaded_ = 0;
};

TEST_P(Slots, TakeServersWithoutAReloadOrALostRequest) {
    Load load(stage_.port(), 8, std::chrono::milliseconds(1));
    add("web2", 1);
    add("web3", 2);
    expect_served();
    add("web2", 3); // another address
    expect_served();
    remove("web3");
    expect_served();
    add("web4", 4, " maxconn 50"); // in the place of web3
    expect_served();
    add("web4", 4, " disabled");
    wanted_.erase("web4");
    expect_served();
    add("web4", 4);
    expect_served();
    expect_no_reload();
    const auto counts = load.stop();
    EXPECT_GT(counts.requests, 0U);
    EXPECT_EQ(counts.errors, 0U) << counts.first_error << "\n" << stage_.log();
    EXPECT_TRUE(stage_.wait_log("server=web2 change=\"")) << stage_.log();
    EXPECT_THAT(stage_.log(), Not(HasSubstr("repairing")));
}

/// With a server of that name, the file would get no spare ones.
TEST_P(Slots, KeepTheirNames) {
    stage_.etcd.put("/app/servers/hitless-slot1", stage_.web.address(5));
    ASSERT_TRUE(stage_.wait_log("the name 'hitless-slot1' is reserved for spare servers"))
        << stage_.log();
    add("web2", 1);
    expect_served();
    expect_no_reload();
    EXPECT_THAT(stage_.file(), HasSubstr("server hitless-slot1 127.0.0.1:1 "));
}

TEST_P(Slots, AreFoundAgainByTheNextDaemon) {
    add("web2", 1);
    add("web3", 2);
    expect_served();
    stage_.kill_daemon();
    const std::string before = testing::PrintToString(stage_.servers());
    stage_.start_daemon(flags);
    remove("web2"); // before or after the daemon has read the keys
    expect_served();
    add("web3", 3);
    expect_served();
    expect_no_reload();
    EXPECT_TRUE(stage_.wait_log("change backend=app server=web3")) << stage_.log();
    EXPECT_THAT(stage_.log(), Not(HasSubstr("repairing"))) << before;
}

TEST_P(Slots, InUseAreAReloadWhenTheNextDaemonHasNone) {
    add("web2", 1);
    expect_served();
    expect_no_reload();
    stage_.stop_daemon();
    stage_.start_daemon({"-reload-interval", "100ms"});
    wait_reload(reloaded_);
    expect_served();
    EXPECT_THAT(stage_.log(), HasSubstr("app/web2: it runs in the place of hitless-slot1"));
    EXPECT_THAT(stage_.file(), Not(HasSubstr("hitless-slot")));
    const std::vector<std::string> both = {stage_.running("web1", 0), stage_.running("web2", 1)};
    EXPECT_EQ(stage_.servers(), both);
}

TEST_P(Slots, ThatAreFreeAreDeletedWhenTheNextDaemonHasNone) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "deletes no server of its file";
    stage_.stop_daemon();
    stage_.start_daemon({"-reload-interval", "100ms"});
    EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0)})) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return stage_.file().find("hitless-slot") == npos; }))
        << stage_.file();
    EXPECT_TRUE(stage_.wait_log("in step with the keys: ")) << stage_.log();
    expect_no_reload();
}

TEST_P(Slots, RunningOutIsOneReloadThatMakesRoom) {
    for (std::size_t i = 1; i < 3; ++i)
        add(fmt::format("web{}", i + 1), i);
    expect_served();
    expect_no_reload();
    add("web4", 3);
    const pid_t pid = wait_reload(reloaded_);
    expect_served();
    EXPECT_THAT(stage_.log(), HasSubstr("no spare server is free"));
    // Four have their own lines now, and there is room for four.
    for (std::size_t i = 4; i < 8; ++i)
        add(fmt::format("web{}", i + 1), i);
    expect_served();
    EXPECT_EQ(stage_.haproxy().pid(), pid) << stage_.log();
}

TEST_P(Slots, AColdStartServesAllThatIsWanted) {
    add("web2", 1);
    add("web3", 2);
    expect_served();
    stage_.kill_daemon();
    stage_.restart_haproxy();
    EXPECT_EQ(serving(), wanted());
    stage_.start_daemon(flags);
    reloaded_ = stage_.haproxy().pid();
    add("web4", 3);
    expect_served();
    expect_no_reload();
}

TEST_P(Slots, EndSessionsWhenTheDrainTimeIsOver) {
    stage_.stop_daemon();
    auto with_drain = flags;
    with_drain.insert(with_drain.end(), {"-drain-timeout", "300ms"});
    stage_.start_daemon(with_drain);
    add("web2", 1);
    expect_served();
    stage_.web.hold(1);
    remove("web1");
    expect_served();
    std::string answer;
    std::thread client([&] { answer = stage_.ask(); });
    EXPECT_TRUE(wait_until([&] { return stage_.web.held(1) == 1; }));
    add("web1", 0);
    remove("web2");
    expect_served();
    client.join(); // its answer is cut off
    EXPECT_NE(answer, "s2");
    stage_.web.release(1);
    expect_no_reload();
}

TEST_P(Slots, HitlessRenderWritesTheSameFile) {
    add("web2", 1);
    expect_served();
    const auto render = [&](const std::vector<std::string>& more) {
        std::vector<std::string> command = {
            HITLESS_RENDER, "-confdir", stage_.directory() / "confd", "-node", stage_.etcd.url()};
        command.insert(command.end(), more.begin(), more.end());
        Process process(command, stage_.directory() / "render.log");
        const auto status = process.wait_exit();
        return std::pair(status, process.log());
    };
    const auto [same, no_difference] = render({"-diff", "-slots", "2"});
    EXPECT_EQ(same, 0) << no_difference;
    const auto [differs, difference] = render({"-diff"});
    EXPECT_EQ(differs, 3) << difference;
    EXPECT_THAT(difference, HasSubstr("-    server hitless-slot1 "));
    stage_.stop_daemon();
    stage_.add("web3", 2);
    const auto [shown, plan] = render({"-json", "-slots", "2"});
    EXPECT_EQ(shown, 0) << plan;
    EXPECT_THAT(plan, AllOf(HasSubstr("set server app/hitless-slot"), HasSubstr("\"reload\": []"),
                            Not(HasSubstr("add server"))));
}

/// Whatever happens meanwhile, all that is wanted is served at the end, and nothing else.
TEST_P(Slots, ConvergeAfterRandomChanges) {
    const char* const chosen = std::getenv("HITLESS_SEED");
    const auto seed =
        chosen == nullptr ? std::random_device()() : std::strtoul(chosen, nullptr, 10);
    SCOPED_TRACE(fmt::format("HITLESS_SEED={}", seed));
    std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
    const auto dice = [&](std::size_t sides) { return random() % sides; };
    constexpr std::array options = {"", "", " maxconn 7", " weight 0", " no-check"};
    for (int round = 0; round < 6; ++round) {
        for (int change = 0; change < 8; ++change) {
            const std::string name = fmt::format("web{}", 1 + dice(7));
            if (wanted_.contains(name) && dice(2) == 0)
                remove(name);
            else
                add(name, dice(8), options.at(dice(options.size())));
        }
        expect_served();
        switch (dice(3)) {
        case 0:
            stage_.kill_daemon();
            stage_.start_daemon(flags);
            break;
        case 1:
            stage_.restart_haproxy();
            break;
        default:
            break;
        }
    }
    expect_served();
}

std::vector<std::string> balances() {
    std::vector<std::string> balances = {"balance static-rr"};
    if (haproxy_version() < 205)
        balances.emplace_back("balance roundrobin");
    return balances;
}

int hitlessctl(const Stage& stage, std::vector<std::string> arguments, std::string& told) {
    arguments.insert(arguments.end(), {"-s", stage.haproxy_socket()});
    std::ostringstream out;
    const int code = ctl::run(arguments, "1.2.3", out, out);
    told = out.str();
    return code;
}

TEST_P(Slots, AreKnownToHitlessctlAlsoWhenSomebodyHasMovedThem) {
    add("web2", 1);
    expect_served();
    expect_no_reload();
    stage_.stop_daemon(); // which would move it back
    (void)stage_.haproxy().command("set server app/hitless-slot1 addr 127.0.0.9");
    std::string told;
    (void)hitlessctl(stage_, {"explain", "app/web2"}, told);
    EXPECT_THAT(told, testing::AllOf(HasSubstr("hitless-slot1"), HasSubstr("127.0.0.9")));
    EXPECT_EQ(hitlessctl(stage_, {"diff", "-commands"}, told), 3);
    EXPECT_THAT(told, testing::AllOf(HasSubstr("set server app/hitless-slot1 addr 127.0.0.1"),
                                     Not(HasSubstr("hitless-slot2")), Not(HasSubstr("maint"))));
}

/// HAProxy keeps the spare servers that it was started with when fewer are needed.
TEST_P(Slots, OfAnOlderFileAreNoDifference) {
    for (std::size_t i = 1; i < 5; ++i)
        add(fmt::format("web{}", i + 1), i);
    (void)wait_reload(reloaded_);
    expect_served();
    for (std::size_t i = 1; i < 5; ++i)
        remove(fmt::format("web{}", i + 1));
    expect_served();
    std::string diff;
    EXPECT_TRUE(wait_until([&] { return hitlessctl(stage_, {"diff"}, diff) == 0; })) << diff;
}

/// With -slots and after it, whether slots are in use, have been, or have never been.
TEST_P(Slots, LookTheSameToDiffVerifyAndNoop) {
    std::string diff;
    std::string verify;
    const auto expect_equal = [&](const std::string& when) {
        EXPECT_TRUE(wait_until([&] {
            return hitlessctl(stage_, {"diff"}, diff) == 0 &&
                   hitlessctl(stage_, {"verify"}, verify) == 0;
        })) << when
            << ": diff:\n"
            << diff << "verify:\n"
            << verify << stage_.log();
    };
    expect_equal("spare");
    add("web2", 1);
    expect_served();
    expect_equal("in use");
    remove("web2");
    expect_served();
    expect_equal("freed");
    stage_.stop_daemon();
    stage_.start_daemon({"-reload-interval", "100ms"});
    EXPECT_TRUE(wait_until([&] { return stage_.file().find("hitless-slot") == npos; }))
        << stage_.file();
    expect_equal("without -slots");
    stage_.stop_daemon();
    const std::size_t before = stage_.log().size();
    stage_.start_daemon({"-onetime", "-noop"});
    EXPECT_EQ(stage_.daemon().wait_exit(), 0) << stage_.log();
    EXPECT_THAT(stage_.log().substr(before), HasSubstr("noop: nothing to do"));
    EXPECT_THAT(stage_.log().substr(before), Not(HasSubstr("noop: remove")));
}

INSTANTIATE_TEST_SUITE_P(Daemon, Slots, testing::ValuesIn(balances()));

} // namespace
} // namespace hitless::test
