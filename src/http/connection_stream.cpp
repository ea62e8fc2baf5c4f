#include "base/spawn.hpp"
#include "http/connection.hpp"

#include <boost/asio/buffer.hpp>

#include <array>
#include <ctime>
#include <utility>

// A stream of events.
namespace hitless::http {
namespace {

namespace asio = boost::asio;

/// How long a browser waits before it connects again.
constexpr std::string_view begin_of_stream = "retry: 2000\n\n";
constexpr std::string_view comment = ":\n\n";

Refused too_many_streams() {
    Refused refused{Rejection::streams,
                    plain(503, "There are as many streams of events as are allowed.")};
    refused.response.retry_after = "10";
    return refused;
}

} // namespace

void Connection::wake() {
    woken_ = true;
    wake_.cancel();
}

asio::awaitable<void> Connection::stream(Request request, EventHub* hub) {
    const auto wake_it = [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && self->subscription_ && self->subscription_->is_dropped())
            self->close(); // it may hang in a write
        else if (self)
            self->wake();
    };
    subscription_ = hub->join(request, wake_it);
    if (!subscription_) {
        co_await refuse(too_many_streams());
        co_return;
    }
    core_->observer.answered(request.path, 200);
    try {
        co_await send_events(subscription_.get());
    } catch (...) {
        hub->leave(subscription_);
        throw;
    }
    hub->leave(subscription_);
    if (subscription_->is_dropped() || timed_out_)
        core_->observer.rejected(Rejection::slow_stream);
}

asio::awaitable<void> Connection::send_events(Subscription* subscription) {
    Response response;
    response.type = "text/event-stream; charset=utf-8";
    std::string head = head_of(response, date_field(std::time(nullptr)), false, true);
    head += begin_of_stream;
    bool goes_on = co_await write(head);
    // Before that, a client that sends no more would be taken for one that has gone.
    if (goes_on)
        base::spawn(core_->executor, watch_end(shared_from_this()));
    while (goes_on && !ended_) {
        const Frame frame = subscription->next();
        if (frame != nullptr) {
            goes_on = co_await write(*frame);
            continue;
        }
        if (!std::exchange(woken_, false)) {
            deadline_.cancel();
            wake_.expires_after(core_->limits.comment);
            const auto [cancelled] = co_await wake_.async_wait(use_tuple);
            if (!cancelled && !ended_)
                goes_on = co_await write(comment);
        }
    }
}

/// Notices that the client has gone. What it sends means nothing.
asio::awaitable<void> Connection::watch_end(std::shared_ptr<Connection> self) {
    constexpr std::size_t most = 16UL * 1024;
    Socket& socket = self->socket_;
    std::array<char, 512> piece;
    for (std::size_t all = 0; all < most;) {
        const auto [error, count] = co_await socket.async_read_some(asio::buffer(piece), use_tuple);
        if (error == asio::error::operation_aborted && socket.is_open())
            continue; // a limit of a write
        if (error)
            break;
        all += count;
        co_await self->core_->take_turn();
    }
    self->close();
}

} // namespace hitless::http
