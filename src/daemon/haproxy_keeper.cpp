#include "daemon/haproxy_keeper.hpp"

#include "hitless/haproxy/present.hpp"
#include "hitless/plan/server_index.hpp"
#include "hitless/plan/unresolved.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;

confd::Question addresses_of(const std::string& name) {
    return {confd::Question::Kind::addresses, name};
}

converge::OneHaproxy::Options options_of(const KeptResource& kept) {
    converge::OneHaproxy::Options options;
    options.start_down = kept.options.init_state == "down";
    options.slots = kept.options.slots > 0;
    options.exact = kept.options.exact;
    options.noop = kept.noop;
    options.resync = kept.options.resync;
    options.dest = kept.resource.dest;
    return options;
}

} // namespace

HaproxyKeeper::HaproxyKeeper(const asio::any_io_executor& executor, KeptResource& kept,
                             std::string socket, haproxy::Config loaded, StartedFrom started_from)
    : kept_(kept),
      started_from_(std::move(started_from)),
      wake_(executor),
      complaints_(kept.status, apply::haproxy_trouble),
      aside_(kept.status, apply::haproxy_trouble),
      session_(executor, std::move(socket)),
      lookups_(executor, kept.resolver, {.longest_pause = kept.options.resync},
               [this](const confd::Question& question) { note_name(question); }),
      machine_(
          options_of(kept), std::move(loaded),
          [this](const std::string& name) {
              const confd::Answer* const answer = lookups_.find(addresses_of(name));
              return answer == nullptr ? nullptr : &answer->addresses;
          },
          *this) {}

asio::awaitable<void> HaproxyKeeper::run() {
    for (bool goes_on = true; goes_on;)
        goes_on = co_await do_step();
    lookups_.stop();
    hand_over();
    ended_ = true;
    kept_.wake.notify();
}

/// For the next reading of the confdir: servers may have options that the file doesn't say, since
/// check_cmd refuses the newer one.
void HaproxyKeeper::hand_over() {
    kept_.known_before.erase(session_.socket());
    if (session_.connected())
        kept_.known_before.emplace(
            session_.socket(),
            apply::Session::Knowledge{session_.info(), std::move(session_.observed().servers),
                                      std::move(session_.observed().acl_lines)});
}

void HaproxyKeeper::stop() {
    machine_.stop();
    wake_.notify();
}

void HaproxyKeeper::want(const haproxy::Config& config, const plan::Difference* difference,
                         std::optional<Clock::time_point> since) {
    machine_.want(config, difference, since, Clock::now());
    wake_.notify();
}

void HaproxyKeeper::need_no_note() {
    complaints_.settle(
        "live note",
        fmt::format("{} says what HAProxy runs, so that no note is needed", kept_.resource.dest));
}

void HaproxyKeeper::want_files(const live::Files& files, std::optional<Clock::time_point> since) {
    session_.watch(files);
    machine_.want_files(files, since);
    wake_.notify();
}

/// It has other addresses than before.
void HaproxyKeeper::note_name(const confd::Question& question) {
    changed_names_.insert(question.name);
    const confd::Answer* const answer = lookups_.find(question);
    if (answer != nullptr && answer->addresses.empty()) {
        kept_.inbox.name_is_lost = true;
        kept_.wake.notify();
    }
    wake_.notify();
}

void HaproxyKeeper::reconcile() {
    std::set<confd::Question> questions;
    for (const std::string& name : machine_.compare_all())
        questions.insert(addresses_of(name));
    lookups_.keep_only(questions);
    lookups_.renew();
    wake_.notify();
}

void HaproxyKeeper::note_reloaded(const haproxy::Config& config) {
    machine_.reloaded(config);
    is_just_reloaded_ = true;
    wake_.notify();
}

apply::Process HaproxyKeeper::process() const {
    return {session_.socket(), session_.connected() ? session_.info() : haproxy::Info()};
}

