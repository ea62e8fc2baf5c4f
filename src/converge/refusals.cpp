#include "converge/refusals.hpp"

#include <algorithm>

namespace hitless::converge {
namespace {

constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::seconds longest_pause{30};

} // namespace

bool Refusals::note(const plan::ObjectId& object, std::string_view words, Clock::time_point now) {
    const auto [found, is_new] = refused_.try_emplace(object);
    Refused& refused = found->second;
    refused.pause = is_new ? Clock::duration(first_pause)
                           : std::min<Clock::duration>(refused.pause * 2, longest_pause);
    refused.not_before = now + refused.pause;
    refused.is_tried = false;
    ++refused.times;
    const bool is_news = refused.words != words;
    refused.words = words;
    return is_news;
}

int Refusals::times(const plan::ObjectId& object) const {
    const auto found = refused_.find(object);
    return found == refused_.end() ? 0 : found->second.times;
}

bool Refusals::waits(const plan::ObjectId& object, Clock::time_point now) const {
    const auto found = refused_.find(object);
    return found != refused_.end() && !found->second.is_tried && now < found->second.not_before;
}

std::vector<plan::ObjectId> Refusals::take_due(Clock::time_point now) {
    std::vector<plan::ObjectId> due;
    for (auto& [object, refused] : refused_) {
        if (refused.is_tried || now < refused.not_before)
            continue;
        refused.is_tried = true;
        due.push_back(object);
    }
    return due;
}

Refusals::Clock::time_point Refusals::next() const {
    auto next = Clock::time_point::max();
    for (const auto& [object, refused] : refused_) {
        if (!refused.is_tried)
            next = std::min(next, refused.not_before);
    }
    return next;
}

bool Refusals::any_below(int times) const {
    return std::ranges::any_of(refused_,
                               [&](const auto& item) { return item.second.times < times; });
}

} // namespace hitless::converge
