#include "daemon/proxy_keeper.hpp"

#include "base/event.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;
using apply::Proxy;
using std::chrono::milliseconds;

/// A quiet time before reading back, so that changes in quick succession don't wait for it; longer
/// where reading takes long, so that one in twenty of the next changes meets it at most.
constexpr milliseconds quiet{50};
constexpr int quiet_readings = 20;
constexpr milliseconds first_retry{20};

/// After a reload by somebody else this connection is still to the old process, which says only
/// when it is asked that it is about to end.
constexpr milliseconds between_probes{1'000};

void log_done(const plan::Action& action, std::optional<Wake::Clock::time_point> since) {
    base::Event event(plan::to_string(action.kind));
    event.with("backend", action.backend)
        .with("server", action.server)
        .with("change", action.detail);
    if (!action.slot.empty())
        event.with("slot", action.slot);
    if (since)
        event.took(Wake::Clock::now() - *since);
    log(spdlog::level::info, event);
}

} // namespace

ProxyKeeper::ProxyKeeper(const asio::any_io_executor& executor, Work& work, std::string socket,
                         haproxy::Config loaded, StartedFrom started_from)
    : work_(work),
      started_from_(std::move(started_from)),
      wake_(executor),
      complaints_(work.status, apply::haproxy_trouble),
      proxy_(executor, std::move(socket)),
      loaded_(std::move(loaded)),
      lookups_(executor, work.resolver, {.longest_pause = work.options.resync},
               [this](const confd::Question& question) {
                   changed_names_.insert(question.name);
                   wake_.notify();
               }),
      retry_pause_(first_retry) {}

asio::awaitable<void> ProxyKeeper::run() {
    while (!stopping_) {
        if (wanted_)
            co_await converge();
        work_.wake.notify();
        if (!stopping_)
            co_await pause();
    }
    lookups_.stop();
    ended_ = true;
    work_.wake.notify();
}

void ProxyKeeper::stop() {
    stopping_ = true;
    wake_.notify();
}

void ProxyKeeper::want(const haproxy::Config& config, const plan::Difference* difference,
                       std::optional<Clock::time_point> since) {
    const bool is_change = difference == nullptr || !difference->servers.empty();
    if (!since_ && is_change)
        since_ = since;
    if (difference != nullptr) {
        for (const plan::ServerChange& server : difference->servers) {
            owed_.note_change(server);
            refusals_.forget(server);
            repairs_.erase(server);
        }
        const auto now = Clock::now();
        for (const plan::ServerChange& server :
             come_or_gone(wanted_.value_or(haproxy::Config()), config, difference->servers))
            flapping_.note_turn(server, now);
        plan_soon(difference->servers);
    }
    wanted_ = config;
    if (difference == nullptr || !difference->lines.empty()) {
        compare_with_loaded();
        refusals_.forget_all();
        look_needed_ = true; // a `default-server` may have changed any server
    }
    wake_.notify();
}

void ProxyKeeper::reconcile() {
    look_names_up_again();
    look_needed_ = true;
    wake_.notify();
}

/// Carries out what is due, one kind after the other; returns early when the connection breaks.
asio::awaitable<void> ProxyKeeper::converge() {
    if (std::exchange(reconnect_, false)) {
        proxy_.disconnect();
        look_needed_ = true;
    }
    const auto now = Clock::now();
    plan_renamed();
    note_holds();
    const bool must_look = !proxy_.connected() || look_needed_;
    if (must_look && now < retry_at_)
        co_return;
    if ((must_look || now >= resync_at_) && !co_await look())
        co_return;
    if (now >= probe_at_ && !work_.reloading && !co_await probe())
        co_return;
    plan_soon(refusals_.take_due(now));
    if (busy() && !co_await carry_out_pending())
        co_return;
    if (now >= read_back_at_ && !co_await read_back())
        co_return;
    if (now >= proxy_.next_collection() && !co_await collect())
        co_return;
    if (now >= newcomers_.next_look())
        co_await look_at_newcomers();
    // Not before a plan is carried out, which must not be of what was wanted before.
    if (!long_waits_.empty())
        co_await tell_waits(std::exchange(long_waits_, {}));
}

asio::awaitable<bool> ProxyKeeper::look() {
    const auto identity = co_await proxy_.identify();
    if (!identity) {
        lose(identity.error());
        co_return false;
    }
    unmet_ = unmet_ || *identity == Proxy::Identity::other;
    unread_ = unread_ || unmet_;
    const bool is_met = unmet_; // which is told
    if (const auto met = unmet_ ? meet_process() : Result<void>(); !met) {
        lose(met.error());
        co_return false;
    }
    unmet_ = false;
    if (const auto read = co_await proxy_.read_servers(); !read) {
        lose(read.error());
        co_return false;
    }
    if (unread_) {
        const auto changed = work_.live.read(proxy_.info());
        if (!changed)
            complaints_.raise("live note",
                              fmt::format("{}; so {} is taken for what HAProxy runs",
                                          changed.error().message, work_.resource.dest));
        proxy_.adopt_options(loaded_, changed ? *changed : std::set<plan::ServerChange>());
    }
    complaints_.settle("socket", is_met ? std::string()
                                        : fmt::format("HAProxy answers at {} again, and is the "
                                                      "same process",
                                                      proxy_.socket()));
    retry_pause_ = first_retry;
    look_needed_ = false;
    repairing_ = !std::exchange(unread_, false) && pending_.empty() && unresolved_.empty();
    plan_soon(plan::every_server(*wanted_, proxy_.running()));
    unverified_.clear();
    read_back_at_ = Clock::time_point::max();
    resync_at_ = Clock::now() + work_.options.resync;
    probe_at_ = Clock::now() + between_probes;
    co_return true;
}