/// -onetime doesn't wait for ever for a check that doesn't pass.
bool HaproxyKeeper::waits_in_vain() const {
    constexpr std::chrono::seconds longest_wait{20};
    return kept_.onetime && waits_.longest(Clock::now()) > longest_wait;
}

bool HaproxyKeeper::settled(bool connected) const {
    return complaints_.raised("socket") || waits_in_vain() ||
           (machine_.settled(connected) && !session_.departures().deleting());
}

bool HaproxyKeeper::in_step(bool connected) const {
    return machine_.in_step(connected) && !complaints_.any() && !waits_in_vain();
}

// The kernel is asked once whether the connection stands: this is asked in each step of a change.
void HaproxyKeeper::add_to(converge::Progress& progress) const {
    const bool connected = session_.connected();
    progress.any_haproxy = true;
    progress.being_told = progress.being_told || machine_.busy(connected, Clock::now());
    progress.all_told = progress.all_told && machine_.is_told(connected);
    progress.have_all_possible = progress.have_all_possible && machine_.has_all_possible(connected);
    progress.needs_reload = progress.needs_reload || machine_.needs_reload();
    progress.haproxies_in_step = progress.haproxies_in_step && in_step(connected);
    progress.haproxies_settled = progress.haproxies_settled && settled(connected);
    progress.haproxies_ended = progress.haproxies_ended && ended_;
}

std::string HaproxyKeeper::address_of(const plan::ServerId& server) const {
    return plan::running_address(session_.observed().servers, server);
}

converge::Seen HaproxyKeeper::seen() {
    return {session_.observed(), session_.info(), session_.connected(),
            session_.departures().next_collection()};
}

/// Of a HAProxy that has answered before, the first failure isn't told: it is tried again a moment
/// later, and that failure says more. Where it was silent for long, nobody waits for that.
void HaproxyKeeper::lose(const Error& error) {
    constexpr std::chrono::seconds silence{1};
    const bool is_short = has_looked_ && Clock::now() - step_began_ < silence;
    is_to_be_told_ = std::exchange(is_tried_again_, true) || !is_short;
    session_.disconnect(); // after an answer that makes no sense, the connection still stands
    machine_.lost(error, Clock::now());
}

/// Returns false when it is time to end.
asio::awaitable<bool> HaproxyKeeper::do_step() {
    machine_.names_changed(std::exchange(changed_names_, {}));
    kept_.holds.refresh();
    if (std::exchange(holds_version_, kept_.holds.version()) != kept_.holds.version())
        machine_.hold(kept_.holds.states(), kept_.holds.over());
    const auto began = step_began_ = Clock::now();
    const Machine::Step step = machine_.next(seen(), began);
    if (std::holds_alternative<Machine::CarryOut>(step))
        kept_.witness.took(Witness::Phase::plan, Clock::now() - began);
    if (const auto* const asked = std::get_if<Machine::Identify>(&step))
        co_await identify(asked->anew);
    else if (std::holds_alternative<Machine::LearnStart>(step))
        co_await learn_start();
    else if (const auto* const all = std::get_if<Machine::ReadAll>(&step))
        co_await read_all(all->is_new);
    else if (const auto* const some = std::get_if<Machine::ReadBack>(&step))
        co_await read_back(some->scopes);
    else if (const auto* const planned = std::get_if<Machine::CarryOut>(&step))
        co_await carry_out(planned->plan);
    else if (const auto* const shown = std::get_if<Machine::Show>(&step))
        show(shown->plan);
    else if (std::holds_alternative<Machine::Collect>(step))
        co_await collect();
    else if (const auto* const pause = std::get_if<Machine::Wait>(&step))
        co_await wait(pause->until);
    co_return !std::holds_alternative<Machine::End>(step);
}

asio::awaitable<void> HaproxyKeeper::identify(bool anew) {
    if (anew)
        session_.disconnect();
    const auto identity = co_await session_.identify();
    if (identity)
        machine_.identified(*identity == apply::Session::Identity::other, Clock::now());
    else
        lose(identity.error());
}

