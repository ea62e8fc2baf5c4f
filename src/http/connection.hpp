#pragma once

#include "http/core.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hitless::http {

/// One client's connection: its requests one after the other. It lives as long as its coroutines.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol>;
    using Clock = Core::Clock;

    Connection(std::shared_ptr<Core> core, Socket socket);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Serves it to its end. Throws nothing.
    static boost::asio::awaitable<void> run(std::shared_ptr<Connection> self);

    void close();

    /// Since when it waits for a request that isn't whole; max(): it doesn't.
    [[nodiscard]] Clock::time_point waits_since() const { return waits_since_; }

  private:
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<std::size_t> read_head(bool is_first);
    boost::asio::awaitable<bool> answer(Request request);
    boost::asio::awaitable<Response> make(const Request& request, const Core::Route& route);
    boost::asio::awaitable<bool> send(Response response, const Request& request);
    boost::asio::awaitable<void> refuse(Refused refused);
    boost::asio::awaitable<bool> write(std::string_view text);
    boost::asio::awaitable<void> linger();

    // Streams of events (connection_stream.cpp)
    boost::asio::awaitable<void> stream(Request request, EventHub* hub);
    boost::asio::awaitable<void> send_events(Subscription* subscription);
    static boost::asio::awaitable<void> watch_end(std::shared_ptr<Connection> self);
    void wake();

    void limit(Clock::time_point until);
    void time_is_up();

    std::shared_ptr<Core> core_;
    Socket socket_;
    boost::asio::steady_timer deadline_;
    boost::asio::steady_timer wake_; ///< what send_events() waits for
    bool woken_ = false;
    bool timed_out_ = false;
    bool ended_ = false; ///< the client has closed its side, or we have closed all
    std::string buffer_; ///< what has come and isn't answered yet
    Clock::time_point waits_since_;
    std::shared_ptr<Subscription> subscription_;
};

} // namespace hitless::http