/// Asks who answers. False when that is another process than before, or nobody.
asio::awaitable<bool> ProxyKeeper::probe() {
    probe_at_ = Clock::now() + between_probes;
    const auto identity = co_await proxy_.identify();
    if (!identity) {
        lose(identity.error());
        co_return false;
    }
    if (*identity == Proxy::Identity::other)
        unmet_ = look_needed_ = true;
    co_return !unmet_;
}

asio::awaitable<bool> ProxyKeeper::carry_out_pending() {
    if (note_holds()) { // whoever has held a server has noted that before
        wake_.notify();
        co_return true;
    }
    std::vector<plan::ServerChange> servers = take_pending();
    set_aside_unresolved(servers);
    if (servers.empty() && !unresolved_.empty())
        co_return true;
    proxy_.recognize_slots(*wanted_, names_);
    const plan::Plan plan = plan::make_plan(
        {*wanted_, proxy_.running(), proxy_.info(), names_, work_.options.init_state == "down",
         work_.options.slots > 0, work_.options.exact, &by_hand_},
        servers);
    forget_released(servers);
    for (plan::Remark& wait : note_findings(plan, servers))
        long_waits_.push_back(std::move(wait));
    const bool repair = std::exchange(repairing_, false);
    const auto since = std::exchange(since_, std::nullopt);
    if (work_.noop) {
        show(plan);
        co_return true;
    }
    tell_plan(plan, servers, repair);
    const bool in_vain = repair && note_repairs(plan, servers);
    follow_up(plan, servers);
    if (plan.actions.empty()) {
        note_refusals({}, servers);
        co_return true;
    }
    note_options(plan);
    const auto outcome = co_await proxy_.carry_out(plan);
    if (!outcome) {
        lose(outcome.error());
        co_return false;
    }
    for (const plan::Action* const action : outcome->done) {
        log_done(*action, since);
        watch(*action);
    }
    note_refusals(outcome->refused, servers);
    for (const plan::Action& action : plan.actions)
        unverified_.insert({action.backend, action.server});
    if (!in_vain)
        read_back_at_ =
            Clock::now() + std::max<Clock::duration>(quiet, quiet_readings * reading_time_);
    co_return true;
}

/// Asks HAProxy for what was carried out, and plans again what it has not.
asio::awaitable<bool> ProxyKeeper::read_back() {
    read_back_at_ = Clock::time_point::max();
    const auto begin = Clock::now();
    const bool is_same = co_await probe();
    if (!is_same)
        co_return false;
    std::set<std::string> backends;
    for (const plan::ServerChange& server : unverified_)
        backends.insert(server.backend);
    if (const auto read = co_await proxy_.read_back(backends); !read) {
        lose(read.error());
        co_return false;
    }
    reading_time_ = Clock::now() - begin;
    const bool only_these = pending_.empty();
    pending_.merge(unverified_);
    unverified_.clear();
    repairing_ = only_these;
    co_return pending_.empty() || co_await carry_out_pending();
}

asio::awaitable<bool> ProxyKeeper::collect() {
    const auto removals = co_await proxy_.collect(work_.options.drain_timeout);
    if (!removals) {
        lose(removals.error());
        co_return false;
    }
    tell_cut_off();
    for (const apply::Removal& removal : *removals) {
        tell_removal(removal);
        // One of the same name may wait to be added; what is wanted may need a reload now.
        pending_.insert(removal.server);
        if (removal.end != apply::Removal::End::refused)
            paced_until_ = Clock::time_point::min();
    }
    co_return true;
}

/// Says what servers have waited for, each with the last answer of its check.
asio::awaitable<void> ProxyKeeper::tell_waits(std::vector<plan::Remark> waits) {
    for (const plan::Remark& wait : waits) {
        const auto rows = co_await proxy_.read_statistics(wait.server.backend);
        spdlog::warn("waiting: {}", rows ? with_check_answer(wait, *rows) : in_words(wait));
    }
}

asio::awaitable<void> ProxyKeeper::look_at_newcomers() {
    for (const std::string& backend : newcomers_.due(Clock::now())) {
        const auto rows = co_await proxy_.read_statistics(backend);
        if (!rows) {
            lose(rows.error());
            co_return;
        }
        for (const std::string& line : newcomers_.look(backend, *rows, Clock::now()))
            spdlog::warn("{}", line);
    }
}

asio::awaitable<void> ProxyKeeper::pause() {
    using namespace asio::experimental::awaitable_operators;
    auto deadline = Clock::time_point::max();
    if (proxy_.connected()) {
        const auto probe_at = work_.reloading ? Clock::now() + between_probes : probe_at_;
        deadline = std::min({resync_at_, probe_at, read_back_at_, proxy_.next_collection()});
        deadline = std::min({deadline, refusals_.next(), newcomers_.next_look()});
        deadline = std::min(deadline, work_.holds.next());
        if (look_needed_)
            deadline = retry_at_;
        else if (!pending_.empty())
            deadline = std::min(deadline, paced_until_);
        co_await (wake_.wait_until(deadline) || proxy_.lost());
        co_return;
    }
    if (wanted_)
        deadline = retry_at_;
    co_await wake_.wait_until(deadline);
}

} // namespace hitless::daemon
