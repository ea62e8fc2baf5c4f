#include "etcd/follower.hpp"

#include "hitless/base/text.hpp"

#include "etcd/v2.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

namespace hitless::etcd {
namespace {

namespace asio = boost::asio;

/// A watch that is cut sooner than this after it began, with nothing told, is a trouble; a later
/// cut is an ordinary end, after which the same node is asked again.
constexpr auto short_watch = std::chrono::seconds(1);

/// Members come and go rarely.
constexpr auto members_interval = std::chrono::minutes(1);

Refusal unavailable(const Error& error) {
    return {Refusal::Kind::unavailable, error.message};
}

} // namespace

Follower::Follower(asio::any_io_executor executor, const Settings& settings,
                   std::vector<Node> nodes, std::string root, const Watcher::Sink& sink)
    : timing_(settings.timing),
      discover_(settings.discover),
      root_(std::move(root)),
      sink_(sink),
      sequencer_(root_),
      failover_(std::move(nodes), timing_),
      watch_connection_(executor, settings),
      read_connection_(executor, settings),
      watch_timer_(executor),
      read_timer_(executor) {
    watch_connection_.use(failover_.node());
    read_connection_.use(failover_.node());
}

asio::awaitable<void> Follower::run() {
    using namespace asio::experimental::awaitable_operators;
    try {
        co_await (guard(keep_watching()) && guard(keep_checking()));
    } catch (const std::exception&) {
        if (thrown_)
            std::rethrow_exception(thrown_);
    }
}

asio::awaitable<void> Follower::guard(asio::awaitable<void> loop) {
    // When one loop throws, the other is cancelled, and it isn't told which came first.
    try {
        co_await std::move(loop);
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted && !thrown_)
            thrown_ = std::current_exception();
        throw;
    } catch (...) {
        thrown_ = std::current_exception();
        throw;
    }
}

void Follower::read_again() {
    want_read();
}

void Follower::want_read() {
    ++reads_wanted_;
    read_timer_.cancel();
}

bool Follower::read_wanted() const {
    return reads_wanted_ != reads_done_;
}

asio::awaitable<void> Follower::wait(asio::steady_timer& timer, Clock::time_point end) {
    timer.expires_at(end);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Follower::pause() {
    asio::steady_timer timer(watch_timer_.get_executor());
    while (Clock::now() < resume_)
        co_await wait(timer, resume_);
}

// The watch

asio::awaitable<void> Follower::keep_watching() {
    for (;;) {
        co_await pause();
        if (sequencer_.can_watch())
            co_await watch();
        else
            co_await wait(watch_timer_, Clock::time_point::max());
    }
}

asio::awaitable<void> Follower::watch() {
    const unsigned stay = stay_;
    streaming_ = !behind_;
    heard_ = false;
    const auto head = co_await watch_connection_.send(
        Request::get(v2::watch_target(root_, sequencer_.watch_from(), streaming_)), timing_.answer);
    if (!head) {
        fail_over(unavailable(head.error()), stay);
        co_return;
    }
    if (stay != stay_)
        co_return;
    if (head->status != 200) {
        co_await refuse_watch(*head, stay);
        co_return;
    }
    answered();
    if (!sequencer_.watch_begins(*head)) {
        watch_connection_.close();
        want_read();
        co_return;
    }
    watching_since_ = Clock::now();
    co_await follow_answer(*head);
}

asio::awaitable<void> Follower::refuse_watch(const Head& head, unsigned stay) {
    for (auto body = Connection::Body::more; body == Connection::Body::more;) {
        const auto more = co_await watch_connection_.read_some(timing_.answer);
        if (!more) {
            fail_over(unavailable(more.error()), stay);
            co_return;
        }
        body = *more;
    }
    const Refusal refusal = v2::parse_refusal(head, watch_connection_.body());
    if (refusal.kind != Refusal::Kind::outdated) {
        fail_over(refusal, stay);
        co_return;
    }
    spdlog::info("etcd {} no longer keeps the events of {} since index {}: reading all again",
                 failover_.node().url(), base::printable(root_), sequencer_.watch_from());
    sequencer_.outdated();
    want_read();
}

asio::awaitable<void> Follower::follow_answer(const Head& head) {
    const unsigned stay = stay_;
    for (;;) {
        const auto more = co_await watch_connection_.read_some(timing_.poll);
        const auto received = Clock::now();
        if (stay != stay_)
            co_return;
        if (more && *more == Connection::Body::silent)
            co_return;
        const bool ended = !more || *more == Connection::Body::ended;
        if (!take_changes(head, more && ended, received))
            co_return;
        if (received - watching_since_ >= timing_.probe)
            failover_.steady();
        if (!ended)
            continue;
        // etcd ends a watch when it shuts down, and when its events come faster than they are
        // taken.
        if (!heard_ && received - watching_since_ < short_watch)
            fail_over({Refusal::Kind::unavailable, "it ends the watch at once"}, stay);
        else if (!more)
            want_read(); // who knows what comes back
        co_return;
    }
}

bool Follower::take_changes(const Head& head, bool is_whole, Clock::time_point received) {
    std::string& body = watch_connection_.body();
    std::string_view rest = body;
    bool go_on = true;
    while (go_on && !rest.empty()) {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos && !is_whole)
            break;
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (base::trim(line).empty())
            continue;
        auto change = v2::parse_change(line);
        if (!change) {
            fail_over(change.error(), stay_);
            return false;
        }
        go_on = take_change(head, std::move(*change), received);
    }
    body.erase(0, body.size() - rest.size());
    return go_on;
}

