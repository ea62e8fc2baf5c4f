#include "equal/observation.hpp"

#include "equal/client.hpp"
#include "equal/tables.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <set>
#include <sstream>

namespace hitless::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Each client's requests come to each server more than once.
constexpr int clients = 25;
constexpr int requests_each = 8;
/// So many checks of each server are watched, for a while at most.
constexpr std::size_t few_checks = 4;
constexpr milliseconds watching_time{1'000};
constexpr const char* no_requests = "no requests";
/// Servers don't see a check that only connects: HAProxy ends it before it is accepted.
constexpr milliseconds time_without_any{300};

std::vector<std::string> keys_of(const std::map<std::string, int>& counts) {
    std::vector<std::string> keys;
    for (const auto& [key, count] : counts)
        keys.push_back(key);
    return keys;
}

/// The kinds of checks, without those that were given up on their way.
std::vector<std::string> kinds_of(const std::map<std::string, int>& checks) {
    constexpr std::string_view given_up = "connected";
    std::vector<std::string> kinds = keys_of(checks);
    std::erase_if(kinds, [&](const std::string& kind) {
        if (!kind.ends_with(given_up))
            return false;
        const std::string begin = kind.substr(0, kind.size() - given_up.size());
        return std::ranges::any_of(checks, [&](const auto& other) {
            return other.first != kind && other.first.starts_with(begin);
        });
    });
    return kinds;
}

/// The middle one.
int typical(std::vector<milliseconds> gaps) {
    std::ranges::sort(gaps);
    return gaps.empty() ? 0 : static_cast<int>(gaps[gaps.size() / 2].count());
}

void watch_checks(const HaproxyServer& haproxy, BackendServers& backends,
                  Observation& observation) {
    backends.forget();
    const std::size_t checked = checked_servers(haproxy);
    const auto servers_with = [&](std::size_t checks) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < backends.size(); ++i)
            count += backends.seen(i).checked >= checks ? 1 : 0;
        return count;
    };
    const auto begin = Clock::now();
    const auto enough = [&] {
        return servers_with(few_checks) >= checked ||
               (Clock::now() - begin > time_without_any && servers_with(1) == 0);
    };
    if (checked > 0)
        static_cast<void>(wait_until(enough, watching_time));
    for (std::size_t i = 0; i < backends.size(); ++i) {
        const auto seen = backends.seen(i);
        observation.facts[fmt::format("checks of s{}", i + 1)] =
            fmt::format("{}", fmt::join(kinds_of(seen.checks), " | "));
        observation.facts[fmt::format("agent of s{}", i + 1)] =
            fmt::format("{}", fmt::join(keys_of(seen.agents), " | "));
        observation.gaps[fmt::format("ms between checks of s{}", i + 1)] = typical(seen.gaps);
    }
}

void note_answer(const Client::Answer& answer, Observation& observation) {
    const std::string who =
        answer.status == 200 ? answer.body : fmt::format("HTTP {}", answer.status);
    ++observation.counts["requests answered by " + who];
}

/// Requests with different paths, parameters, headers and sources, one after the other.
void send_requests(const Scenario& scenario, std::uint16_t port, BackendServers& backends,
                   Observation& observation) {
    backends.forget();
    std::map<std::string, std::set<std::string>> cookies;
    for (int i = 0; i < clients; ++i) {
        Client client(port, fmt::format("127.0.0.{}", 10 + i));
        for (int j = 0; j < requests_each; ++j) {
            const int key = i * requests_each + j;
            const auto answer = client.ask(fmt::format("/t/{}/x?k={}", key, key),
                                           {{"x-key", fmt::format("key{}", key)}});
            note_answer(answer, observation);
            if (scenario.by_key && !scenario.keys_move)
                observation.facts[fmt::format("server of key {}", key)] = answer.body;
            if (!answer.cookie.empty())
                cookies[answer.body].insert(answer.cookie);
        }
    }
    for (std::size_t i = 0; i < backends.size(); ++i) {
        const std::string name = fmt::format("s{}", i + 1);
        const auto seen = backends.seen(i);
        observation.facts["traffic of " + name] =
            fmt::format("{}", fmt::join(keys_of(seen.traffic), " | "));
        observation.facts["reuse of connections to " + name] = seen.requests == 0 ? no_requests
                                                               : seen.requests > seen.connections
                                                                   ? "yes"
                                                                   : "no";
        observation.facts["cookie of " + name] = fmt::format("{}", fmt::join(cookies[name], " | "));
    }
}

