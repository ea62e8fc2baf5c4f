#pragma once

#include "http/server.hpp"
#include "http/turns.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace hitless::http {

inline constexpr auto use_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

class Connection;

/// What all connections of a server share.
struct Core {
    using Clock = std::chrono::steady_clock;
    using Route = std::variant<Server::Handler, Server::SlowHandler, EventHub*, const Asset*>;

    Core(boost::asio::any_io_executor on, Hosts allowed, Limits most, Observer& told)
        : executor(std::move(on)), hosts(std::move(allowed)), limits(most), observer(told) {}

    /// Returns when the next piece of work for a client may be done.
    boost::asio::awaitable<void> take_turn();

    boost::asio::any_io_executor executor;
    Hosts hosts;
    Limits limits;
    Observer& observer;
    Turns turns;
    std::map<std::string, Route, std::less<>> routes;
    std::list<Connection*> connections; ///< oldest first
    std::list<std::shared_ptr<Acceptor>> acceptors;
    std::vector<std::string> socket_files;
    bool stopped = false;
};

} // namespace hitless::http
