#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/command.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace hitless::haproxy {

/// Bounds against a peer that isn't HAProxy: how much it may send and for how long, and how soon it
/// is asked again after an answer that HAProxy wouldn't give. `show stat` of 100,000 servers has
/// 60 MB.
struct SocketBounds {
    std::size_t answer = 256 << 20;          ///< bytes
    std::chrono::milliseconds whole{60'000}; ///< for an answer; or the silence allowed, if longer
    std::chrono::milliseconds first_pause{50};
    std::chrono::milliseconds longest_pause{5'000}; ///< pauses double up to this
};

/// A kept connection to HAProxy's stats socket, in interactive ("prompt") mode: many commands
/// without a connection each (management.txt, 9.3). One coroutine at a time may use it.
class RuntimeClient {
  public:
    /// `address` is a path, "abns@name", "abnsz@name" or "IP:PORT". Nothing is connected yet.
    RuntimeClient(boost::asio::any_io_executor executor, std::string address,
                  SocketBounds bounds = {});
    ~RuntimeClient();
    RuntimeClient(RuntimeClient&&) noexcept;
    RuntimeClient& operator=(RuntimeClient&&) noexcept;

    [[nodiscard]] const std::string& address() const;

    /// Connects unless connected. The error names the socket and what to look at. If something else
    /// than HAProxy has answered, it returns that error again, without connecting, until a pause is
    /// over. The pauses grow.
    boost::asio::awaitable<Result<void>> connect();

    /// True while the connection stands; notices that HAProxy has closed it.
    [[nodiscard]] bool connected() const;

    /// Returns when HAProxy has closed the connection, when there is none, or when cancelled.
    boost::asio::awaitable<void> lost();

    /// Drops the connection: after a reload the next one reaches the new process.
    void close();

    /// Sends the commands and returns their answers in order, without the prompts and the blanks
    /// around them. If to_wire() refuses one, that is the error, and nothing is sent. After any
    /// other error the connection is closed and it is not known how many of them HAProxy has
    /// carried out. `limit` is the longest silence to wait for; the bounds are for each answer.
    boost::asio::awaitable<Result<std::vector<std::string>>>
    run(std::vector<Command> commands, std::chrono::milliseconds limit = std::chrono::seconds(10));

    /// One command.
    boost::asio::awaitable<Result<std::string>> run(Command command);

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

/// The commands, in one line, on a connection of its own, without interactive mode: all that is
/// sent until HAProxy, or its master CLI, closes the connection. `limit` is for the whole; more
/// than SocketBounds allows is an error, and so is what to_wire() refuses.
boost::asio::awaitable<Result<std::string>>
ask_once(std::string address, std::vector<Command> commands, std::chrono::milliseconds limit);

} // namespace hitless::haproxy
