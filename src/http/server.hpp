#pragma once

#include "http/address.hpp"
#include "http/asset.hpp"
#include "http/events.hpp"
#include "http/head.hpp"
#include "http/hosts.hpp"
#include "http/message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hitless::http {

/// How much a client may take of us.
struct Limits {
    std::size_t connections = 128;
    std::chrono::milliseconds head{10'000};    ///< until the head of a request is whole
    std::chrono::milliseconds idle{60'000};    ///< between two requests of a connection
    std::chrono::milliseconds stall{10'000};   ///< without taking anything of an answer
    std::chrono::milliseconds answer{60'000};  ///< for a whole answer
    std::chrono::milliseconds comment{15'000}; ///< a stream without events gets a sign of life
};

/// Told what the server does, for counters.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    /// `route`: one of those that were set up; "other" for any other path.
    virtual void answered(std::string_view route, unsigned status) = 0;
    virtual void rejected(Rejection why) = 0;
};

/// Answers GET and HEAD on the event loop.
///
/// What a client does never holds the loop up: all clients together get a share of its time
/// (Turns), heads are bounded in bytes and time, answers are written in pieces, and there are so
/// many connections at most. When there are, the one that has waited longest for a request is
/// closed for a new one; where all are busy, the new one gets a 503.
class Server {
  public:
    using Handler = std::function<Response(const Request&)>;
    /// For answers that take long to make: it makes them off the loop.
    using SlowHandler = std::function<boost::asio::awaitable<Response>(Request)>;

    /// The observer outlives the event loop.
    Server(boost::asio::any_io_executor executor, Hosts hosts, Limits limits, Observer& observer);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    // Routes: all before listen().

    void route(const std::string& path, Handler handler);
    void route_slow(const std::string& path, SlowHandler handler);
    /// The hub outlives the event loop.
    void stream(const std::string& path, EventHub& hub);
    void serve(std::span<const Asset> assets);

    /// Listens there too, from now on. Returns where, for people.
    Result<std::string> listen(const Address& address);

    /// Closes everything. Nothing is answered any more.
    void stop();

    [[nodiscard]] std::size_t connections() const;

  private:
    std::shared_ptr<struct Core> core_;
};

} // namespace hitless::http
