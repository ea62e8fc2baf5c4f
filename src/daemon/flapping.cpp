#include "daemon/flapping.hpp"

#include <algorithm>

namespace hitless::daemon {
namespace {

/// More changes than these within the time are flapping…
constexpr int few_changes = 6;
constexpr std::chrono::seconds time_for_them{10};
/// …and then the server is planned so often at most.
constexpr std::chrono::seconds pace{1};

} // namespace

void Flapping::note_change(const plan::ServerChange& server, Clock::time_point now) {
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
    ++history.changes;
}

Flapping::Clock::time_point Flapping::may_be_planned(const plan::ServerChange& server,
                                                     Clock::time_point now) const {
    const auto found = histories_.find(server);
    return found == histories_.end() ? now : std::max(now, found->second.not_before);
}

void Flapping::note_plan(const plan::ServerChange& server, Clock::time_point now) {
    const auto found = histories_.find(server);
    if (found != histories_.end() && found->second.changes > few_changes)
        found->second.not_before = now + pace;
}

} // namespace hitless::daemon
