#include "converge/queue.hpp"

#include "hitless/plan/plan.hpp"

#include <algorithm>

namespace hitless::converge {

plan::ServerId original_of(const plan::ServerId& server) {
    const std::string_view original = plan::stood_in_for(server.server);
    return original.empty() ? server : plan::ServerId{server.backend, std::string(original)};
}

void Queue::add(const Server& server, Why why) {
    const auto [known, is_new] = queued_.try_emplace(server, why);
    known->second = std::max(known->second, why);
}

std::vector<Queue::Item> Queue::take(Clock::time_point now,
                                     const std::function<bool(const Server&)>& is_possible,
                                     const std::function<void(const Server&, PutOff)>& put_off) {
    std::vector<Item> taken;
    std::map<Server, Why> later;
    for (const auto& [server, why] : queued_) {
        if (!is_possible(server)) {
            put_off(server, PutOff::no_backend);
            stepping_.erase(server);
        } else if (refusals_.waits(server, now)) {
            put_off(server, PutOff::refused);
        } else if (flapping_.may_be_planned(server, now) > now ||
                   (!later.empty() && later.contains(original_of(server)))) {
            later.emplace_hint(later.end(), server, why);
        } else {
            flapping_.note_plan(server, now);
            taken.push_back({server, why});
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
    for (const auto& [server, why] : queued_) {
        auto turn = flapping_.may_be_planned(server, now);
        if (const Server original = original_of(server); queued_.contains(original))
            turn = std::max(turn, flapping_.may_be_planned(original, now));
        next = std::min(next, turn);
        if (next <= now)
            break;
    }
    return next;
}

void Queue::step_again_later(const Server& server) {
    unverified_.insert(server);
    stepping_.insert(server);
}

std::set<std::string> Queue::unverified_backends() const {
    std::set<std::string> backends;
    for (const Server& server : unverified_)
        backends.insert(server.backend);
    return backends;
}

void Queue::plan_unverified() {
    for (const Server& server : unverified_)
        add(server, is_stepping(server) ? Why::stepping : Why::compared);
    unverified_.clear();
}

void Queue::forget_unverified() {
    unverified_.clear();
    std::erase_if(stepping_, [this](const Server& server) { return !queued_.contains(server); });
}

void Queue::retry_due(Clock::time_point now) {
    for (const Server& server : refusals_.take_due(now))
        add(server, Why::retried);
}

} // namespace hitless::converge
