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

/// Members come and go rarely.
constexpr auto members_interval = std::chrono::minutes(1);

} // namespace

Follower::Follower(const asio::any_io_executor& executor, const Settings& settings,
                   std::vector<Node> nodes, std::string root, const keys::Sink& sink,
                   std::shared_ptr<base::SharedTroubles> troubles)
    : timing_(settings.timing),
      discover_(settings.discover),
      stream_(settings.stream),
      sizes_(settings.sizes),
      protocol_(protocol_of(settings.api)),
      root_(std::move(root)),
      sink_(sink),
      sequencer_(root_),
      failover_(std::move(nodes), timing_, std::random_device{}(), std::move(troubles)),
      watch_session_(executor, settings),
      read_session_(executor, settings),
      watch_timer_(executor),
      read_timer_(executor) {
    watch_session_.connection().use(failover_.node());
    read_session_.connection().use(failover_.node());
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
    const auto head = co_await read_session_.fetch(
        protocol_.read(root_), {timing_.answer, timing_.whole_answer, sizes_.reading});
    const auto received = Clock::now();
    auto reading = head
                       ? protocol_.parse_reading(root_, *head, read_session_.connection().body())
                       : Answer<Reading>(Refusal{Refusal::Kind::unavailable, head.error().message});
    if (!reading) {
        sequencer_.read_fails();
        fail_over(reading.error(), stay);
        co_return;
    }
    if (!sequencer_.confirms(*reading)) {
        sequencer_.read_fails();
        fail_over(
            {Refusal::Kind::unavailable, "its watches bring events that its reads don't know"},
            stay);
        co_return;
    }
    const bool was_in_doubt = std::exchange(last_read_in_, stay) == stay && sequencer_.in_doubt();
    reads_done_ = wanted;
    last_sign_ = received;
    failover_.has_read();
    unclean_ = reading->unclean;
    keys::Update update = sequencer_.read_ends(std::move(*reading));
    update.received = received;
    if (update.other_store) {
        spdlog::warn("etcd {} has another store than before (it was replaced, or lost its data); "
                     "the keys that it holds below {} count from now on",
                     failover_.node().url(), base::printable(root_));
        watch_dropped_ = true;
        watch_session_.connection().close();
    }
    watch_timer_.cancel();
    const bool is_fickle = update.other_store && was_in_doubt;
    sink_(std::move(update));
    if (is_fickle)
        fail_over({Refusal::Kind::unavailable, "its reads are of another store again and again"},
                  stay);
}

asio::awaitable<void> Follower::probe() {
    const unsigned stay = stay_;
    const auto head = co_await read_session_.fetch(protocol_.probe(root_), timing_.probe_answer);
    if (!head) {
        fail_over(Refusal{Refusal::Kind::unavailable, head.error().message}, stay);
        co_return;
    }
    if (head->status >= 500) {
        fail_over(protocol_.parse_refusal(*head, read_session_.connection().body()), stay);
        co_return;
    }
    last_sign_ = Clock::now();
    if (watch_stands_ && watch_session_.connection().body().empty())
        steady();
}

asio::awaitable<void> Follower::learn_members() {
    members_due_ = Clock::now() + members_interval;
    const unsigned stay = stay_;
    const auto head = co_await read_session_.fetch(protocol_.members(), timing_.answer);
    if (!head) {
        fail_over(Refusal{Refusal::Kind::unavailable, head.error().message}, stay);
        co_return;
    }
    std::vector<Node> nodes;
    for (const std::string& url : v2::parse_members(read_session_.connection().body()))
        if (auto node = parse_node(url, "http"))
            nodes.push_back(std::move(*node));
    failover_.add(nodes);
}

// Nodes

/// The node does what it should, the watch too: also one whose watches are of no use answers reads.
void Follower::steady() {
    useless_ = 0;
    if (failover_.steady())
        spdlog::info("etcd {} answers again", failover_.node().url());
}

void Follower::fail_over(const Refusal& refusal, unsigned stay) {
    if (stay != stay_)
        return; // of a node that was left already
    const std::string url = failover_.node().url();
    const Failover::Step step = failover_.failed(refusal);
    if (step.is_news)
        spdlog::log(step.is_error ? spdlog::level::err : spdlog::level::warn,
                    "etcd {} fails; trying again, and everything stays as it is until then: {}",
                    url, to_string(refusal));
    ++stay_;
    resume_ = Clock::now() + step.pause;
    last_sign_ = resume_;
    watch_session_.connection().use(failover_.node());
    read_session_.connection().use(failover_.node());
    ++reads_wanted_; // what comes back may be another store
    watch_timer_.cancel();
    read_timer_.cancel();
}

} // namespace hitless::etcd
