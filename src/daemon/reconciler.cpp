#include "daemon/reconciler.hpp"

#include "hitless/apply/resolve.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;
using apply::Proxy;
using std::chrono::milliseconds;

/// A quiet time before reading back, so that changes in quick succession don't wait for it.
constexpr milliseconds quiet{50};
/// HAProxy's servers are compared with what is wanted at least this often.
constexpr std::chrono::seconds resync_interval{10};
constexpr milliseconds first_retry{20};
constexpr milliseconds longest_retry{1'000};
constexpr std::chrono::seconds drain_timeout{30};
constexpr int most_repairs = 2;

} // namespace

Reconciler::Reconciler(const asio::any_io_executor& executor, Work& work)
    : executor_(executor),
      work_(work),
      fallback_(executor, work, [this](const haproxy::Config& config) { note_reloaded(config); }),
      retry_pause_(first_retry) {
    load_file();
    owed_reload_ = fallback_.reload_owed();
}

asio::awaitable<void> Reconciler::run() {
    asio::co_spawn(executor_, fallback_.run(), [](const std::exception_ptr& error) {
        if (error)
            std::rethrow_exception(error);
    });
    while (!work_.stopping) {
        if (std::exchange(work_.changed, false))
            refresh();
        if (std::exchange(work_.reconcile, false)) {
            names_.clear();
            look_needed_ = true;
            fallback_.check_again();
        }
        if (wanted_) {
            if (!work_.publishing.sync_only) // which touches files only
                co_await converge();
            hand_to_fallback();
        }
        if (work_.onetime && settled())
            break;
        if (!work_.changed && !work_.stopping)
            co_await pause();
    }
    fallback_.stop();
    while (!fallback_.ended())
        co_await work_.wake.wait_until(Clock::time_point::max());
    work_.failed = complaints_.any() || fallback_.in_trouble();
}

/// All that can be done now is done: for -onetime.
bool Reconciler::settled() const {
    const bool away = proxy_ && !proxy_->connected();
    const bool busy = proxy_ && (!pending_.empty() || !unverified_.empty() || look_needed_ ||
                                 proxy_->next_collection() != Clock::time_point::max());
    return complaints_.raised("render") ||
           (wanted_ && (fallback_.idle() || fallback_.in_trouble()) && (away || !busy));
}

/// Carries out what is due, one kind after the other; returns early when the connection breaks.
asio::awaitable<void> Reconciler::converge() {
    if (!choose_socket())
        co_return;
    if (std::exchange(reconnect_, false)) {
        proxy_->disconnect();
        look_needed_ = true;
    }
    const auto now = Clock::now();
    const bool away = !proxy_->connected();
    if (away && now < retry_at_)
        co_return;
    if ((away || look_needed_ || now >= resync_at_) && !co_await look())
        co_return;
    if (!pending_.empty() && !co_await carry_out_pending())
        co_return;
    if (now >= read_back_at_ && !co_await read_back())
        co_return;
    if (now >= proxy_->next_collection())
        co_await collect();
}

asio::awaitable<bool> Reconciler::look() {
    const auto identity = co_await proxy_->identify();
    if (!identity) {
        lose(identity.error());
        co_return false;
    }
    const bool other = *identity == Proxy::Identity::other;
    if (other)
        meet_process();
    if (const auto read = co_await proxy_->read_servers(); !read) {
        lose(read.error());
        co_return false;
    }
    if (other)
        proxy_->adopt_options(loaded_);
    complaints_.settle("socket", fmt::format("HAProxy answers at {} again", proxy_->socket()));
    retry_pause_ = first_retry;
    look_needed_ = false;
    repairing_ = !other && pending_.empty();
    for (plan::ServerChange& server : plan::every_server(*wanted_, proxy_->running()))
        pending_.insert(std::move(server));
    unverified_.clear();
    read_back_at_ = Clock::time_point::max();
    resync_at_ = Clock::now() + resync_interval;
    co_return true;
}

void Reconciler::meet_process() {
    const haproxy::Info& info = proxy_->info();
    spdlog::info("HAProxy {} with pid {} answers at {}", info.version, info.pid, proxy_->socket());
    fallback_.set_process({proxy_->socket(), info.pid});
    repairs_.clear();
    if (std::exchange(own_reload_, false))
        return;
    // It was started by someone else, from the file as it is, unless that is newer than its start.
    if (!fallback_.reload_owed())
        load_file();
    server_reasons_.clear();
    hopeless_.clear();
    compare_with_loaded();
}

void Reconciler::lose(const Error& error) {
    complaints_.raise("socket", error.message);
    look_needed_ = true;
    retry_at_ = Clock::now() + retry_pause_;
    retry_pause_ = std::min(retry_pause_ * 2, longest_retry);
}

asio::awaitable<bool> Reconciler::carry_out_pending() {
    pass_over_missing_backends();
    const std::vector<plan::ServerChange> servers(pending_.begin(), pending_.end());
    co_await apply::resolve(plan::names_to_resolve(*wanted_, servers), names_);
    pending_.clear();
    const plan::Plan plan =
        plan::make_plan({*wanted_, proxy_->running(), proxy_->info(), names_}, servers);
    note_problems(plan, servers);
    const bool repair = std::exchange(repairing_, false);
    const auto since = std::exchange(since_, std::nullopt);
    if (work_.noop) {
        show(plan);
        co_return true;
    }
    const bool in_vain = repair && note_repairs(plan, servers);
    follow_up(plan, servers);
    if (plan.actions.empty())
        co_return true;
    const auto outcome = co_await proxy_->carry_out(plan);
    if (!outcome) {
        lose(outcome.error());
        co_return false;
    }
    for (const plan::Action* const action : outcome->done)
        log_done(*action, since);
    for (const apply::Refusal& refusal : outcome->refused)
        note_refusal(refusal);
    for (const plan::Action& action : plan.actions)
        unverified_.insert({action.backend, action.server});
    if (!in_vain)
        read_back_at_ = Clock::now() + quiet;
    co_return true;
}

