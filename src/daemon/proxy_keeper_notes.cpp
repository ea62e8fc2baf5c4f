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
constexpr int most_repairs = 2;
constexpr std::size_t most_reasons = 5;

} // namespace

plan::Difference ProxyKeeper::compare_with_loaded() {
    line_reasons_.clear();
    if (!wanted_)
        return {};
    plan::Difference difference = plan::compare(loaded_, *wanted_);
    if (loaded_.sections().empty())
        line_reasons_.push_back(fmt::format("there was no {}", work_.resource.dest));
    else
        line_reasons_ = plan::reasons(difference, most_reasons);
    return difference;
}

/// The reasons that the reload should have taken away are hopeless if they come again: not those of
/// servers that came or changed while it was on its way.
void ProxyKeeper::note_reloaded(const haproxy::Config& config) {
    loaded_ = config;
    own_reload_ = reconnect_ = true;
    const plan::Difference newer = compare_with_loaded();
    hopeless_ = std::exchange(server_reasons_, {});
    for (const plan::ServerChange& server : newer.servers)
        hopeless_.erase(fmt::format("{}/{}", server.backend, server.server));
    if (!newer.lines.empty())
        hopeless_.clear();
    wake_.notify();
}

std::vector<std::string> ProxyKeeper::reload_reasons() const {
    std::vector<std::string> reasons = line_reasons_;
    for (const auto& [server, reason] : server_reasons_) {
        if (reasons.size() == 2 * most_reasons) {
            reasons.push_back(fmt::format("and {} servers more", server_reasons_.size()));
            break;
        }
        reasons.push_back(reason);
    }
    return reasons;
}

apply::Process ProxyKeeper::process() const {
    return {proxy_.socket(), proxy_.connected() ? proxy_.info().pid : 0};
}

bool ProxyKeeper::busy() const {
    return wanted_ && proxy_.connected() && !pending_.empty() && Clock::now() >= paced_until_;
}

bool ProxyKeeper::settled() const {
    const bool idle = wanted_ && proxy_.connected() && !look_needed_ && pending_.empty() &&
                      unverified_.empty() && !proxy_.deleting();
    return complaints_.raised("socket") || idle;
}

void ProxyKeeper::meet_process() {
    const haproxy::Info& info = proxy_.info();
    spdlog::info("HAProxy {} with pid {} answers at {}", info.version, info.pid, proxy_.socket());
    repairs_.clear();
    if (std::exchange(own_reload_, false))
        return;
    loaded_ = started_from_();
    server_reasons_.clear();
    hopeless_.clear();
    compare_with_loaded();
}

void ProxyKeeper::lose(const Error& error) {
    complaints_.raise("socket", error.message);
    look_needed_ = true;
    retry_at_ = Clock::now() + retry_pause_;
    retry_pause_ = std::min(retry_pause_ * 2, longest_retry);
}

/// What is to be planned now. A server that flaps stays for later; one whose backend the running
/// process doesn't have comes with the reload.
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
            continue;
        const auto when = flapping_.may_be_planned(server, now);
        if (when > now) {
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

void ProxyKeeper::note_problems(const plan::Plan& plan,
                                const std::vector<plan::ServerChange>& servers) {
    for (const plan::ServerChange& server : servers)
        server_reasons_.erase(fmt::format("{}/{}", server.backend, server.server));
    for (const std::string& reason : plan.reload_reasons)
        need_reload(reason.substr(0, reason.find(": ")), reason);
    for (const std::string& difference : plan.differences) {
        if (told_.insert(difference).second)
            spdlog::warn("{}. With -exact, hitlessd reloads HAProxy for such a server.",
                         difference);
    }
    for (const std::string& problem : plan.problems)
        complaints_.raise(problem.substr(0, problem.find(": ")), problem);
}

void ProxyKeeper::need_reload(const std::string& server, const std::string& reason) {
    const auto tried = hopeless_.find(server);
    if (tried != hopeless_.end() && tried->second == reason)
        complaints_.raise("reload " + server,
                          fmt::format("{}; a reload did not change that", reason));
    else
        server_reasons_.insert_or_assign(server, reason);
}

/// Servers that a plan brings to their options in several steps are planned again when this one is
/// done; what is only waited for, with growing pauses.
void ProxyKeeper::follow_up(const plan::Plan& plan,
                            const std::vector<plan::ServerChange>& servers) {
    std::set<std::string_view> waiting;
    for (const std::string_view text : plan.waiting)
        waiting.insert(text.substr(0, text.find(": ")));
    Servers next(plan.next.begin(), plan.next.end());
    for (const plan::ServerChange& server : servers) {
        in_steps_.erase(server);
        if (!waiting.empty() &&
            waiting.contains(fmt::format("{}/{}", server.backend, server.server)))
            next.insert(server);
    }
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
        if (is_in_steps(server))
            continue;
        spdlog::warn(
            "HAProxy differs from what is wanted, repairing: {} backend={} server={} change=\"{}\"",
            plan::to_string(action.kind), action.backend, action.server, action.detail);
        const int times = repairs_[server] = before[server] + 1;
        if (times <= most_repairs)
            continue;
        in_vain = true;
        need_reload(fmt::format("{}/{}", action.backend, action.server),
                    fmt::format("{}/{}: runtime commands have no lasting effect", action.backend,
                                action.server));
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

void ProxyKeeper::note_refusal(const apply::Refusal& refusal) {
    spdlog::warn("HAProxy refuses backend={} server={}: {}", refusal.backend, refusal.server,
                 refusal.message);
    if (++repairs_[{refusal.backend, refusal.server}] >= most_repairs)
        need_reload(fmt::format("{}/{}", refusal.backend, refusal.server),
                    fmt::format("{}/{}: {}", refusal.backend, refusal.server, refusal.message));
}

void ProxyKeeper::show(const plan::Plan& plan) {
    std::string text;
    for (const plan::Action& action : plan.actions)
        text += fmt::format("noop: {} backend={} server={} change=\"{}\": {}\n",
                            plan::to_string(action.kind), action.backend, action.server,
                            action.detail, fmt::join(action.commands, "; "));
    for (const std::string& reason : reload_reasons())
        text += fmt::format("noop: reload: {}\n", reason);
    if (std::exchange(last_noop_, text) != text)
        spdlog::info("{}", text.empty() ? "noop: nothing to do" : text);
}

} // namespace hitless::daemon
