#include "http/connection.hpp"

#include "hitless/base/text.hpp"

#include <boost/asio/buffer.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace hitless::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

/// A connection ends after so many requests, so that none is there for ever.
constexpr unsigned most_requests = 10'000;

/// Written at once. The kernel copies it in some microseconds.
constexpr std::size_t piece_size = 64UL * 1024;

/// An answer of so many bytes goes out with its head.
constexpr std::size_t small_body = 32UL * 1024;

Response not_found(std::string_view path) {
    std::string sentence = "There is no '" + base::printable(path, 100) + "' here.";
    return plain(404, std::move(sentence));
}

/// Where the client has it already.
Response of_asset(const Asset& asset, const Request& request) {
    Response response;
    response.type = asset.type;
    response.etag = asset.etag;
    response.cache = "no-cache"; // which means: ask whether it is still that one
    if (request.if_none_match.find(asset.etag) != std::string::npos)
        response.status = 304;
    else
        response.body = Body::of_program(asset.bytes);
    return response;
}

} // namespace

asio::awaitable<void> Core::take_turn() {
    const auto turn = turns.take(Clock::now());
    if (turn <= Clock::now())
        co_return;
    asio::steady_timer timer(executor, turn);
    co_await timer.async_wait(use_tuple);
}

Connection::Connection(std::shared_ptr<Core> core, Socket socket)
    : core_(std::move(core)),
      socket_(std::move(socket)),
      deadline_(core_->executor),
      wake_(core_->executor),
      waits_since_(Clock::now()) {
    core_->connections.push_back(this);
}

Connection::~Connection() {
    core_->connections.remove(this);
}

void Connection::close() {
    ended_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
    wake();
}

/// The operation under way ends with an error then, and the connection still stands.
void Connection::limit(Clock::time_point until) {
    timed_out_ = false;
    deadline_.expires_at(until);
    deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        if (const auto self = weak.lock(); self && !error)
            self->time_is_up();
    });
}

void Connection::time_is_up() {
    if (deadline_.expiry() > Clock::now())
        return; // another limit has been set meanwhile
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

asio::awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
    try {
        co_await self->serve();
    } catch (const std::exception& error) {
        spdlog::error("hitless has a bug: a request could not be answered, and nothing else is "
                      "concerned. Please report this: {}",
                      error.what());
        self->core_->observer.rejected(Rejection::broken);
    }
    self->close();
}

asio::awaitable<void> Connection::serve() {
    for (unsigned served = 0; served < most_requests && !ended_; ++served) {
        const std::size_t size = co_await read_head(served == 0);
        if (size == 0)
            co_return;
        auto judged = judge(std::string_view(buffer_).substr(0, size), core_->hosts);
        buffer_.erase(0, size);
        if (auto* const refused = std::get_if<Refused>(&judged)) {
            co_await refuse(std::move(*refused));
            co_return;
        }
        const bool goes_on = co_await answer(std::move(std::get<Request>(judged)));
        if (!goes_on)
            co_return;
    }
}

/// How many bytes of the buffer are a head; 0: the connection is at its end.
asio::awaitable<std::size_t> Connection::read_head(bool is_first) {
    waits_since_ = Clock::now();
    auto until =
        waits_since_ + (is_first || !buffer_.empty() ? core_->limits.head : core_->limits.idle);
    limit(until);
    std::size_t searched = 0;
    for (;;) {
        const std::size_t end = end_of_head(buffer_, searched);
        if (end != std::string::npos && end <= most_of_head) {
            waits_since_ = Clock::time_point::max();
            co_return end;
        }
        if (buffer_.size() >= most_of_head) {
            // judge() says so of what is too long.
            buffer_.resize(most_of_head + 1, ' ');
            co_return buffer_.size();
        }
        searched = buffer_.size();
        co_await core_->take_turn();
        std::array<char, 4096> piece;
        const auto [error, count] =
            co_await socket_.async_read_some(asio::buffer(piece), use_tuple);
        if (error && timed_out_ && !buffer_.empty()) {
            Refused late{Rejection::timeout, plain(408, "The request took too long to come.")};
            co_await refuse(std::move(late));
        }
        if (error)
            co_return 0;
        if (buffer_.empty() && !is_first) // the next request begins
            limit(std::min(until, Clock::now() + core_->limits.head));
        buffer_.append(piece.data(), count);
    }
}

