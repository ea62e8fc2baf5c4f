#include "http/server.hpp"

#include "base/spawn.hpp"
#include "http/connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <unistd.h>
#include <utility>

namespace hitless::http {
namespace {

namespace asio = boost::asio;

/// When no descriptor is left, say.
constexpr std::chrono::milliseconds pause_after_failure{100};

/// Closes the connection that has waited longest for a request. False: all are busy.
bool make_place(Core& core) {
    const auto oldest = std::ranges::min_element(
        core.connections, {}, [](const Connection* each) { return each->waits_since(); });
    if (oldest == core.connections.end() ||
        (*oldest)->waits_since() == Core::Clock::time_point::max())
        return false;
    core.observer.rejected(Rejection::idle);
    (*oldest)->close();
    return true;
}

/// Tells the client that there is no place, without waiting for it.
void turn_away(Core& core, Connection::Socket socket) {
    core.observer.rejected(Rejection::connections);
    Response response = plain(503, "There are as many connections as are allowed.");
    response.retry_after = '1'; // of a text, GCC 12 warns
    std::string text = head_of(response, date_field(std::time(nullptr)), false);
    text += response.body.text();
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    std::array<char, 4096> unread;
    socket.read_some(asio::buffer(unread), ignored); // else closing would reset it
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

void take_in(const std::shared_ptr<Core>& core, Connection::Socket socket) {
    // A connection that is closed for another one goes in a moment; until then there is one more.
    if (core->connections.size() >= 2 * core->limits.connections ||
        (core->connections.size() >= core->limits.connections && !make_place(*core)))
        return turn_away(*core, std::move(socket));
    boost::system::error_code ignored; // a Unix socket has no such option
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    base::spawn(core->executor,
                Connection::run(std::make_shared<Connection>(core, std::move(socket))));
}

asio::awaitable<void> accept(std::shared_ptr<Core> core, std::shared_ptr<Acceptor> acceptor) {
    while (!core->stopped) {
        co_await core->take_turn();
        Connection::Socket socket(core->executor);
        const auto [error] = co_await acceptor->async_accept(socket, use_tuple);
        if (core->stopped)
            break;
        if (!error) {
            take_in(core, std::move(socket));
            continue;
        }
        spdlog::debug("can't accept a connection of an HTTP client: {}", error.message());
        asio::steady_timer pause(core->executor, pause_after_failure);
        co_await pause.async_wait(use_tuple);
    }
}

} // namespace

Server::Server(asio::any_io_executor executor, Hosts hosts, Limits limits, Observer& observer)
    : core_(std::make_shared<Core>(std::move(executor), std::move(hosts), limits, observer)) {}

Server::~Server() {
    stop();
}

void Server::route(const std::string& path, Handler handler) {
    core_->routes[path] = std::move(handler);
}

void Server::route_slow(const std::string& path, SlowHandler handler) {
    core_->routes[path] = std::move(handler);
}

void Server::stream(const std::string& path, EventHub& hub) {
    core_->routes[path] = &hub;
}

void Server::serve(std::span<const Asset> assets) {
    for (const Asset& asset : assets)
        core_->routes[std::string(asset.path)] = &asset;
}

Result<std::string> Server::listen(const Address& address) {
    auto acceptor = http::listen(core_->executor, address);
    if (!acceptor)
        return acceptor.error();
    std::string where = listens_at(*acceptor, address);
    if (address.is_unix())
        core_->socket_files.push_back(address.path);
    core_->acceptors.push_back(std::make_shared<Acceptor>(std::move(*acceptor)));
    base::spawn(core_->executor, accept(core_, core_->acceptors.back()));
    return where;
}

void Server::stop() {
    if (std::exchange(core_->stopped, true))
        return;
    boost::system::error_code ignored;
    for (const auto& acceptor : core_->acceptors)
        acceptor->close(ignored);
    for (Connection* const connection : core_->connections)
        connection->close();
    for (const std::string& file : core_->socket_files)
        ::unlink(file.c_str());
}

std::size_t Server::connections() const {
    return core_->connections.size();
}

} // namespace hitless::http