/// The file may have sections already that come with a reload which is still owed.
asio::awaitable<void> HaproxyKeeper::learn_start() {
    auto start = started_from_(session_.info());
    if (!start) {
        lose(start.error());
        co_return;
    }
    is_start_certain_ = start->is_certain;
    const auto backends = co_await session_.read_backends();
    if (backends)
        machine_.started_from(
            haproxy::without_missing_backends(std::move(start->config), *backends));
    else
        lose(backends.error());
}

asio::awaitable<void> HaproxyKeeper::read_all(bool is_new) {
    if (const auto read = co_await session_.observe_all(); !read) {
        lose(read.error());
        co_return;
    }
    if (is_new) {
        const auto changed = kept_.live.read(session_.info());
        if (!changed)
            complaints_.raise("live note",
                              fmt::format("{}; so {} is taken for what HAProxy runs",
                                          changed.error().message, kept_.resource.dest));
        const auto in_doubt = changed ? *changed : std::set<plan::ObjectId>();
        const auto adopted =
            co_await session_.adopt(machine_.loaded(), in_doubt, is_start_certain_);
        if (!adopted) {
            lose(adopted.error());
            co_return;
        }
        // Once: what this session does is newer.
        if (const auto known = kept_.known_before.extract(session_.socket()))
            session_.remember(known.mapped(), in_doubt);
        tell_unknown_lists();
    } else if (is_just_reloaded_) { // the new process was met before the reload had ended
        const auto placed = co_await session_.place_acl_lines(machine_.loaded());
        if (!placed) {
            lose(placed.error());
            co_return;
        }
    }
    is_just_reloaded_ = false;
    tell_stopped();
    machine_.read_all(seen(), Clock::now());
}

asio::awaitable<void> HaproxyKeeper::read_back(const converge::Queue::UnverifiedScopes& scopes) {
    const auto began = Clock::now();
    for (const auto& [kind, own] : scopes) {
        const auto read = co_await session_.observe(*live::find_kind(kind), own);
        if (!read) {
            lose(read.error());
            co_return;
        }
    }
    kept_.witness.read_back(session_.socket(), Clock::now() - began);
    machine_.read_back(began, Clock::now());
}

asio::awaitable<void> HaproxyKeeper::carry_out(const plan::Plan& plan) {
    note_live_changes(plan);
    const auto began = Clock::now();
    const auto outcome = co_await session_.run(plan.steps);
    kept_.witness.took(Witness::Phase::commands, Clock::now() - began);
    if (!outcome) {
        lose(outcome.error());
        co_return;
    }
    for (const plan::Step* const step : outcome->done)
        watch(*step);
    machine_.carried_out(plan, outcome->done, outcome->refused, Clock::now());
}

asio::awaitable<void> HaproxyKeeper::collect() {
    const auto removals = co_await session_.departures().collect(kept_.options.drain_timeout);
    if (!removals) {
        lose(removals.error());
        co_return;
    }
    tell_cut_off();
    std::vector<plan::ObjectId> gone;
    for (const apply::Removal& removal : *removals) {
        tell_removal(removal);
        gone.push_back(object_id(removal.server));
    }
    machine_.collected(gone);
}

asio::awaitable<void> HaproxyKeeper::wait(Clock::time_point until) {
    using namespace asio::experimental::awaitable_operators;
    const bool connected = session_.connected();
    if (connected && newcomers_.next_look() <= Clock::now()) {
        co_await look_at_newcomers();
        co_return;
    }
    if (connected && !long_waits_.empty()) {
        co_await tell_waits();
        co_return;
    }
    kept_.wake.notify();
    if (!connected) {
        co_await wake_.wait_until(until);
        co_return;
    }
    until = std::min({until, newcomers_.next_look(), kept_.holds.next()});
    co_await (wake_.wait_until(until) || session_.lost());
}

