#pragma once

#include "hitless/base/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace hitless::base {

/// How a command ended.
struct Exit {
    int code = 0;       ///< the exit status; 128 + n when signal n ended it
    std::string output; ///< standard output and standard error together, 64 KiB at most
};

/// How a command shares the processor with others.
enum class Priority {
    normal,
    low, ///< nice 10, for what nobody waits for
};

/// Runs `command` under /bin/sh -c in a process group of its own and waits for it without blocking
/// the event loop. After `limit` the whole group is killed and an Error says so. Cancelling the
/// coroutine kills it too. What the command leaves running in the background with its output closed
/// stays. `environment`: NAME=VALUE of variables that it gets besides this process's own. What a
/// service manager gave to this process alone, as NOTIFY_SOCKET, it doesn't get.
boost::asio::awaitable<Result<Exit>> run_shell(std::string command, std::chrono::milliseconds limit,
                                               Priority priority = Priority::normal,
                                               std::vector<std::string> environment = {});

} // namespace hitless::base