/// The same of a time in which no check failed: on a busy machine a server may take longer for one
/// than its interval is, and while it is down, others get its requests.
void send_requests_to_healthy_servers(const Scenario& scenario, const HaproxyServer& haproxy,
                                      std::uint16_t port, BackendServers& backends,
                                      Observation& observation) {
    constexpr int tries = 5;
    const Observation before = observation;
    Facts of_connections; // what the first requests to a server show: later ones reuse connections
    for (int i = 0; i < tries; ++i) {
        observation = before;
        const std::int64_t failures = failures_of_checks(haproxy);
        send_requests(scenario, port, backends, observation);
        wait_checks(haproxy);
        for (const auto& [name, value] : observation.facts) {
            const bool is_of_connections =
                name.starts_with("traffic of ") || name.starts_with("reuse of connections to ");
            if (is_of_connections && !value.empty() && value != no_requests)
                of_connections.emplace(name, value);
        }
        for (const auto& [name, value] : of_connections)
            observation.facts[name] = value;
        if (failures_of_checks(haproxy) == failures)
            return;
    }
}

/// Clients that come back with a cookie.
void send_cookies(const Scenario& scenario, std::uint16_t port, Observation& observation) {
    std::set<std::string> values;
    for (const auto& [name, value] : observation.facts) {
        if (name.starts_with("stat app/") && name.ends_with(" cookie") && !value.empty())
            values.insert(value);
    }
    for (const std::string& value : values) {
        std::set<std::string> servers;
        for (int times = 0; times < 3; ++times) {
            Client client(port, "127.0.0.1");
            const auto answer =
                client.ask("/t/cookie", {{"Cookie", scenario.cookie + "=" + value}});
            servers.insert(fmt::format("{} {}", answer.status, answer.body));
        }
        observation.facts["server of cookie " + value] =
            fmt::format("{}", fmt::join(servers, ", "));
    }
}

/// All at once: who serves how many, and how many wait.
void send_in_parallel(const Scenario& scenario, const HaproxyServer& haproxy, std::uint16_t port,
                      BackendServers& backends, Observation& observation) {
    std::deque<Client> all;
    for (int i = 0; i < scenario.parallel; ++i)
        all.emplace_back(port, fmt::format("127.0.0.{}", 10 + i)).send("/t/hold");
    Facts busy;
    const auto all_there = [&] {
        busy = read_load(haproxy);
        return busy["in all"] == std::to_string(scenario.parallel) &&
               backends.held() == std::stoi(busy["served"]);
    };
    if (!wait_until(all_there, std::chrono::seconds(3)))
        busy["complete"] = "no";
    for (const auto& [what, value] : busy)
        observation.facts["at once: " + what] = value;
    // Those that wait come when others have been answered.
    const auto done = [&] {
        backends.release();
        return read_load(haproxy)["in all"] == "0";
    };
    static_cast<void>(wait_until(done, std::chrono::seconds(5)));
}

bool about_the_same(int a, int b, int tolerance) {
    return std::abs(a - b) <= tolerance;
}

/// How many of the requests may go elsewhere.
int tolerance_of(const Scenario& scenario) {
    if (scenario.random)
        return 40;
    // A limit sends a request elsewhere when the one before hasn't quite ended.
    return scenario.parallel > 0 ? 20 : 12;
}