/// Says what servers have waited for, each with the last answer of its check.
asio::awaitable<void> HaproxyKeeper::tell_waits() {
    const std::vector<plan::Remark> waits = std::exchange(long_waits_, {});
    for (const plan::Remark& wait : waits) {
        const auto rows = co_await session_.read_statistics(wait.object.scope);
        spdlog::warn("waiting: {}", rows ? with_check_answer(wait, *rows) : in_words(wait));
    }
}

asio::awaitable<void> HaproxyKeeper::look_at_newcomers() {
    const auto backends = newcomers_.due(Clock::now());
    for (const std::string& backend : backends) {
        const auto rows = co_await session_.read_statistics(backend);
        if (!rows) {
            lose(rows.error());
            co_return;
        }
        for (const std::string& line : newcomers_.look(backend, *rows, Clock::now()))
            spdlog::warn("{}", line);
    }
}

/// Before commands are sent, notes on disk that the process is changed, and which objects get what
/// HAProxy doesn't tell, such as options of servers. If hitlessd is killed, the next one doesn't
/// believe the file in that.
void HaproxyKeeper::note_live_changes(const plan::Plan& plan) {
    std::vector<plan::ObjectId> objects;
    for (const plan::Step& step : plan.steps) {
        if (live::find_kind(step.object.kind)->is_told(step.object))
            continue;
        const auto* const effect = std::get_if<plan::ServerEffect>(&step.effect);
        const auto* const before = haproxy::find_server(session_.observed().servers,
                                                        step.object.scope, step.running_name());
        const bool is_told =
            effect != nullptr && (step.phase == plan::Phase::withdraw ||
                                  (before != nullptr && before->options == effect->after.options));
        if (!is_told)
            objects.push_back(live::original_of(step.object));
    }
    if (const auto noted = kept_.live.add(session_.info(), objects, places_after(plan)); !noted)
        complaints_.raise(
            "live note", fmt::format("{}; if hitlessd is killed before {} is written, the next one "
                                     "takes the file for what HAProxy runs",
                                     noted.error().message, kept_.resource.dest));
    else
        complaints_.settle("live note", "what HAProxy runs can be noted again");
}

/// What the plan makes of slots and of servers that leave. One that leaves to come back with other
/// options is still wanted.
apply::LivePlaces HaproxyKeeper::places_after(const plan::Plan& plan) const {
    apply::LivePlaces places;
    std::set<plan::ServerId> serving;
    const haproxy::Config none;
    const plan::ServerIndex wanted(machine_.wanted() ? *machine_.wanted() : none,
                                   plan.steps.size());
    for (const plan::Step& step : plan.steps) {
        const auto* const effect = std::get_if<plan::ServerEffect>(&step.effect);
        if (effect == nullptr)
            continue;
        const plan::ServerId server = server_id(step.object);
        const bool goes = step.phase == plan::Phase::withdraw || step.phase == plan::Phase::remove;
        if (effect->slot.empty())
            places.leaving[server] = goes && !wanted.has(server);
        else
            places.slots[{server.backend, effect->slot}] = goes ? std::string() : server.server;
        if (!goes && !effect->after.in_maintenance())
            serving.insert(server);
    }
    // Most servers are never taken out.
    std::erase_if(places.leaving, [&](const auto& place) {
        const auto* const before = haproxy::find_server(session_.observed().servers,
                                                        place.first.backend, place.first.server);
        return serving.contains(place.first) && (before == nullptr || !before->in_maintenance());
    });
    return places;
}

/// Whether a new server gets its share. In a large backend the statistics would cost more than the
/// change did.
void HaproxyKeeper::watch(const plan::Step& step) {
    constexpr std::size_t most_servers = 1'000;
    const haproxy::Running& running = session_.observed().servers;
    const auto backend = running.find(step.object.scope);
    const bool is_small = backend != running.end() && backend->second.size() <= most_servers;
    if (step.object.kind == plan::ObjectId::Kind::server && step.phase == plan::Phase::create &&
        is_small && plan::stood_in_for(step.object.name).empty())
        newcomers_.note_added({step.object.scope, step.running_name()}, Clock::now());
}

} // namespace hitless::daemon
