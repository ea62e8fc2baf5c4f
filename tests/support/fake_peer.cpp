#include "support/fake_peer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <thread>
#include <utility>

namespace hitless::test {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using Socket = asio::generic::stream_protocol::socket;

/// How long the first request in `received` is; 0 while it isn't whole.
std::size_t http_request(const std::string& received) {
    const std::size_t head = received.find("\r\n\r\n");
    if (head == std::string::npos)
        return 0;
    constexpr std::string_view name = "Content-Length: ";
    const std::size_t length = received.find(name);
    std::size_t size = head + 4;
    if (length < head)
        size += std::strtoul(received.c_str() + length + name.size(), nullptr, 10);
    return received.size() < size ? 0 : size;
}

std::size_t line(const std::string& received) {
    return received.find('\n') + 1;
}

} // namespace

struct FakePeer::Implementation {
    Handler handler;
    std::size_t (*request_size)(const std::string&);
    asio::io_context context{1};
    std::uint16_t port = 0;
    std::atomic<unsigned> connections = 0;
    std::atomic<unsigned> requests = 0;
    std::thread thread;

    asio::awaitable<void> answer(Socket& socket, const FakeAnswer& what,
                                 boost::system::error_code& error) {
        const auto send = [&](const std::string& text) {
            return asio::async_write(socket, asio::buffer(text),
                                     asio::redirect_error(use_awaitable, error));
        };
        co_await send(what.text);
        asio::steady_timer timer(context);
        while (!error && !what.endless.empty()) {
            if (what.interval.count() > 0) {
                timer.expires_after(what.interval);
                co_await timer.async_wait(use_awaitable);
            }
            co_await send(what.endless);
        }
    }

    asio::awaitable<void> serve(Socket socket) {
        std::string received;
        std::array<char, 4'096> buffer{};
        boost::system::error_code error;
        while (!error) {
            const std::size_t size = request_size(received);
            if (size == 0) {
                const std::size_t more = co_await socket.async_read_some(
                    asio::buffer(buffer), asio::redirect_error(use_awaitable, error));
                received.append(buffer.data(), more);
                continue;
            }
            ++requests;
            const FakeAnswer what = handler(received.substr(0, size));
            received.erase(0, size);
            co_await answer(socket, what, error);
            if (what.close)
                co_return;
        }
    }

    template <class Acceptor>
    asio::awaitable<void> listen(Acceptor acceptor) {
        for (;;) {
            Socket socket(context);
            co_await acceptor.async_accept(socket, use_awaitable);
            ++connections;
            asio::co_spawn(context, serve(std::move(socket)), asio::detached);
        }
    }
};

FakePeer::FakePeer(Handler handler)
    : self_(new Implementation{std::move(handler), http_request, {}, {}, {}, {}, {}}) {
    asio::ip::tcp::acceptor acceptor(self_->context, {asio::ip::address_v4::loopback(), 0});
    self_->port = acceptor.local_endpoint().port();
    asio::co_spawn(self_->context, self_->listen(std::move(acceptor)), asio::detached);
    self_->thread = std::thread([this] { self_->context.run(); });
}

FakePeer::FakePeer(const std::string& path, Handler handler)
    : self_(new Implementation{std::move(handler), line, {}, {}, {}, {}, {}}) {
    asio::local::stream_protocol::acceptor acceptor(self_->context, {path});
    asio::co_spawn(self_->context, self_->listen(std::move(acceptor)), asio::detached);
    self_->thread = std::thread([this] { self_->context.run(); });
}

FakePeer::~FakePeer() {
    self_->context.stop();
    self_->thread.join();
}

std::string FakePeer::url() const {
    return fmt::format("http://127.0.0.1:{}", self_->port);
}

unsigned FakePeer::connections() const {
    return self_->connections;
}

unsigned FakePeer::requests() const {
    return self_->requests;
}

FakeAnswer FakePeer::http(unsigned status, const std::string& headers, const std::string& body) {
    return {fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                        headers, body),
            {},
            {},
            false};
}

} // namespace hitless::test
