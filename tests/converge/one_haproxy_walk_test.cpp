#include "converge/haproxy_model.hpp"
#include "support/sanitized.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

// Thousands of random histories of one HAProxy: what is wanted changes, the connection breaks in
// the middle of commands, HAProxy refuses, is restarted with an old file, is changed by somebody,
// and hitlessd is killed. In the end HAProxy has what a fresh one would have, and nothing is owed.
namespace hitless::converge {
namespace {

using namespace std::chrono_literals;

const std::string beginning = "frontend web\nbackend app\n server s0 10.0.0.1:80\n";

class Walk {
  public:
    explicit Walk(unsigned seed) : random_(seed) {
        wanted_ = configuration();
        haproxy_.want(wanted_);
    }

    void run() {
        for (int i = 0; i < 60; ++i)
            happen();
        haproxy_.refuses.clear();
        haproxy_.breaks_after.reset();
        haproxy_.is_away = haproxy_.checks_fail = haproxy_.keeps_connections = false;
        haproxy_.machine->hold({}, {});
        haproxy_.pass(40s);
        haproxy_.settle();
        EXPECT_EQ(HaproxyModel::describe(haproxy_.process), HaproxyModel::describe_file(wanted_));
        EXPECT_EQ(HaproxyModel::describe(haproxy_.limits),
                  HaproxyModel::describe(HaproxyModel::limits_of_file(wanted_)));
        EXPECT_TRUE(haproxy_.machine->obstacles().empty())
            << fmt::format("{}", fmt::join(in_words(haproxy_.machine->obstacles()), "; "));
        EXPECT_TRUE(haproxy_.machine->in_step(true));
        // Nothing is done for ever.
        haproxy_.told.clear();
        for (int i = 0; i < 20; ++i) {
            haproxy_.pass(2s);
            haproxy_.run();
        }
        EXPECT_TRUE(haproxy_.told.empty()) << fmt::format("{}", fmt::join(haproxy_.told, "; "));
    }

  private:
    int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }

    /// Two backends with some servers, and a frontend; their options, limits and other lines change
    /// now and then.
    std::string configuration() {
        std::string text = "global\n";
        if (pick(2) == 0)
            text += fmt::format(" maxconn {}00\n", 1 + pick(3));
        text += "frontend web\n";
        if (pick(2) == 0)
            text += fmt::format(" maxconn {}0\n", 1 + pick(3));
        if (pick(15) == 0) // what HAProxy works out from its limits
            text += " option splice-auto\n";
        for (const char* const backend : {"app", "api"}) {
            if (pick(8) == 0)
                continue;
            text += fmt::format("backend {}\n", backend);
            if (pick(10) == 0)
                text += " balance leastconn\n";
            for (int i = 0; i < 4; ++i) {
                if (pick(3) == 0)
                    continue;
                text += fmt::format(" server s{} 10.0.0.{}:80", i, 1 + pick(3));
                if (pick(4) == 0)
                    text += fmt::format(" weight {}", 1 + pick(3));
                if (pick(3) == 0)
                    text += fmt::format(" check inter {}s", 1 + pick(2));
                text += '\n';
            }
        }
        return text;
    }

    void happen() {
        switch (pick(14)) {
        case 0:
        case 1:
        case 2:
            file_ = wanted_;
            wanted_ = configuration();
            haproxy_.want(wanted_);
            break;
        case 3:
            haproxy_.breaks_after = static_cast<std::size_t>(pick(3));
            break;
        case 4:
            if (pick(3) == 0) {
                // Right after a reload of ours, the file is the one of the reload.
                const std::string& other = pick(2) == 0 ? file_ : wanted_;
                haproxy_.restart(haproxy_.is_met() ? other : std::string(haproxy_.file));
            }
            break;
        case 5:
            if (pick(3) ==
                0) { // hitlessd is killed; the file says what the process was started from
                haproxy_.start_machine(haproxy_.file);
                haproxy_.want(wanted_);
            }
            break;
        case 6:
            haproxy_.refuses = {{pick(2) == 0 ? "app" : "api", fmt::format("s{}", pick(4))}};
            if (pick(4) == 0)
                haproxy_.refuses.insert({pick(2) == 0 ? "" : "web", "maxconn"});
            break;
        case 7:
            haproxy_.refuses.clear();
            break;
        case 8:
            haproxy_.is_away = pick(3) == 0;
            break;
        case 9:
            tamper();
            break;
        case 10:
            if (!haproxy_.machine->obstacles().empty() && !haproxy_.is_away)
                haproxy_.reload();
            break;
        case 11:
            haproxy_.checks_fail = pick(3) == 0;
            haproxy_.keeps_connections = pick(3) == 0;
            break;
        default:
            break;
        }
        const int steps = pick(6);
        for (int i = 0; i < steps; ++i) {
            if (!haproxy_.step())
                haproxy_.pass(std::chrono::milliseconds(20 + pick(600)));
        }
    }

    /// Somebody types at the socket.
    void tamper() {
        for (auto& [backend, servers] : haproxy_.process) {
            for (auto& [name, server] : servers) {
                if (pick(6) == 0 && !server.leaving)
                    server.weight = pick(3);
                if (pick(6) == 0 && !server.leaving)
                    server.admin_state ^= haproxy::RunningServer::forced_drain;
            }
        }
        // What nobody has said may come of a flag of HAProxy, so that it is left alone.
        const bool is_said = HaproxyModel::limits_of_file(haproxy_.file).frontends["web"] <= 30 &&
                             HaproxyModel::limits_of_file(wanted_).frontends["web"] <= 30;
        if (is_said && pick(3) == 0)
            haproxy_.limits.frontends.at("web") = pick(50);
    }

    std::mt19937 random_;
    HaproxyModel haproxy_{beginning};
    std::string wanted_;
    std::string file_ = beginning; ///< on disk
};

TEST(OneHaproxyWalks, AreRightAfterAnyHistory) {
    for (unsigned seed = 1; seed <= 2'000 / hitless::test::share_of_histories && !HasFailure();
         ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        Walk(seed).run();
    }
}

} // namespace
} // namespace hitless::converge
