#include "support/http_backend.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <thread>

namespace hitless::test {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

struct Server {
    Server(asio::io_context& context, std::string name_)
        : acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          name(std::move(name_)),
          port(acceptor.local_endpoint().port()) {}

    tcp::acceptor acceptor;
    std::string name;
    std::uint16_t port;
    std::atomic<std::uint64_t> requests = 0;
    std::atomic<std::uint64_t> held = 0;
    std::atomic<std::chrono::milliseconds::rep> delay_ms = 0;
    std::atomic<bool> hold = false;
};

asio::awaitable<void> pause(tcp::socket& socket, std::chrono::milliseconds time) {
    asio::steady_timer timer(socket.get_executor(), time);
    co_await timer.async_wait(use_awaitable);
}

asio::awaitable<void> answer(Server& server, tcp::socket& socket, bool keep_alive) {
    if (const auto delay = server.delay_ms.load(); delay > 0)
        co_await pause(socket, std::chrono::milliseconds(delay));
    const std::string head =
        fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n{}\r\n",
                    server.name.size(), keep_alive ? "" : "Connection: close\r\n");
    if (!server.hold) {
        const std::string whole = head + server.name;
        co_await asio::async_write(socket, asio::buffer(whole), use_awaitable);
        co_return;
    }
    co_await asio::async_write(socket, asio::buffer(head), use_awaitable);
    ++server.held;
    while (server.hold)
        co_await pause(socket, std::chrono::milliseconds(5));
    --server.held;
    co_await asio::async_write(socket, asio::buffer(server.name), use_awaitable);
}

asio::awaitable<void> serve(Server& server, tcp::socket socket) {
    boost::beast::flat_buffer buffer;
    socket.set_option(tcp::no_delay(true));
    for (bool keep_alive = true; keep_alive;) {
        http::request<http::string_body> request;
        co_await http::async_read(socket, buffer, request, use_awaitable);
        ++server.requests;
        keep_alive = request.keep_alive();
        co_await answer(server, socket, keep_alive);
    }
}

asio::awaitable<void> listen(Server& server) {
    for (;;) {
        tcp::socket socket = co_await server.acceptor.async_accept(use_awaitable);
        const auto executor = socket.get_executor();
        // A connection ends with an exception: the client's end of stream.
        asio::co_spawn(executor, serve(server, std::move(socket)), asio::detached);
    }
}

} // namespace

struct HttpBackend::Implementation {
    asio::io_context context{1};
    std::deque<Server> servers;
    std::thread thread;
};

HttpBackend::HttpBackend(const std::vector<std::string>& names) : self_(new Implementation) {
    for (const std::string& name : names)
        asio::co_spawn(self_->context, listen(self_->servers.emplace_back(self_->context, name)),
                       asio::detached);
    self_->thread = std::thread([this] { self_->context.run(); });
}

namespace {

std::vector<std::string> numbered(std::size_t count) {
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= count; ++i)
        names.push_back(fmt::format("s{}", i));
    return names;
}

} // namespace

HttpBackend::HttpBackend(std::size_t count) : HttpBackend(numbered(count)) {}

HttpBackend::~HttpBackend() {
    self_->context.stop();
    self_->thread.join();
}

std::size_t HttpBackend::size() const {
    return self_->servers.size();
}

std::uint16_t HttpBackend::port(std::size_t server) const {
    return self_->servers.at(server).port;
}

const std::string& HttpBackend::name(std::size_t server) const {
    return self_->servers.at(server).name;
}

std::string HttpBackend::address(std::size_t server) const {
    return fmt::format("127.0.0.1:{}", port(server));
}

std::uint64_t HttpBackend::requests(std::size_t server) const {
    return self_->servers.at(server).requests;
}

std::uint64_t HttpBackend::held(std::size_t server) const {
    return self_->servers.at(server).held;
}

void HttpBackend::delay(std::size_t server, std::chrono::milliseconds time) {
    self_->servers.at(server).delay_ms = time.count();
}

void HttpBackend::hold(std::size_t server) {
    self_->servers.at(server).hold = true;
}

void HttpBackend::release(std::size_t server) {
    self_->servers.at(server).hold = false;
}

} // namespace hitless::test
