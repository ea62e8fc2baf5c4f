#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/runtime_client.hpp"

#include "ctl/target.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace hitless::ctl {

/// What HAProxy says to raw commands.
struct RawAnswer {
    std::string text;
    bool refused = false; ///< it refused one of them
};

/// Commands to one HAProxy for those who have something else to do until it answers; Channel is for
/// those who don't. One coroutine at a time may use it.
class Connection {
  public:
    /// `limit`: the longest silence of HAProxy.
    Connection(boost::asio::any_io_executor executor, Target target,
               std::chrono::milliseconds limit);

    [[nodiscard]] const Target& target() const { return target_; }

    /// The answers, in order, trimmed. A command that this socket may not give is an Error. After
    /// an error of the connection the next call connects anew.
    boost::asio::awaitable<Result<std::vector<std::string>>>
    run(std::vector<haproxy::Command> commands);

    /// The next call connects anew, to the process that listens then.
    void disconnect() { client_.close(); }

    /// The commands, in one line, on a connection of its own, and the answer as it comes.
    boost::asio::awaitable<Result<RawAnswer>> run_raw(std::vector<haproxy::Command> commands);

  private:
    boost::asio::awaitable<Result<std::string>> ask(std::vector<haproxy::Command> commands);
    boost::asio::awaitable<Result<std::vector<std::string>>>
    run_one_by_one(std::vector<haproxy::Command> commands);
    [[nodiscard]] Error with_hint(Error error) const;

    Target target_;
    std::chrono::milliseconds limit_;
    haproxy::RuntimeClient client_;
};

} // namespace hitless::ctl
