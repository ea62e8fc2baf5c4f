#pragma once

#include "hitless/base/result.hpp"

#include "registration/docker/container.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace hitless::registration::docker {

/// A container engine that listens at a Unix socket. Asks it three things and changes nothing.
class Engine {
  public:
    Engine(boost::asio::any_io_executor executor, std::string socket)
        : executor_(std::move(executor)), socket_(std::move(socket)) {}

    [[nodiscard]] const std::string& socket() const { return socket_; }

    boost::asio::awaitable<Result<std::vector<std::string>>> list();
    /// Not running, and without an id, when it isn't there.
    boost::asio::awaitable<Result<Container>> inspect(std::string id);

    /// The events from the moment on that open() has returned.
    class Events {
      public:
        Events(const boost::asio::any_io_executor& executor, std::string socket);
        ~Events();
        boost::asio::awaitable<Result<void>> open();
        /// Waits for the next event, as long as it takes.
        boost::asio::awaitable<Result<Event>> next();
        /// Makes what is under way fail.
        void close();

      private:
        struct Implementation;
        std::unique_ptr<Implementation> self_;
    };

  private:
    struct Answer {
        unsigned status = 0;
        std::string body;
    };
    boost::asio::awaitable<Result<Answer>> get(std::string target, std::size_t most_bytes);

    boost::asio::any_io_executor executor_;
    std::string socket_;
};

} // namespace hitless::registration::docker