bool Follower::take_change(const Head& head, Change change, Clock::time_point received) {
    last_sign_ = received;
    heard_ = true;
    const bool stream_is_dead = streaming_ && change.index <= head.index;
    behind_ = change.index < head.index;
    if (auto update = sequencer_.change(std::move(change))) {
        update->received = received;
        sink_(std::move(*update));
    }
    if (stream_is_dead)
        watch_connection_.close();
    return !stream_is_dead;
}

// Reads and probes

asio::awaitable<void> Follower::keep_checking() {
    for (;;) {
        co_await pause();
        if (read_wanted() || !sequencer_.can_watch()) {
            co_await read();
            continue;
        }
        if (discover_ && Clock::now() >= members_due_)
            co_await learn_members();
        const auto due = last_sign_ + timing_.probe;
        if (Clock::now() >= due)
            co_await probe();
        else
            co_await wait(read_timer_, due);
    }
}

asio::awaitable<void> Follower::read() {
    const unsigned stay = stay_;
    const unsigned wanted = reads_wanted_;
    sequencer_.read_begins();
    const auto head =
        co_await read_connection_.fetch(Request::get(v2::read_target(root_)), timing_.answer);
    const auto received = Clock::now();
    auto reading = head ? v2::parse_reading(*head, read_connection_.body())
                        : Answer<Reading>(unavailable(head.error()));
    if (!reading) {
        sequencer_.read_fails();
        fail_over(reading.error(), stay);
        co_return;
    }
    reads_done_ = wanted;
    answered();
    Update update = sequencer_.read_ends(std::move(*reading));
    update.received = received;
    if (update.other_store) {
        spdlog::warn("etcd {} has another store than before: taking over what it holds below {}",
                     failover_.node().url(), base::printable(root_));
        watch_connection_.close();
    }
    watch_timer_.cancel();
    sink_(std::move(update));
}

asio::awaitable<void> Follower::probe() {
    const unsigned stay = stay_;
    const auto head = co_await read_connection_.fetch(Request::get(v2::probe_target(root_)),
                                                      timing_.probe_answer);
    if (!head) {
        fail_over(unavailable(head.error()), stay);
        co_return;
    }
    if (head->status >= 500) {
        fail_over(v2::parse_refusal(*head, read_connection_.body()), stay);
        co_return;
    }
    answered();
    failover_.steady();
}

asio::awaitable<void> Follower::learn_members() {
    members_due_ = Clock::now() + members_interval;
    const unsigned stay = stay_;
    const auto head = co_await read_connection_.fetch(Request::get(std::string(v2::members_target)),
                                                      timing_.answer);
    if (!head) {
        fail_over(unavailable(head.error()), stay);
        co_return;
    }
    std::vector<Node> nodes;
    for (const std::string& url : v2::parse_members(read_connection_.body()))
        if (auto node = parse_node(url, "http"))
            nodes.push_back(std::move(*node));
    failover_.add(nodes);
}

// Nodes

void Follower::answered() {
    last_sign_ = Clock::now();
    if (failover_.answered())
        spdlog::info("etcd {} answers again", failover_.node().url());
}

void Follower::fail_over(const Refusal& refusal, unsigned stay) {
    if (stay != stay_)
        return; // of a node that was left already
    const std::string url = failover_.node().url();
    const Failover::Step step = failover_.failed(refusal);
    if (step.is_news)
        spdlog::log(refusal.kind == Refusal::Kind::unauthorized ? spdlog::level::err
                                                                : spdlog::level::warn,
                    "etcd {}: {}; trying on", url, refusal.text);
    ++stay_;
    resume_ = Clock::now() + step.pause;
    last_sign_ = resume_;
    watch_connection_.use(failover_.node());
    read_connection_.use(failover_.node());
    ++reads_wanted_; // what comes back may be another store
    watch_timer_.cancel();
    read_timer_.cancel();
}

} // namespace hitless::etcd
