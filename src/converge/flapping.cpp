#include "converge/flapping.hpp"

#include "hitless/plan/server_index.hpp"

#include <algorithm>
#include <iterator>

namespace hitless::converge {
namespace {

/// More comings and goings than these within the time are flapping…
constexpr int few_turns = 6;
constexpr std::chrono::seconds time_for_them{10};
/// …and then the server is planned so often at most.
constexpr std::chrono::seconds pace{1};

} // namespace

void Flapping::note_turn(const plan::ServerId& server, Clock::time_point now) {
    const auto is_over = [&](const History& history) {
        return now - history.begin > time_for_them && history.not_before <= now;
    };
    if (now >= next_cleaning_) {
        std::erase_if(histories_, [&](const auto& item) { return is_over(item.second); });
        next_cleaning_ = now + time_for_them;
    }
    auto& history = histories_.try_emplace(server, History{now, 0, now}).first->second;
    if (is_over(history))
        history = {now, 0, now};
    ++history.turns;
}

Flapping::Clock::time_point Flapping::may_be_planned(const plan::ServerId& server,
                                                     Clock::time_point now) const {
    const auto found = histories_.find(server);
    return found == histories_.end() ? now : std::max(now, found->second.not_before);
}

void Flapping::note_plan(const plan::ServerId& server, Clock::time_point now) {
    const auto found = histories_.find(server);
    if (found != histories_.end() && found->second.turns > few_turns)
        found->second.not_before = now + pace;
}

std::vector<plan::ServerId> come_or_gone(const haproxy::Config& before,
                                         const haproxy::Config& after,
                                         std::span<const plan::ServerId> servers) {
    const plan::ServerIndex old_servers(before, servers.size());
    const plan::ServerIndex new_servers(after, servers.size());
    std::vector<plan::ServerId> turned;
    std::ranges::copy_if(servers, std::back_inserter(turned), [&](const auto& server) {
        return old_servers.has(server) != new_servers.has(server);
    });
    return turned;
}

} // namespace hitless::converge
