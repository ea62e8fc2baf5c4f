#pragma once

#include "hitless/base/flags.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <string>
#include <vector>

namespace hitless::http {

class Server;

/// Has a server listen at addresses as soon as that is possible: that somebody else has a port must
/// not keep a program from its real work. What happens is logged.
class Listening {
  public:
    /// `program`: whose doings can be seen there. The server outlives run().
    Listening(const boost::asio::any_io_executor& executor, Server& server, std::string program);

    /// Until it listens at all of them, or stop() was called. `addresses`: as address_flag() takes
    /// them.
    boost::asio::awaitable<void> run(std::vector<std::string> addresses);
    void stop();

  private:
    bool listen(const std::string& text, bool is_first_try);

    Server& server_;
    const std::string program_;
    boost::asio::steady_timer next_try_;
    bool is_stopped_ = false;
};

/// -http ADDRESS. `what`: is told there, for the help.
[[nodiscard]] base::Flag address_flag(const std::string& what, std::vector<std::string>& target);
/// -http-host NAME.
[[nodiscard]] base::Flag host_flag(std::vector<std::string>& target);

} // namespace hitless::http
