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

/// So many watches in a row that are of no use at once make a trouble of the node.
constexpr unsigned tolerated_watches = 3;

} // namespace

asio::awaitable<void> Follower::keep_watching() {
    for (;;) {
        co_await pause();
        if (!sequencer_.can_watch()) {
            co_await wait(watch_timer_, Clock::time_point::max());
            continue;
        }
        const unsigned stay = stay_;
        co_await watch();
        watch_stands_ = false;
        if (stay == stay_ && !watch_dropped_)
            judge_watch(stay);
    }
}

asio::awaitable<void> Follower::watch() {
    const unsigned stay = stay_;
    streaming_ = stream_ && !behind_;
    watch_dropped_ = useful_ = false;
    useless_why_ = "its watches bring nothing that is new";
    next_index_ = sequencer_.watch_from();
    watching_since_ = Clock::now();
    const auto head = co_await watch_session_.send(protocol_.watch(root_, next_index_, streaming_),
                                                   timing_.answer);
    if (stay != stay_ || watch_dropped_)
        co_return;
    if (!head) {
        fail_over(Refusal{Refusal::Kind::unavailable, head.error().message}, stay);
        co_return;
    }
    if (head->status != 200) {
        co_await refuse_watch(*head, stay);
        co_return;
    }
    last_sign_ = last_line_ = watching_since_ = Clock::now();
    searched_ = since_event_ = 0;
    if (protocol_.head_begins_watch() && !begin(*head))
        co_return;
    watch_stands_ = true;
    co_await follow_answer(*head);
}

/// Most of what makes a watch useless is mended by a read or by the next watch. If it isn't, the
/// node, or what is in its place, is broken: asking it on without a pause would keep both busy.
void Follower::judge_watch(unsigned stay) {
    if (useful_ || Clock::now() - watching_since_ >= short_watch)
        useless_ = 0;
    else if (++useless_ >= tolerated_watches)
        fail_over({Refusal::Kind::unavailable, useless_why_}, stay);
}

asio::awaitable<void> Follower::refuse_watch(const Head& head, unsigned stay) {
    Connection& connection = watch_session_.connection();
    const auto rest = co_await connection.read_all({timing_.answer, timing_.answer, sizes_.other});
    if (!rest) {
        fail_over({Refusal::Kind::unavailable, rest.error().message}, stay);
        co_return;
    }
    give_up_watch(protocol_.parse_refusal(head, connection.body()), stay);
}

void Follower::give_up_watch(const Refusal& refusal, unsigned stay) {
    watch_session_.forget_token();
    if (refusal.kind != Refusal::Kind::outdated) {
        fail_over(refusal, stay);
        return;
    }
    if (useless_ == 0)
        spdlog::info("etcd {} has dropped the events below {} since index {}; reading all keys "
                     "there again, so that no change is missed",
                     failover_.node().url(), base::printable(root_), sequencer_.watch_from());
    useless_why_ = "it has no events from the index on that it has just told";
    sequencer_.outdated();
    want_read();
}

/// The watch stands. False when it is of no use.
bool Follower::begin(const Head& head) {
    if (sequencer_.watch_begins(head))
        return true;
    useless_why_ = "its watches are of another store, or of an older one, than its reads";
    want_read();
    return false;
}

/// When the watch must have brought something: a line that has begun must end.
Follower::Clock::time_point Follower::event_due() const {
    return searched_ == 0 ? last_line_ + timing_.poll : partial_since_ + timing_.whole_answer;
}

asio::awaitable<void> Follower::follow_answer(const Head& head) {
    using Milliseconds = Connection::Limit;
    const unsigned stay = stay_;
    Connection& connection = watch_session_.connection();
    for (;;) {
        const auto left = std::chrono::duration_cast<Milliseconds>(event_due() - Clock::now());
        const std::size_t before = connection.body().size();
        const auto more = co_await connection.read_some(std::max(left, Milliseconds(0)));
        const auto received = Clock::now();
        if (stay != stay_ || watch_dropped_)
            co_return;
        if (more && *more == Connection::Body::silent) {
            if (searched_ > 0)
                fail_over({Refusal::Kind::unavailable, "an event of its watch doesn't end"}, stay);
            co_return;
        }
        since_event_ += connection.body().size() - before;
        const bool ended = !more || *more == Connection::Body::ended;
        if (!take_lines(head, more && ended, received)) {
            if (stay == stay_)
                connection.close(); // its answer goes on
            co_return;
        }
        if (since_event_ > sizes_.event) {
            fail_over({Refusal::Kind::unavailable,
                       fmt::format("it sends more than {} bytes without an event that is new",
                                   sizes_.event)},
                      stay);
            co_return;
        }
        if (received - watching_since_ >= timing_.probe && searched_ == 0)
            steady();
        if (!ended)
            continue;
        // etcd ends a watch when it shuts down, and when its events come faster than they are
        // taken.
        if (!useful_ && received - watching_since_ < short_watch)
            fail_over({Refusal::Kind::unavailable, "it ends the watch at once",
                       more ? std::string() : more.error().message},
                      stay);
        else if (!more)
            want_read(); // who knows what comes back
        co_return;
    }
}

bool Follower::take_lines(const Head& head, bool is_whole, Clock::time_point received) {
    std::string& body = watch_session_.connection().body();
    std::string_view rest = body;
    if (searched_ == 0)
        partial_since_ = received;
    bool go_on = true;
    while (go_on && !rest.empty()) {
        const std::size_t end = rest.find('\n', searched_);
        searched_ = end == std::string_view::npos && !is_whole ? rest.size() : 0;
        if (searched_ > 0)
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
    last_sign_ = last_line_ = partial_since_ = received;
    if (parsed->begin && !begin(*parsed->begin))
        return false;
    bool go_on = true;
    for (Change& change : parsed->changes)
        go_on = go_on && take_change(head, std::move(change), received);
    return go_on;
}

bool Follower::take_change(const Head& head, Change change, Clock::time_point received) {
    const bool is_new = change.index >= next_index_;
    if (!is_new && !change.events.empty()) {
        fail_over({Refusal::Kind::unavailable,
                   "its watches bring events from before the index that they were asked for"},
                  stay_);
        return false;
    }
    if (is_new) { // a notice of progress may not be
        next_index_ = change.index + 1;
        useful_ = true;
        useless_ = 0;
        since_event_ = 0;
    }
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
    if (!sequencer_.can_watch()) { // its word is in doubt
        want_read();
        return false;
    }
    return !stream_is_dead;
}

} // namespace hitless::etcd
