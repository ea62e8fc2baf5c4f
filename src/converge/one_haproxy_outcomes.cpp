#include "converge/one_haproxy.hpp"

#include <algorithm>
#include <utility>

// What plans and HAProxy's answers to them lead to.
namespace hitless::converge {
namespace {

using plan::ServerId;
using std::chrono::milliseconds;

/// A quiet time before reading back, so that changes in quick succession don't wait for it; longer
/// where reading takes long, so that one in twenty of the next changes meets it at most.
constexpr milliseconds quiet{50};
constexpr int quiet_readings = 20;

constexpr int most_repairs = 2;

/// The server for which this action was planned: for a stand-in, the one that it stands in for.
ServerId planned_server(const std::string& backend, const std::string& server,
                        std::span<const Queue::Item> items) {
    const ServerId own{backend, server};
    ServerId original = original_of(own);
    const bool is_planned = std::ranges::binary_search(items, original, {}, &Queue::Item::server);
    return is_planned ? original : own;
}

} // namespace

void OneHaproxy::carried_out(const plan::Plan& plan, std::span<const plan::Action* const> done,
                             std::span<const plan::Refusal> refused, Time now) {
    for (const plan::Action* const action : done)
        reporter_.done(*action, in_hand_since_);
    note_refusals(refused, now);
    for (const plan::Action& action : plan.actions)
        queue_.read_back_later({action.backend, action.server});
    if (!repairs_in_vain_)
        read_back_at_ = now + std::max<Clock::duration>(quiet, quiet_readings * reading_time_);
    in_hand_.clear();
    in_hand_since_.reset();
}

void OneHaproxy::collected(std::span<const ServerId> gone) {
    // One of the same name may wait to be added, or may need a reload, since this one stays.
    for (const ServerId& server : gone)
        queue_.add(server, Why::left);
}

/// Servers for which this plan is one step of several, and those that wait, are read back and
/// planned again: soon after a step, with growing pauses while nothing but waiting is left.
void OneHaproxy::follow_up(const plan::Plan& plan, std::span<const Queue::Item> items, Time now) {
    for (const Queue::Item& item : items)
        queue_.forget_step(item.server);
    if (plan.next.empty() && plan.waiting.empty())
        return;
    step_pause_ = plan.actions.empty() ? std::min<Clock::duration>(step_pause_ * 2, longest_step)
                                       : Clock::duration(first_step);
    read_back_at_ = std::min(read_back_at_, now + step_pause_);
    for (const ServerId& server : plan.next)
        queue_.step_again_later(server);
    for (const plan::Remark& wait : plan.waiting)
        queue_.step_again_later(wait.server);
}

/// True when a repair did not last before, so that the servers aren't read back soon: that would
/// repair them for ever.
bool OneHaproxy::note_repairs(const plan::Plan& plan, std::span<const Queue::Item> items) {
    auto before = std::exchange(repairs_, {});
    bool in_vain = false;
    for (const plan::Action& action : plan.actions) {
        const ServerId server = planned_server(action.backend, action.server, items);
        const auto item = std::ranges::lower_bound(items, server, {}, &Queue::Item::server);
        const bool is_repair =
            item != items.end() && item->server == server && item->why == Why::compared;
        if (!is_repair || queue_.is_stepping(server) || queue_.times_refused(server) > 0)
            continue;
        reporter_.repairs(action);
        const int times = repairs_[server] = before[server] + 1;
        if (times <= most_repairs)
            continue;
        in_vain = true;
        need_reload(server, {plan::Cause::Kind::undone, "its repairs don't last"});
    }
    // Those that need no repair any more start anew.
    for (const Queue::Item& item : items)
        before.erase(item.server);
    repairs_.merge(before);
    return in_vain;
}

/// What HAProxy has refused of the plan in hand; what it has not is forgotten.
void OneHaproxy::note_refusals(std::span<const plan::Refusal> refused, Time now) {
    Queue::Servers still;
    for (const plan::Refusal& refusal : refused) {
        const ServerId server = planned_server(refusal.backend, refusal.server, in_hand_);
        if (!still.insert(server).second)
            continue;
        if (queue_.note_refused(server, refusal.message, now))
            reporter_.refused(refusal);
        if (queue_.times_refused(server) >= most_refusals)
            need_reload(server, {plan::Cause::Kind::refused, refusal.message});
    }
    for (const Queue::Item& item : in_hand_) {
        if (!still.contains(item.server))
            queue_.forget_refusal(item.server);
    }
}

void OneHaproxy::need_reload(const ServerId& server, plan::Cause cause) {
    if (!server_obstacles_.need(server, cause))
        reporter_.hopeless(server, cause);
}

} // namespace hitless::converge
