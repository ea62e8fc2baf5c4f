#include "converge/queue.hpp"

#include <algorithm>

namespace hitless::converge {

void Queue::add(const Object& object, Why why) {
    const auto [known, is_new] = queued_.try_emplace(object, why);
    known->second = std::max(known->second, why);
}

std::vector<Queue::Item> Queue::take(Clock::time_point now,
                                     const std::function<bool(const Object&)>& is_possible,
                                     const std::function<void(const Object&, PutOff)>& put_off) {
    std::vector<Item> taken;
    std::map<Object, Why> later;
    for (const auto& [object, why] : queued_) {
        if (!is_possible(object)) {
            put_off(object, PutOff::comes_with_reload);
            stepping_.erase(object);
        } else if (refusals_.waits(object, now)) {
            put_off(object, PutOff::refused);
        } else if (flapping_.may_be_planned(object, now) > now ||
                   (!later.empty() && later.contains(live::original_of(object)))) {
            later.emplace_hint(later.end(), object, why);
        } else {
            flapping_.note_plan(object, now);
            taken.push_back({object, why});
        }
    }
    queued_ = std::move(later);
    return taken;
}

bool Queue::has_work(Clock::time_point now) const {
    return next(now) <= now;
}

Queue::Clock::time_point Queue::next(Clock::time_point now) const {
    auto next = refusals_.next();
    for (const auto& [object, why] : queued_) {
        auto turn = flapping_.may_be_planned(object, now);
        if (const Object original = live::original_of(object); queued_.contains(original))
            turn = std::max(turn, flapping_.may_be_planned(original, now));
        next = std::min(next, turn);
        if (next <= now)
            break;
    }
    return next;
}

void Queue::step_again_later(const Object& object) {
    unverified_.insert(object);
    stepping_.insert(object);
}

Queue::UnverifiedScopes Queue::unverified_scopes() const {
    UnverifiedScopes scopes;
    for (const Object& object : unverified_)
        scopes[object.kind].insert(object.scope);
    return scopes;
}

void Queue::plan_unverified() {
    for (const Object& object : unverified_)
        add(object, is_stepping(object) ? Why::stepping : Why::compared);
    unverified_.clear();
}

void Queue::forget_unverified() {
    unverified_.clear();
    std::erase_if(stepping_, [this](const Object& object) { return !queued_.contains(object); });
}

void Queue::retry_due(Clock::time_point now) {
    for (const Object& object : refusals_.take_due(now))
        add(object, Why::retried);
}

} // namespace hitless::converge
