#include "hitless/base/text.hpp"

#include "etcd/follower.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

/// The watching half of the Follower.
namespace hitless::etcd {
namespace {

namespace asio = boost::asio;

/// A watch that is cut sooner than this after it began, with nothing told, is a trouble; a later
/// cut is an ordinary end, after which the same node is asked again.
constexpr auto short_watch = std::chrono::seconds(1);

} // namespace

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
    streaming_ = stream_ && !behind_;
    heard_ = false;
    const auto head = co_await watch_session_.send(
        protocol_.watch(root_, sequencer_.watch_from(), streaming_), timing_.answer);
    if (!head) {
        fail_over(Refusal{Refusal::Kind::unavailable, head.error().message}, stay);
        co_return;
    }
    if (stay != stay_)
        co_return;
    if (head->status != 200) {
        co_await refuse_watch(*head, stay);
        co_return;
    }
    answered();
    watching_since_ = Clock::now();
    if (protocol_.head_begins_watch() && !begin(*head))
        co_return;
    co_await follow_answer(*head);
}

asio::awaitable<void> Follower::refuse_watch(const Head& head, unsigned stay) {
    Connection& connection = watch_session_.connection();
    for (auto body = Connection::Body::more; body == Connection::Body::more;) {
        const auto more = co_await connection.read_some(timing_.answer);
        if (!more) {
            fail_over({Refusal::Kind::unavailable, more.error().message}, stay);
            co_return;
        }
        body = *more;
    }
    give_up_watch(protocol_.parse_refusal(head, connection.body()), stay);
}

void Follower::give_up_watch(const Refusal& refusal, unsigned stay) {
    watch_session_.forget_token();
    if (refusal.kind != Refusal::Kind::outdated) {
        fail_over(refusal, stay);
        return;
    }
    spdlog::info("etcd {} no longer keeps the events of {} since index {}: reading all again",
                 failover_.node().url(), base::printable(root_), sequencer_.watch_from());
    sequencer_.outdated();
    want_read();
}

/// The watch stands. False when it is of no use.
bool Follower::begin(const Head& head) {
    if (sequencer_.watch_begins(head))
        return true;
    want_read();
    return false;
}

asio::awaitable<void> Follower::follow_answer(const Head& head) {
    const unsigned stay = stay_;
    Connection& connection = watch_session_.connection();
    for (;;) {
        const auto more = co_await connection.read_some(timing_.poll);
        const auto received = Clock::now();
        if (stay != stay_)
            co_return;
        if (more && *more == Connection::Body::silent)
            co_return;
        const bool ended = !more || *more == Connection::Body::ended;
        if (!take_lines(head, more && ended, received)) {
            if (stay == stay_)
                connection.close(); // its answer goes on
            co_return;
        }
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

bool Follower::take_lines(const Head& head, bool is_whole, Clock::time_point received) {
    std::string& body = watch_session_.connection().body();
    std::string_view rest = body;
    bool go_on = true;
    while (go_on && !rest.empty()) {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos && !is_whole)
            break;
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (!base::trim(line).empty())
            go_on = take_line(head, line, received);
    }
    if (go_on)
        body.erase(0, body.size() - rest.size());
    return go_on;
}

bool Follower::take_line(const Head& head, std::string_view line, Clock::time_point received) {
    auto parsed = protocol_.parse_line(root_, line);
    if (!parsed) {
        give_up_watch(parsed.error(), stay_);
        return false;
    }
    last_sign_ = received;
    heard_ = true;
    if (parsed->begin && !begin(*parsed->begin))
        return false;
    bool go_on = true;
    for (Change& change : parsed->changes)
        go_on = take_change(head, std::move(change), received) && go_on;
    return go_on;
}

bool Follower::take_change(const Head& head, Change change, Clock::time_point received) {
    const bool stream_is_dead = streaming_ && change.index <= head.index;
    behind_ = change.index < head.index;
    const bool removes = std::ranges::any_of(change.events, [](const keys::Event& event) {
        return event.kind == keys::Event::Kind::remove;
    });
    if (change.unclean || (unclean_ && removes)) {
        change.events.clear();
        want_read();
    }
    if (auto update = sequencer_.change(std::move(change))) {
        update->received = received;
        sink_(std::move(*update));
    }
    return !stream_is_dead;
}

} // namespace hitless::etcd