/// Servers that a plan brings to their options in several steps are planned again when this one is
/// done; what is only waited for, with growing pauses.
void Reconciler::follow_up(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers) {
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
    step_pause_ = plan.actions.empty() ? std::min(step_pause_ * 2, longest_retry) : quiet;
    read_back_at_ = std::min(read_back_at_, Clock::now() + step_pause_);
    unverified_.insert(next.begin(), next.end());
    in_steps_.merge(next);
}

/// A backend that the running process doesn't have comes with the reload, and its servers with it.
void Reconciler::pass_over_missing_backends() {
    std::string_view checked;
    bool missing = false;
    std::erase_if(pending_, [&](const plan::ServerChange& server) {
        if (server.backend != checked) {
            checked = server.backend;
            missing = loaded_.find_backend(server.backend) == nullptr;
        }
        return missing;
    });
}

void Reconciler::note_problems(const plan::Plan& plan,
                               const std::vector<plan::ServerChange>& servers) {
    for (const plan::ServerChange& server : servers)
        server_reasons_.erase(fmt::format("{}/{}", server.backend, server.server));
    for (const std::string& reason : plan.reload_reasons)
        need_reload(reason.substr(0, reason.find(": ")), reason);
    for (const std::string& problem : plan.problems)
        complaints_.raise(problem.substr(0, problem.find(": ")), problem);
}

void Reconciler::need_reload(const std::string& server, const std::string& reason) {
    const auto tried = hopeless_.find(server);
    if (tried != hopeless_.end() && tried->second == reason)
        complaints_.raise("reload " + server,
                          fmt::format("{}; a reload did not change that", reason));
    else
        server_reasons_.insert_or_assign(server, reason);
}

/// Returns true when a server's repairs have no effect, so that it is not read back at once again.
bool Reconciler::note_repairs(const plan::Plan& plan,
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
bool Reconciler::is_in_steps(const plan::ServerChange& server) const {
    const std::string_view other = plan::stood_in_for(server.server);
    return in_steps_.contains(server) ||
           (!other.empty() && in_steps_.contains({server.backend, std::string(other)}));
}

void Reconciler::note_refusal(const apply::Refusal& refusal) {
    spdlog::warn("HAProxy refuses backend={} server={}: {}", refusal.backend, refusal.server,
                 refusal.message);
    if (++repairs_[{refusal.backend, refusal.server}] >= most_repairs)
        need_reload(fmt::format("{}/{}", refusal.backend, refusal.server),
                    fmt::format("{}/{}: {}", refusal.backend, refusal.server, refusal.message));
}

void Reconciler::log_done(const plan::Action& action, std::optional<Clock::time_point> since) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    const std::string took =
        since ? fmt::format(" took={:.1f}ms", Milliseconds(Clock::now() - *since).count()) : "";
    spdlog::info("{} backend={} server={} change=\"{}\"{}", plan::to_string(action.kind),
                 action.backend, action.server, action.detail, took);
}

/// Asks HAProxy for what was carried out, and plans again what it has not.
asio::awaitable<bool> Reconciler::read_back() {
    read_back_at_ = Clock::time_point::max();
    const auto identity = co_await proxy_->identify();
    if (identity && *identity == Proxy::Identity::other) {
        meet_process();
        look_needed_ = true;
        co_return false;
    }
    std::set<std::string> backends;
    for (const plan::ServerChange& server : unverified_)
        backends.insert(server.backend);
    const auto read =
        identity ? co_await proxy_->read_back(backends) : Result<void>(identity.error());
    if (!read) {
        lose(read.error());
        co_return false;
    }
    const bool only_these = pending_.empty();
    pending_.merge(unverified_);
    unverified_.clear();
    repairing_ = only_these;
    co_return pending_.empty() || co_await carry_out_pending();
}

asio::awaitable<bool> Reconciler::collect() {
    const auto removals = co_await proxy_->collect(drain_timeout);
    if (!removals) {
        lose(removals.error());
        co_return false;
    }
    for (const apply::Removal& removal : *removals) {
        const auto& [backend, server] = removal.server;
        if (!removal.deleted) {
            spdlog::warn("backend={} server={} stays in maintenance: {}", backend, server,
                         removal.message);
            continue;
        }
        spdlog::info("deleted backend={} server={}{}", backend, server,
                     removal.sessions_shut_down ? " after its sessions were shut down" : "");
        pending_.insert(removal.server); // one of the same name may wait to be added
    }
    co_return true;
}

asio::awaitable<void> Reconciler::pause() {
    using namespace asio::experimental::awaitable_operators;
    auto deadline = Clock::time_point::max();
    if (proxy_ && proxy_->connected()) {
        deadline = std::min({resync_at_, read_back_at_, proxy_->next_collection()});
        if (!pending_.empty() || look_needed_)
            deadline = Clock::now();
        co_await (work_.wake.wait_until(deadline) || proxy_->lost());
        co_return;
    }
    if (proxy_ && wanted_)
        deadline = retry_at_;
    co_await work_.wake.wait_until(deadline);
}

} // namespace hitless::daemon
