#include "base/event.hpp"
#include "daemon/proxy_keeper.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

// The half of the ProxyKeeper that asks nobody.
namespace hitless::daemon {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_step{50};
constexpr milliseconds longest_retry{1'000};
constexpr std::chrono::seconds longest_wait{20};
constexpr int most_repairs = 2;
constexpr int most_refusals = 2; ///< before a reload is to help

std::string hopeless_topic(const plan::ServerChange& server) {
    return fmt::format("reload {}/{}", server.backend, server.server);
}

/// The server that was planned: a stand-in's commands are those of the server that it stands in
/// for.
plan::ServerChange planned_server(const apply::Refusal& refusal,
                                  const std::vector<plan::ServerChange>& planned) {
    const std::string_view other = plan::stood_in_for(refusal.server);
    plan::ServerChange server{refusal.backend, std::string(other)};
    if (!other.empty() && std::ranges::binary_search(planned, server))
        return server;
    return {refusal.backend, refusal.server};
}

} // namespace

plan::Difference ProxyKeeper::compare_with_loaded() {
    other_lines_.clear();
    if (!wanted_)
        return {};
    plan::Difference difference = plan::compare(loaded_, *wanted_);
    if (loaded_.sections().empty())
        other_lines_.add({plan::ObjectId::Kind::file, {}, work_.resource.dest},
                         {plan::Cause::Kind::no_file, {}});
    else
        other_lines_.add(difference);
    return difference;
}

void ProxyKeeper::note_reloaded(const haproxy::Config& config) {
    loaded_ = config;
    own_reload_ = !std::exchange(met_early_, false);
    reconnect_ = true;
    owed_.note_reloaded(compare_with_loaded());
    wake_.notify();
}

plan::Obstacles ProxyKeeper::obstacles() const {
    plan::Obstacles all = owed_.obstacles();
    all.add(other_lines_);
    return all;
}

apply::Process ProxyKeeper::process() const {
    return {proxy_.socket(), proxy_.connected() ? proxy_.info() : haproxy::Info()};
}

bool ProxyKeeper::busy() const {
    return wanted_ && proxy_.connected() && !pending_.empty() && Clock::now() >= paced_until_;
}

bool ProxyKeeper::has_options() const {
    return wanted_ && proxy_.connected() && !look_needed_ && !unread_ && pending_.empty() &&
           unresolved_.empty() && in_steps_.empty() && refusals_.next() == Clock::time_point::max();
}

bool ProxyKeeper::in_step() const {
    return has_options() && !reconnect_ && unverified_.empty() && !complaints_.any() &&
           !waits_in_vain();
}

/// -onetime doesn't wait for ever for a check that doesn't pass.
bool ProxyKeeper::waits_in_vain() const {
    return work_.onetime && waits_.longest(Clock::now()) > longest_wait;
}

bool ProxyKeeper::settled() const {
    const bool idle = wanted_ && proxy_.connected() && !look_needed_ && pending_.empty() &&
                      unresolved_.empty() && unverified_.empty() && !proxy_.deleting();
    return complaints_.raised("socket") || waits_in_vain() ||
           (idle && !refusals_.any_below(most_refusals));
}

/// Another process answers than before. An Error: it can't be told what that was started from.
Result<void> ProxyKeeper::meet_process() {
    if (!own_reload_) {
        auto started_from = started_from_(proxy_.info());
        if (!started_from)
            return started_from.error();
        loaded_ = std::move(*started_from);
        owed_.forget_all();
        compare_with_loaded();
    }
    if (!std::exchange(own_reload_, false))
        work_.tell_in_step = true;
    met_early_ = work_.reloading;
    repairs_.clear();
    refusals_.forget_all();
    newcomers_.forget_all();
    const haproxy::Info& info = proxy_.info();
    log(spdlog::level::info, base::Event("haproxy")
                                 .with("version", info.version)
                                 .with("pid", info.pid)
                                 .with("socket", proxy_.socket())
                                 .says(fmt::format("HAProxy {} with pid {} answers at {}",
                                                   info.version, info.pid, proxy_.socket())));
    return {};
}

void ProxyKeeper::lose(const Error& error) {
    complaints_.raise("socket",
                      fmt::format("HAProxy can't be told of changes; they go to {} until it "
                                  "answers: {}",
                                  work_.resource.dest, error.message));
    work_.tell_in_step = true;
    proxy_.disconnect(); // an answer that isn't HAProxy's leaves it standing
    look_needed_ = true;
    retry_at_ = Clock::now() + retry_pause_;
    retry_pause_ = std::min(retry_pause_ * 2, longest_retry);
}

void ProxyKeeper::plan_soon(std::vector<plan::ServerChange> servers) {
    if (servers.empty())
        return;
    for (plan::ServerChange& server : servers)
        pending_.insert(std::move(server));
    paced_until_ = Clock::time_point::min();
}

/// Servers that someone holds by hand since, or no longer does, are to be planned: then it returns
/// true. Whoever holds one has changed it, so that HAProxy is looked at first.
bool ProxyKeeper::note_holds() {
    work_.holds.refresh();
    const plan::ManualStates& held = work_.holds.states();
    std::vector<plan::ServerChange> changed;
    for (const auto& [server, state] : held) {
        const auto [known, is_new] = by_hand_.try_emplace(server, state);
        if (is_new || known->second != state)
            changed.push_back(server);
        known->second = state;
    }
    for (auto& [server, state] : by_hand_) {
        if (held.contains(server) || state.kind == plan::ManualState::Kind::released)
            continue;
        state.kind = plan::ManualState::Kind::released;
        changed.push_back(server);
    }
    if (!std::exchange(knows_holds_, true)) {
        for (const plan::ServerChange& server : work_.holds.over()) {
            if (by_hand_
                    .try_emplace(server, plan::ManualState{plan::ManualState::Kind::released, 0})
                    .second)
                changed.push_back(server);
        }
    }
    if (changed.empty())
        return false;
    look_needed_ = true;
    plan_soon(std::move(changed));
    return true;
}

/// What was held before is as its line says, once it has been planned.
void ProxyKeeper::forget_released(const std::vector<plan::ServerChange>& planned) {
    std::erase_if(by_hand_, [&](const auto& entry) {
        return entry.second.kind == plan::ManualState::Kind::released &&
               std::ranges::binary_search(planned, entry.first);
    });
}

/// What is to be planned now. A server that flaps stays for later; one that HAProxy has refused
/// comes again when its pause is over; one whose backend the running process doesn't have comes
/// with the reload.
std::vector<plan::ServerChange> ProxyKeeper::take_pending() {
    const auto now = Clock::now();
    std::vector<plan::ServerChange> taken;
    Servers later;
    paced_until_ = Clock::time_point::max();
    std::string_view checked;
    bool missing = false;
    for (const plan::ServerChange& server : pending_) {
        if (server.backend != checked) {
            checked = server.backend;
            missing = loaded_.find_backend(server.backend) == nullptr;
        }
        if (missing)
            spdlog::debug("{}/{} comes with the reload that brings its backend", server.backend,
                          server.server);
        else if (refusals_.waits(server, now))
            spdlog::debug("{}/{} waits for its next try, since HAProxy has refused it",
                          server.backend, server.server);
        if (missing || refusals_.waits(server, now))
            continue;
        const auto when = flapping_.may_be_planned(server, now);
        if (when > now) {
            spdlog::debug("{}/{} comes and goes too often: it is planned again in {} ms",
                          server.backend, server.server,
                          std::chrono::duration_cast<milliseconds>(when - now).count());
            paced_until_ = std::min(paced_until_, when);
            later.insert(server);
            continue;
        }
        flapping_.note_plan(server, now);
        taken.push_back(server);
    }
    pending_ = std::move(later);
    return taken;
}

/// What a plan says that isn't done by commands.
/// Returns what servers have waited for, where that is to be told now.
std::vector<plan::Remark>
ProxyKeeper::note_findings(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers) {
    const auto hopeless = owed_.note_plan(servers, plan);
    settle_complaints(plan, servers, hopeless);
    for (const plan::Remark& difference : plan.differences) {
        if (told_.insert(difference).second)
            spdlog::warn("{}; with -exact, hitlessd reloads HAProxy for such a server",
                         in_words(difference));
    }
    for (const plan::Remark& problem : plan.problems)
        complaints_.raise(to_string(object_id(problem.server)), in_words(problem));
    for (const auto& [server, cause] : hopeless)
        complain_of_hopeless(server, cause);
    return waits_.note(servers, plan.waiting, Clock::now());
}

/// What was said of these servers and is no longer so is over, so that it is said again should it
/// come back.
void ProxyKeeper::settle_complaints(const plan::Plan& plan,
                                    const std::vector<plan::ServerChange>& servers,
                                    const std::map<plan::ServerChange, plan::Cause>& hopeless) {
    if (!complaints_.any())
        return;
    Servers troubled;
    for (const plan::Remark& problem : plan.problems)
        troubled.insert(problem.server);
    for (const plan::ServerChange& server : servers) {
        const std::string name = to_string(object_id(server));
        if (!troubled.contains(server))
            complaints_.settle(name, fmt::format("{}: the trouble is over", name));
        if (!hopeless.contains(server) && refusals_.times(server) == 0)
            complaints_.settle(hopeless_topic(server));
    }
}

void ProxyKeeper::need_reload(const plan::ServerChange& server, const plan::Cause& cause) {
    if (!owed_.need(server, cause))
        complain_of_hopeless(server, cause);
}

void ProxyKeeper::complain_of_hopeless(const plan::ServerChange& server, const plan::Cause& cause) {
    complaints_.raise(hopeless_topic(server),
                      fmt::format("{}/{} is not as its line in {} says: {}. A reload did not help, "
                                  "and none is tried again until its line changes",
                                  server.backend, server.server, work_.resource.dest,
                                  cause.detail));
}

/// Servers that a plan brings to their options in several steps are planned again when this one is
/// done; what is only waited for, with growing pauses.
void ProxyKeeper::follow_up(const plan::Plan& plan,
                            const std::vector<plan::ServerChange>& servers) {
    Servers next(plan.next.begin(), plan.next.end());
    for (const plan::Remark& wait : plan.waiting)
        next.insert(wait.server);
    for (const plan::ServerChange& server : servers)
        in_steps_.erase(server);
    if (next.empty())
        return;
    step_pause_ = plan.actions.empty() ? std::min(step_pause_ * 2, longest_retry) : first_step;
    read_back_at_ = std::min(read_back_at_, Clock::now() + step_pause_);
    unverified_.insert(next.begin(), next.end());
    in_steps_.merge(next);
}

/// Returns true when a server's repairs have no effect, so that it is not read back at once again.
bool ProxyKeeper::note_repairs(const plan::Plan& plan,
                               const std::vector<plan::ServerChange>& servers) {
    auto before = std::exchange(repairs_, {});
    bool in_vain = false;
    for (const plan::Action& action : plan.actions) {
        const plan::ServerChange server{action.backend, action.server};
        if (is_in_steps(server) || refusals_.times(server) > 0)
            continue;
        const std::string_view kind = plan::to_string(action.kind);
        log(spdlog::level::warn,
            base::Event("repair")
                .with("backend", action.backend)
                .with("server", action.server)
                .with("repair", kind)
                .with("change", action.detail)
                .says(fmt::format("HAProxy differs from what the keys say, perhaps since someone "
                                  "changed it at its socket; repairing: {} backend={} server={} "
                                  "change=\"{}\"",
                                  kind, action.backend, action.server, action.detail)));
        const int times = repairs_[server] = before[server] + 1;
        if (times <= most_repairs)
            continue;
        in_vain = true;
        need_reload(server, {plan::Cause::Kind::undone, "its repairs don't last"});
    }
    // Those that were read back and need no repair any more start anew.
    for (const plan::ServerChange& server : servers)
        before.erase(server);
    repairs_.merge(before);
    return in_vain;
}

/// True when the server, or the one that it stands in for, is on its way to other options.
bool ProxyKeeper::is_in_steps(const plan::ServerChange& server) const {
    const std::string_view other = plan::stood_in_for(server.server);
    return in_steps_.contains(server) ||
           (!other.empty() && in_steps_.contains({server.backend, std::string(other)}));
}

/// What HAProxy has refused of a plan for these servers; what it has not is forgotten.
void ProxyKeeper::note_refusals(const std::vector<apply::Refusal>& refused,
                                const std::vector<plan::ServerChange>& servers) {
    const auto now = Clock::now();
    Servers still;
    for (const apply::Refusal& refusal : refused) {
        const plan::ServerChange server = planned_server(refusal, servers);
        if (!still.insert(server).second)
            continue;
        if (refusals_.note(server, refusal.message, now))
            log(spdlog::level::warn,
                base::Event("refused")
                    .with("backend", refusal.backend)
                    .with("server", refusal.server)
                    .with("reason", refusal.message)
                    .says(fmt::format("HAProxy refuses backend={} server={}: {}; it is tried again "
                                      "with growing pauses, and at once when its line changes",
                                      refusal.backend, refusal.server, refusal.message)));
        if (refusals_.times(server) >= most_refusals)
            need_reload(server, {plan::Cause::Kind::refused, refusal.message});
    }
    for (const plan::ServerChange& server : servers) {
        if (!still.contains(server))
            refusals_.forget(server);
    }
}

/// Notes that HAProxy is about to differ from the file, and which servers get other options than it
/// may say, before they do.
void ProxyKeeper::note_options(const plan::Plan& plan) {
    if (plan.actions.empty())
        return;
    std::vector<plan::ServerChange> servers;
    for (const plan::Action& action : plan.actions) {
        const auto* const before =
            haproxy::find_server(proxy_.running(), action.backend, action.running_name());
        if (action.kind == plan::Action::Kind::remove ||
            (before != nullptr && before->options == action.after.options))
            continue;
        const std::string_view other = plan::stood_in_for(action.server);
        servers.push_back({action.backend, other.empty() ? action.server : std::string(other)});
    }
    if (const auto noted = work_.live.add(proxy_.info(), servers); !noted)
        complaints_.raise(
            "live note", fmt::format("{}; if hitlessd is killed before {} is written, the next one "
                                     "takes the file for what HAProxy runs",
                                     noted.error().message, work_.resource.dest));
    else
        complaints_.settle("live note", "what HAProxy runs can be noted again");
}

/// Whether a new server gets its share. In a large backend the statistics would cost more than the
/// change did.
void ProxyKeeper::watch(const plan::Action& action) {
    constexpr std::size_t most_servers = 1'000;
    const auto backend = proxy_.running().find(action.backend);
    const bool is_small =
        backend != proxy_.running().end() && backend->second.size() <= most_servers;
    if (action.kind == plan::Action::Kind::add && is_small &&
        plan::stood_in_for(action.server).empty())
        newcomers_.note_added({action.backend, action.running_name()}, Clock::now());
}

} // namespace hitless::daemon
