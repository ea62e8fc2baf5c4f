#include "http/running_server.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <future>
#include <stdexcept>

namespace hitless::test {
namespace {

namespace asio = boost::asio;

const http::Asset assets[] = {{"/", "text/html; charset=utf-8", "\"one\"", "<p>page</p>"}};

} // namespace

RunningServer::RunningServer(http::Limits limits, const std::vector<std::string>& names,
                             const std::string& address)
    : server_(context_.get_executor(), http::Hosts(names), limits, counts_) {
    server_.route("/hello", [](const http::Request&) { return http::plain(200, "hello"); });
    server_.route("/large", [body = http::Body(std::string(4UL << 20, 'x'))](const auto&) {
        http::Response response;
        response.body = body;
        return response;
    });
    server_.route("/throws",
                  [](const http::Request&) -> http::Response { throw std::runtime_error("no"); });
    server_.route_slow("/slow", [this](const http::Request&) { return answer_slowly(); });
    server_.stream("/events", hub_);
    server_.serve(assets);
    const auto where = server_.listen(*http::parse_address(address));
    if (!where)
        throw std::runtime_error(where.error().message);
    address_ = *where;
    thread_ = std::thread([this] { context_.run(); });
}

RunningServer::~RunningServer() {
    in_loop([this] { server_.stop(); });
    thread_.join();
}

asio::awaitable<http::Response> RunningServer::answer_slowly() {
    asio::steady_timer timer(context_);
    while (!may_answer) {
        timer.expires_after(std::chrono::milliseconds(5));
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return http::plain(200, "slow");
}

void RunningServer::in_loop(const std::function<void()>& call) {
    std::promise<void> done;
    asio::post(context_, [&] {
        call();
        done.set_value();
    });
    done.get_future().wait();
}

void RunningServer::Counts::rejected(http::Rejection why) {
    const std::lock_guard lock(mutex);
    ++rejections[why];
}

int RunningServer::rejected(http::Rejection why) {
    const std::lock_guard lock(counts_.mutex);
    return counts_.rejections[why];
}

std::size_t RunningServer::connections() {
    std::size_t count = 0;
    in_loop([&] { count = server_.connections(); });
    return count;
}

} // namespace hitless::test