/// HAProxy 2.4 deletes no server of its file: one that has gone from there stays in maintenance.
void forget_those_that_stay(const Scenario& scenario, Observation& observation) {
    if (haproxy_version() >= 205)
        return;
    std::set<std::string> staying;
    for (const auto& [name, value] : observation.facts) {
        constexpr std::string_view begin = "stat app/";
        if (!name.starts_with(begin) || !name.ends_with(" status") || value != "MAINT")
            continue;
        const std::string server = name.substr(begin.size(), name.rfind(' ') - begin.size());
        if (!scenario.steps.back().contains(server))
            staying.insert("app/" + server);
    }
    std::erase_if(observation.facts, [&](const auto& fact) {
        std::istringstream words(fact.first); // "stat app/s1 weight", "at once: scur app/s1"
        for (std::string word; words >> word;) {
            if (staying.contains(word))
                return true;
        }
        return false;
    });
}

/// Where keys move, chance has it how many of them come to a server: some, or none.
bool is_left_to_chance(const Scenario& scenario, std::string_view name) {
    return scenario.keys_move && (name.starts_with("requests answered by s") ||
                                  name.starts_with("traffic of ") || name.starts_with("reuse of "));
}

} // namespace

bool wait_checks(const HaproxyServer& haproxy) {
    return wait_until([&] { return unsettled(haproxy).empty(); }, std::chrono::seconds(4));
}

Observation observe(const Scenario& scenario, const HaproxyServer& haproxy,
                    BackendServers& backends, std::uint16_t port) {
    Observation observation;
    wait_checks(haproxy);
    watch_checks(haproxy, backends, observation);
    send_requests_to_healthy_servers(scenario, haproxy, port, backends, observation);
    observation.facts["checks on their way"] = unsettled(haproxy);
    observation.facts.merge(read_tables(haproxy));
    if (scenario.parallel > 0)
        send_in_parallel(scenario, haproxy, port, backends, observation);
    forget_those_that_stay(scenario, observation);
    if (!scenario.cookie.empty())
        send_cookies(scenario, port, observation);
    return observation;
}

std::vector<std::string> differences(const Scenario& scenario, const Observation& fresh,
                                     const Observation& live) {
    std::vector<std::string> lines;
    const auto value = [](const Facts& facts, const std::string& name) {
        const auto found = facts.find(name);
        return found == facts.end() ? std::string("nothing") : "'" + found->second + "'";
    };
    Facts all = fresh.facts;
    all.insert(live.facts.begin(), live.facts.end());
    for (const auto& [name, ignored] : all) {
        const std::string was = value(fresh.facts, name);
        const std::string is = value(live.facts, name);
        if (was != is && !is_left_to_chance(scenario, name))
            lines.push_back(fmt::format("{}: {}, fresh {}", name, is, was));
    }
    std::map<std::string, int> counts = fresh.counts;
    counts.insert(live.counts.begin(), live.counts.end());
    const int tolerance = tolerance_of(scenario);
    constexpr int few = 4; // requests, that a server may get or not
    for (const auto& [name, ignored] : counts) {
        const auto count = [&](const Observation& of) {
            const auto found = of.counts.find(name);
            return found == of.counts.end() ? 0 : found->second;
        };
        const bool one_has_none =
            std::min(count(fresh), count(live)) == 0 && std::max(count(fresh), count(live)) > few;
        const bool is_other = !about_the_same(count(fresh), count(live), tolerance) || one_has_none;
        if (is_other && !is_left_to_chance(scenario, name))
            lines.push_back(fmt::format("{}: {}, fresh {}", name, count(live), count(fresh)));
    }
    for (const auto& [name, gap] : fresh.gaps) {
        const int other = live.gaps.at(name);
        if (gap > 0 && other > 0 && std::abs(gap - other) > 100 &&
            std::max(gap, other) > 2 * std::min(gap, other))
            lines.push_back(fmt::format("{}: {}, fresh {}", name, other, gap));
    }
    return lines;
}

} // namespace hitless::test
