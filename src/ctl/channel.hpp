#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/stat.hpp"

#include "ctl/connection.hpp"
#include "ctl/snapshot.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace hitless::ctl {

/// Commands to one HAProxy, and their answers. Each call blocks until it has them, or for the time
/// limit. A command that this socket may not give is an Error that says so.
class Channel {
  public:
    Channel(Target target, std::chrono::milliseconds limit);

    [[nodiscard]] const Target& target() const { return connection_.target(); }

    /// The answers, in order, trimmed. After an error of the connection the next call connects
    /// anew.
    Result<std::vector<std::string>> run(const std::vector<haproxy::Command>& commands);
    Result<std::string> run(const haproxy::Command& command);

    /// The commands, in one line, on a connection of its own, and the answer as it comes.
    Result<RawAnswer> run_raw(const std::vector<haproxy::Command>& commands);

    /// From now on a call ends early, with an Error, when there is something to read from the file:
    /// a signal, say. -1: from nothing.
    void give_up_on(int file) { file_to_heed_ = file; }

    Result<haproxy::Info> info();
    Result<haproxy::Running> servers();
    Result<std::vector<haproxy::StatRow>> stat();
    /// The names of its backends, but for disabled ones, of which HAProxy tells nothing.
    Result<std::set<std::string>> backends();
    /// All of these, in one go.
    Result<Snapshot> snapshot();

  private:
    template <class T>
    T wait_for(boost::asio::awaitable<T> work);

    boost::asio::io_context context_;
    Connection connection_;
    int file_to_heed_ = -1;
};

} // namespace hitless::ctl
