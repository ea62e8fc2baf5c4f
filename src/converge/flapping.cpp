#include "converge/flapping.hpp"

#include <algorithm>

namespace hitless::converge {
namespace {

/// More comings and goings than these within the time are flapping…
constexpr int few_turns = 6;
constexpr std::chrono::seconds time_for_them{10};
/// …and then the object is planned so often at most.
constexpr std::chrono::seconds pace{1};

} // namespace

void Flapping::note_turn(const plan::ObjectId& object, Clock::time_point now) {
    const auto is_over = [&](const History& history) {
        return now - history.begin > time_for_them && history.not_before <= now;
    };
    if (now >= next_cleaning_) {
        std::erase_if(histories_, [&](const auto& item) { return is_over(item.second); });
        next_cleaning_ = now + time_for_them;
    }
    auto& history = histories_.try_emplace(object, History{now, 0, now}).first->second;
    if (is_over(history))
        history = {now, 0, now};
    ++history.turns;
}

Flapping::Clock::time_point Flapping::may_be_planned(const plan::ObjectId& object,
                                                     Clock::time_point now) const {
    const auto found = histories_.find(object);
    return found == histories_.end() ? now : std::max(now, found->second.not_before);
}

void Flapping::note_plan(const plan::ObjectId& object, Clock::time_point now) {
    const auto found = histories_.find(object);
    if (found != histories_.end() && found->second.turns > few_turns)
        found->second.not_before = now + pace;
}

} // namespace hitless::converge
