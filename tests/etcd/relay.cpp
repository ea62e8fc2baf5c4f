#include "etcd/relay.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <list>
#include <thread>
#include <utility>

namespace hitless::test {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

struct Pair {
    tcp::socket client;
    tcp::socket server;
};

} // namespace

struct Relay::Implementation {
    enum class State { passing, hanging, cut };

    asio::io_context context{1};
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    std::uint16_t port = acceptor.local_endpoint().port();
    tcp::endpoint target;
    std::list<std::weak_ptr<Pair>> pairs;
    std::atomic<State> state = State::passing;
    std::atomic<unsigned> connections = 0;
    std::thread thread;

    asio::awaitable<void> pump(std::shared_ptr<Pair> pair, bool to_server) {
        tcp::socket& from = to_server ? pair->client : pair->server;
        tcp::socket& to = to_server ? pair->server : pair->client;
        asio::steady_timer timer(context);
        std::array<char, 65'536> buffer{};
        boost::system::error_code error;
        while (!error) {
            const std::size_t size = co_await from.async_read_some(
                asio::buffer(buffer), asio::redirect_error(use_awaitable, error));
            while (state == State::hanging) {
                timer.expires_after(std::chrono::milliseconds(2));
                co_await timer.async_wait(use_awaitable);
            }
            if (!error)
                co_await asio::async_write(to, asio::buffer(buffer, size),
                                           asio::redirect_error(use_awaitable, error));
        }
        close(*pair);
    }

    static void close(Pair& pair) {
        boost::system::error_code ignored;
        pair.client.close(ignored);
        pair.server.close(ignored);
    }

    asio::awaitable<void> listen() {
        for (;;) {
            auto pair = std::make_shared<Pair>(Pair{tcp::socket(context), tcp::socket(context)});
            co_await acceptor.async_accept(pair->client, use_awaitable);
            ++connections;
            boost::system::error_code error;
            if (state != State::cut)
                co_await pair->server.async_connect(target,
                                                    asio::redirect_error(use_awaitable, error));
            if (state == State::cut || error)
                continue;
            pair->client.set_option(tcp::no_delay(true));
            pair->server.set_option(tcp::no_delay(true));
            pairs.push_back(pair);
            asio::co_spawn(context, pump(pair, true), asio::detached);
            asio::co_spawn(context, pump(pair, false), asio::detached);
        }
    }

    void change(State to) {
        std::promise<void> done;
        asio::post(context, [&] {
            state = to;
            if (to == State::cut)
                for (const auto& weak : std::exchange(pairs, {}))
                    if (const auto pair = weak.lock())
                        close(*pair);
            done.set_value();
        });
        done.get_future().wait();
    }
};

Relay::Relay(std::uint16_t target) : self_(new Implementation) {
    self_->target = {asio::ip::address_v4::loopback(), target};
    asio::co_spawn(self_->context, self_->listen(), asio::detached);
    self_->thread = std::thread([this] { self_->context.run(); });
}

Relay::~Relay() {
    self_->context.stop();
    self_->thread.join();
}

std::string Relay::url() const {
    return fmt::format("http://127.0.0.1:{}", self_->port);
}

void Relay::hang() {
    self_->change(Implementation::State::hanging);
}

void Relay::cut() {
    self_->change(Implementation::State::cut);
}

void Relay::mend() {
    self_->change(Implementation::State::passing);
}

unsigned Relay::connections() const {
    return self_->connections;
}

} // namespace hitless::test
