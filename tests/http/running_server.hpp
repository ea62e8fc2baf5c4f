#pragma once

#include "http/server.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hitless::test {

/// A server of its own on a loop in a thread of its own.
class RunningServer {
  public:
    explicit RunningServer(http::Limits limits = {}, const std::vector<std::string>& names = {},
                           const std::string& address = "127.0.0.1:0");
    ~RunningServer();

    /// Where it listens.
    [[nodiscard]] const std::string& address() const { return address_; }
    http::EventHub& hub() { return hub_; }
    /// Runs this in the loop, and waits for its end.
    void in_loop(const std::function<void()>& call);
    /// How often clients were turned away for that.
    [[nodiscard]] int rejected(http::Rejection why);
    [[nodiscard]] std::size_t connections();
    /// Of the route "/slow", which answers when told to.
    std::atomic<bool> may_answer = false;

  private:
    struct Counts final : http::Observer {
        void answered(std::string_view, unsigned) override {}
        void rejected(http::Rejection why) override;

        std::mutex mutex;
        std::map<http::Rejection, int> rejections;
    };
    boost::asio::awaitable<http::Response> answer_slowly();

    boost::asio::io_context context_;
    http::EventHub hub_;
    Counts counts_;
    http::Server server_;
    std::string address_;
    std::thread thread_;
};

} // namespace hitless::test