/// Whether the connection may serve another request.
asio::awaitable<bool> Connection::answer(Request request) {
    const auto found = core_->routes.find(request.path);
    const bool is_known = found != core_->routes.end();
    if (is_known) {
        if (auto* const* const hub = std::get_if<EventHub*>(&found->second)) {
            if (!request.is_head) {
                co_await stream(std::move(request), *hub);
                co_return false;
            }
        }
    }
    Response response;
    if (is_known)
        response = co_await make(request, found->second);
    else
        response = not_found(request.path);
    core_->observer.answered(is_known ? std::string_view(found->first) : "other", response.status);
    const bool sent = co_await send(std::move(response), request);
    if (sent && !request.keep_alive)
        co_await linger();
    co_return sent&& request.keep_alive;
}

asio::awaitable<Response> Connection::make(const Request& request, const Core::Route& route) {
    const auto began = Clock::now();
    Response response;
    if (const auto* const handler = std::get_if<Server::Handler>(&route)) {
        response = (*handler)(request);
        core_->turns.charge(Clock::now() - began);
    } else if (const auto* const slow = std::get_if<Server::SlowHandler>(&route)) {
        response = co_await (*slow)(request);
    } else if (const auto* const* const asset = std::get_if<const Asset*>(&route)) {
        response = of_asset(**asset, request);
    } else {
        response.type = "text/event-stream; charset=utf-8";
    }
    co_return response;
}

asio::awaitable<bool> Connection::send(Response response, const Request& request) {
    const std::string date = date_field(std::time(nullptr));
    std::string head = head_of(response, date, request.keep_alive);
    std::string_view body = request.is_head ? std::string_view() : response.body.text();
    if (body.size() <= small_body)
        head += std::exchange(body, {});
    const bool begun = co_await write(head);
    if (!begun || body.empty())
        co_return begun;
    co_return co_await write(body);
}

asio::awaitable<void> Connection::refuse(Refused refused) {
    waits_since_ = Clock::time_point::max();
    core_->observer.rejected(refused.why);
    Request request;
    request.keep_alive = false;
    const bool sent = co_await send(std::move(refused.response), request);
    if (sent)
        co_await linger();
}

asio::awaitable<bool> Connection::write(std::string_view text) {
    const auto until = Clock::now() + core_->limits.answer;
    while (!text.empty()) {
        co_await core_->take_turn();
        limit(std::min(until, Clock::now() + core_->limits.stall));
        const auto piece = asio::buffer(text.substr(0, piece_size));
        const auto [error, count] = co_await socket_.async_write_some(piece, use_tuple);
        if (error) {
            if (timed_out_)
                core_->observer.rejected(Rejection::timeout);
            co_return false;
        }
        text.remove_prefix(count);
    }
    co_return true;
}

/// Lets the client take the last answer: a connection that is closed while there is something to
/// read from it is reset, and the answer may be lost.
asio::awaitable<void> Connection::linger() {
    constexpr milliseconds longest{1'000};
    constexpr std::size_t most = 256UL * 1024;
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    limit(Clock::now() + longest);
    waits_since_ = Clock::now();
    std::array<char, 4096> piece;
    for (std::size_t all = 0; all < most;) {
        co_await core_->take_turn();
        const auto [error, count] =
            co_await socket_.async_read_some(asio::buffer(piece), use_tuple);
        if (error)
            co_return;
        all += count;
    }
}

} // namespace hitless::http
