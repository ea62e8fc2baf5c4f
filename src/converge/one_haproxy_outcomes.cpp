#include "converge/one_haproxy.hpp"

#include <algorithm>
#include <utility>

// What plans and HAProxy's answers to them lead to.
namespace hitless::converge {
namespace {

using plan::ObjectId;
using std::chrono::milliseconds;

/// A quiet time before reading back, so that changes in quick succession don't wait for it; longer
/// where reading takes long, so that one in twenty of the next changes meets it at most.
constexpr milliseconds quiet{50};
constexpr int quiet_readings = 20;

constexpr int most_repairs = 2;

/// The object for which a step was planned: for a stand-in, the one that it stands in for.
ObjectId planned_object(const ObjectId& own, std::span<const Queue::Item> items) {
    ObjectId original = live::original_of(own);
    const bool is_planned = std::ranges::binary_search(items, original, {}, &Queue::Item::object);
    return is_planned ? original : own;
}

} // namespace

void OneHaproxy::carried_out(const plan::Plan& plan, std::span<const plan::Step* const> done,
                             std::span<const plan::Refusal> refused, Time now) {
    for (const plan::Step* const step : done)
        reporter_.done(*step, in_hand_since_);
    note_refusals(plan, refused, now);
    for (const plan::Step& step : plan.steps)
        queue_.read_back_later(step.object);
    if (!repairs_in_vain_)
        read_back_at_ = now + std::max<Clock::duration>(quiet, quiet_readings * reading_time_);
    in_hand_.clear();
    in_hand_since_.reset();
}

void OneHaproxy::collected(std::span<const ObjectId> gone) {
    // One of the same name may wait to be added, or may need a reload, since this one stays.
    for (const ObjectId& object : gone)
        queue_.add(object, Why::left);
}

/// Objects for which this plan is one step of several, and those that wait, are read back and
/// planned again: soon after a step, with growing pauses while nothing but waiting is left.
void OneHaproxy::follow_up(const plan::Plan& plan, std::span<const Queue::Item> items, Time now) {
    for (const Queue::Item& item : items)
        queue_.forget_step(item.object);
    if (plan.next.empty() && plan.waiting.empty())
        return;
    step_pause_ = plan.steps.empty() ? std::min<Clock::duration>(step_pause_ * 2, longest_step)
                                     : Clock::duration(first_step);
    read_back_at_ = std::min(read_back_at_, now + step_pause_);
    for (const ObjectId& object : plan.next)
        queue_.step_again_later(object);
    for (const plan::Remark& wait : plan.waiting)
        queue_.step_again_later(wait.object);
}

/// True when a repair did not last before, so that the objects aren't read back soon: that would
/// repair them for ever.
bool OneHaproxy::note_repairs(const plan::Plan& plan, std::span<const Queue::Item> items) {
    auto before = std::exchange(repairs_, {});
    bool in_vain = false;
    for (const plan::Step& step : plan.steps) {
        const ObjectId object = planned_object(step.object, items);
        const auto item = std::ranges::lower_bound(items, object, {}, &Queue::Item::object);
        const bool is_repair =
            item != items.end() && item->object == object && item->why == Why::compared;
        if (!is_repair || queue_.is_stepping(object) || queue_.times_refused(object) > 0)
            continue;
        reporter_.repairs(step);
        const int times = repairs_[object] = before[object] + 1;
        if (times <= most_repairs)
            continue;
        in_vain = true;
        need_reload(object, {plan::Cause::Kind::undone, "its repairs don't last"});
    }
    // Those that need no repair any more start anew.
    for (const Queue::Item& item : items)
        before.erase(item.object);
    repairs_.merge(before);
    return in_vain;
}

/// What HAProxy has refused of the plan in hand; what it has not is forgotten.
void OneHaproxy::note_refusals(const plan::Plan& plan, std::span<const plan::Refusal> refused,
                               Time now) {
    Queue::Objects still;
    for (const plan::Refusal& refusal : refused) {
        const ObjectId object = planned_object(refusal.object, in_hand_);
        if (!still.insert(object).second)
            continue;
        if (queue_.note_refused(object, refusal.message, now))
            reporter_.refused(refusal);
        if (queue_.times_refused(object) >= most_refusals)
            need_reload(object, {plan::Cause::Kind::refused, refusal.message});
    }
    for (const Queue::Item& item : in_hand_) {
        if (still.contains(item.object))
            continue;
        queue_.forget_refusal(item.object);
        if (!plan.obstacles.by_object().contains(item.object))
            forget_released(item.object);
    }
}

void OneHaproxy::need_reload(const ObjectId& object, const plan::Cause& cause) {
    if (!object_obstacles_.need(object, cause))
        reporter_.hopeless(object, cause);
}

} // namespace hitless::converge
