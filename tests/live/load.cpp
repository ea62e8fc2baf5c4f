#include "live/load.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace hitless::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds patience{10};

} // namespace

struct Load::Implementation {
    asio::ip::tcp::endpoint endpoint;
    std::chrono::microseconds pause;
    asio::io_context context{1};
    std::atomic<bool> stopping = false;
    mutable std::mutex mutex;
    Counts counts;
    std::thread thread;

    void count(const boost::system::error_code& error, unsigned status) {
        const std::scoped_lock lock(mutex);
        if (!error && status == 200) {
            ++counts.requests;
            return;
        }
        if (counts.errors++ == 0)
            counts.first_error = error ? error.message() : "HTTP " + std::to_string(status);
    }

    asio::awaitable<void> client() {
        beast::tcp_stream stream(context);
        while (!stopping) {
            stream.expires_after(patience);
            if (const auto [error] = co_await stream.async_connect(endpoint, use_tuple); error) {
                count(error, 0);
                co_return;
            }
            stream.socket().set_option(asio::ip::tcp::no_delay(true));
            co_await use(stream);
            stream.close();
        }
    }

    /// Requests on one connection until it is closed, as HTTP allows after an answer.
    asio::awaitable<void> use(beast::tcp_stream& stream) {
        beast::flat_buffer buffer;
        asio::steady_timer timer(context);
        while (!stopping) {
            http::request<http::empty_body> request(http::verb::get, "/", 11);
            request.set(http::field::host, "app");
            http::response<http::string_body> response;
            stream.expires_after(patience);
            auto [error, size] = co_await http::async_write(stream, request, use_tuple);
            if (!error)
                std::tie(error, size) =
                    co_await http::async_read(stream, buffer, response, use_tuple);
            count(error, response.result_int());
            if (error || !response.keep_alive())
                co_return;
            timer.expires_after(pause);
            co_await timer.async_wait(use_tuple);
        }
    }
};

Load::Load(std::uint16_t port, std::size_t connections, std::chrono::microseconds pause)
    : self_(std::make_unique<Implementation>()) {
    self_->endpoint = {asio::ip::address_v4::loopback(), port};
    self_->pause = pause;
    for (std::size_t i = 0; i < connections; ++i)
        asio::co_spawn(self_->context, self_->client(), asio::detached);
    self_->thread = std::thread([this] { self_->context.run(); });
}

Load::~Load() {
    stop();
}

Load::Counts Load::counts() const {
    const std::scoped_lock lock(self_->mutex);
    return self_->counts;
}

Load::Counts Load::stop() {
    self_->stopping = true;
    if (self_->thread.joinable())
        self_->thread.join();
    return counts();
}

} // namespace hitless::test
