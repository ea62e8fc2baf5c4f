#include "converge/one_haproxy.hpp"

#include <algorithm>
#include <utility>

namespace hitless::converge {
namespace {

using plan::ObjectId;
using std::chrono::milliseconds;

constexpr milliseconds first_retry{20};
constexpr milliseconds longest_retry{1'000};
constexpr milliseconds longest_neglect{1'000}; ///< of leaving servers

/// After a reload by somebody else this connection is still to the old process, which says only
/// when it is asked that it is about to end.
constexpr milliseconds between_probes{1'000};

} // namespace

OneHaproxy::OneHaproxy(Options options, haproxy::Config loaded, AddressesNow addresses,
                       Reporter& reporter)
    : options_(std::move(options)),
      reporter_(reporter),
      loaded_(std::move(loaded)),
      addresses_(std::move(addresses)),
      retry_pause_(first_retry),
      step_pause_(first_step) {}

OneHaproxy::Step OneHaproxy::next(const Seen& seen, Time now) {
    if (stopping_)
        return End{};
    if (!wanted_)
        return Wait{Time::max()};
    if (auto step = look(seen, now))
        return *step;
    if (contact_ != Contact::current || !seen.connected)
        return Wait{retry_at_};
    if (now >= probe_at_ && !is_reloading()) {
        doing_ = Doing::probing;
        return Identify{};
    }
    // Changes that come one upon the other must not keep those that leave.
    if (now - longest_neglect >= seen.next_collection)
        return Collect{};
    if (auto step = make_plan(seen, now)) {
        // What is carried out now is to be read back after its own quiet time.
        if (doing_ == Doing::reading_back)
            read_back_at_ = Time::max();
        doing_ = Doing::nothing;
        return *step;
    }
    if (std::exchange(doing_, Doing::nothing) == Doing::reading_back)
        return ReadBack{queue_.unverified_scopes()};
    if (now >= read_back_at_) {
        doing_ = Doing::probing_before_reading_back;
        return Identify{};
    }
    if (now >= seen.next_collection)
        return Collect{};
    return wait(seen, now);
}

/// The next step of reading everything: who answers, what that process was started from, what it
/// has. nullopt when no such reading is due.
std::optional<OneHaproxy::Step> OneHaproxy::look(const Seen& seen, Time now) {
    const bool must_look = contact_ != Contact::current || !seen.connected;
    if (doing_ != Doing::looking) {
        const bool is_due = must_look ? now >= retry_at_ : now >= resync_at_;
        if (!is_due)
            return std::nullopt;
        doing_ = Doing::identifying;
        const bool anew = contact_ == Contact::replaced;
        contact_ = Contact::stale;
        return Identify{anew};
    }
    if (process_ == Process::unmet && reload_ != OwnReload::awaited)
        return LearnStart{};
    if (process_ == Process::unmet)
        meet(true);
    return ReadAll{process_ == Process::unread};
}

std::optional<OneHaproxy::Step> OneHaproxy::make_plan(const Seen& seen, Time now) {
    queue_.retry_due(now);
    if (!queue_.has_work(now))
        return std::nullopt;
    // One whose backend, say, the running process doesn't have comes with the reload.
    const auto is_possible = [this](const ObjectId& object) {
        const live::Kind* const kind = live::find_kind(object.kind);
        return kind != nullptr && kind->is_possible(loaded_, object);
    };
    auto items = queue_.take(now, is_possible, [this](const ObjectId& object, PutOff why) {
        reporter_.put_off(object, why, {});
    });
    set_aside_unresolved(items);
    if (items.empty())
        return std::nullopt;
    std::vector<ObjectId> objects;
    objects.reserve(items.size());
    for (const Queue::Item& item : items)
        objects.push_back(item.object);
    plan::Plan plan =
        live::make_plan({loaded_, *wanted_, files_, seen.observed, seen.info, names_,
                         options_.start_down, options_.slots, options_.exact, &by_hand_},
                        objects);
    reporter_.planned(objects, plan, object_obstacles_.note_plan(objects, plan));
    const auto since = std::exchange(since_, std::nullopt);
    if (options_.noop)
        return Show{std::move(plan)};
    repairs_in_vain_ = note_repairs(plan, items);
    follow_up(plan, items, now);
    in_hand_ = std::move(items);
    if (plan.steps.empty()) {
        note_refusals(plan, {}, now);
        in_hand_.clear();
        return std::nullopt;
    }
    in_hand_since_ = since;
    return CarryOut{std::move(plan)};
}

OneHaproxy::Step OneHaproxy::wait(const Seen& seen, Time now) const {
    return Wait{std::min({resync_at_, is_reloading() ? now + between_probes : probe_at_,
                          read_back_at_, seen.next_collection, queue_.next(now)})};
}

void OneHaproxy::want(const haproxy::Config& config, const plan::Difference* difference,
                      std::optional<Time> since, Time now) {
    const haproxy::Config before = wanted_.value_or(haproxy::Config());
    wanted_ = config;
    const live::Changes changes =
        difference == nullptr ? live::Changes() : live::claim(before, config, *difference);
    const bool is_change = difference == nullptr || !changes.objects.empty();
    if (!since_ && is_change)
        since_ = since;
    for (const ObjectId& object : live::come_or_gone(before, config, changes.objects))
        if (!queue_.note_turn(object, now))
            reporter_.put_off(object, PutOff::flaps, {});
    for (const ObjectId& object : changes.objects) {
        object_obstacles_.note_change(object);
        queue_.forget_refusal(object);
        repairs_.erase(object);
        queue_.add(object, Why::changed);
    }
    if (difference == nullptr || !difference->lines.empty())
        compare_with_loaded();
    if (difference == nullptr || !changes.lines.empty()) {
        queue_.forget_refusals();
        look_again(Why::changed); // a `default-server` may have changed any server
    }
}

/// One that is new has not been read; of one that nobody keeps any more, nothing is planned.
void OneHaproxy::want_files(live::Files files, std::optional<Time> since) {
    const auto note = [&](const ObjectId& object) {
        object_obstacles_.note_change(object);
        queue_.forget_refusal(object);
        repairs_.erase(object);
        queue_.add(object, Why::changed);
        if (!since_)
            since_ = since;
    };
    const live::Files before = std::exchange(files_, std::move(files));
    for (const auto& [object, file] : files_) {
        const auto known = before.find(object);
        if (known == before.end())
            look_again(Why::compared);
        if (known == before.end() || known->second != file)
            note(object);
    }
    for (const auto& [object, file] : before) {
        if (!files_.contains(object))
            note(object);
    }
}

void OneHaproxy::look_again(Why why) {
    contact_ = std::max(contact_, Contact::stale);
    look_why_ = std::max(look_why_, why);
}

/// hitlessctl has already changed the servers of new and ended holds. So all servers are read
/// before these are planned.
void OneHaproxy::hold(const plan::ManualStates& held, std::span<const plan::ServerId> over) {
    using Kind = plan::ManualState::Kind;
    std::vector<plan::ServerId> changed;
    for (const auto& [server, state] : held) {
        const auto [known, is_new] = by_hand_.try_emplace(server, state);
        if (is_new || known->second != state)
            changed.push_back(server);
        known->second = state;
    }
    for (auto& [server, state] : by_hand_) {
        if (held.contains(server) || state.kind == Kind::released)
            continue;
        state.kind = Kind::released;
        changed.push_back(server);
    }
    if (!std::exchange(knows_holds_, true)) {
        for (const plan::ServerId& server : over) {
            if (by_hand_.try_emplace(server, plan::ManualState{Kind::released, 0}).second)
                changed.push_back(server);
        }
    }
    if (changed.empty())
        return;
    look_again(Why::compared);
    for (const plan::ServerId& server : changed)
        queue_.add(object_id(server), Why::changed);
}

/// A server whose hold is over has been brought to its line, and is as any other from now on.
void OneHaproxy::forget_released(const ObjectId& object) {
    if (by_hand_.empty() || object.kind != ObjectId::Kind::server)
        return;
    const auto held = by_hand_.find(server_id(object));
    if (held != by_hand_.end() && held->second.kind == plan::ManualState::Kind::released)
        by_hand_.erase(held);
}

live::Changes OneHaproxy::compare_with_loaded() {
    line_obstacles_.clear();
    if (!wanted_)
        return {};
    live::Changes changes = live::compare(loaded_, *wanted_);
    if (loaded_.sections().empty())
        line_obstacles_.add({plan::ObjectId::Kind::file, {}, options_.dest},
                            {plan::Cause::Kind::no_file, {}});
    else
        line_obstacles_.add(changes.lines);
    return changes;
}

void OneHaproxy::reloaded(const haproxy::Config& config) {
    loaded_ = config;
    reload_ = reload_ == OwnReload::runs_for_others ? OwnReload::none : OwnReload::awaited;
    contact_ = Contact::replaced;
    object_obstacles_.note_reloaded(compare_with_loaded());
}

void OneHaproxy::lost(const Error& error, Time now) {
    doing_ = Doing::nothing;
    look_again(Why::compared);
    retry_at_ = now + retry_pause_;
    retry_pause_ = std::min<Clock::duration>(retry_pause_ * 2, longest_retry);
    for (const Queue::Item& item : in_hand_) // what was done of it shows when all is read
        queue_.add(item.object, item.why);
    in_hand_.clear();
    if (!since_)
        since_ = in_hand_since_;
    in_hand_since_.reset();
    reporter_.lost(error);
}

void OneHaproxy::identified(bool is_other, Time now) {
    if (is_other)
        process_ = Process::unmet;
    probe_at_ = now + between_probes;
    if (doing_ == Doing::identifying)
        doing_ = Doing::looking;
    else if (is_other)
        look_again(Why::compared);
    if (doing_ == Doing::probing_before_reading_back && !is_other)
        doing_ = Doing::reading_back;
    else if (doing_ != Doing::looking)
        doing_ = Doing::nothing;
}

void OneHaproxy::started_from(haproxy::Config config) {
    loaded_ = std::move(config);
    object_obstacles_.forget_all();
    compare_with_loaded();
    meet(false);
}

void OneHaproxy::meet(bool is_ours) {
    if (is_ours)
        reload_ = OwnReload::none;
    else if (reload_ == OwnReload::runs)
        reload_ = OwnReload::runs_for_others;
    process_ = Process::unread;
    repairs_.clear();
    queue_.forget_refusals();
    reporter_.met(is_ours);
}

void OneHaproxy::read_all(const Seen& seen, Time now) {
    const bool is_new = std::exchange(process_, Process::known) != Process::known;
    const Why why = is_new ? Why::met : look_why_;
    doing_ = Doing::nothing;
    // `replaced`: a reload has ended meanwhile, so this may have been the old process.
    if (contact_ != Contact::replaced) {
        contact_ = Contact::current;
        look_why_ = Why::compared;
    }
    for (const ObjectId& object : live::all_objects(*wanted_, files_, seen.observed))
        queue_.add(object, why);
    queue_.forget_unverified();
    retry_pause_ = first_retry;
    read_back_at_ = Time::max();
    resync_at_ = now + options_.resync;
    probe_at_ = now + between_probes;
    reporter_.looked(is_new);
}

void OneHaproxy::read_back(Time began, Time now) {
    read_back_at_ = Time::max();
    reading_time_ = now - began;
    queue_.plan_unverified();
}

plan::Obstacles OneHaproxy::obstacles() const {
    plan::Obstacles all = object_obstacles_.obstacles();
    all.add(line_obstacles_);
    return all;
}

bool OneHaproxy::busy(bool connected, Time now) const {
    return wanted_ && connected && queue_.has_work(now);
}

bool OneHaproxy::is_told(bool connected) const {
    return wanted_ && connected && contact_ == Contact::current && process_ == Process::known &&
           !queue_.any_queued() && unresolved_.empty();
}

bool OneHaproxy::has_all_possible(bool connected) const {
    return is_told(connected) && in_hand_.empty() && !queue_.any_stepping() &&
           !queue_.any_refused();
}

bool OneHaproxy::in_step(bool connected) const {
    return has_all_possible(connected) && !queue_.any_unverified();
}

bool OneHaproxy::settled(bool connected) const {
    return wanted_ && connected && contact_ == Contact::current && !queue_.any_queued() &&
           unresolved_.empty() && in_hand_.empty() && !queue_.any_unverified() &&
           !queue_.any_refused_below(most_refusals);
}

} // namespace hitless::converge
