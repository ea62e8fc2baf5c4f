#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// A resource's commands. Both are Go templates in which `{{.src}}` is the staged file (to
/// reload_cmd, dest, which it has become by then) and `{{.dest}}` is dest. A path that the shell
/// wouldn't take as it is gets quoted for the place where it stands. A reload_cmd that names
/// neither, or anything else than these two, is run as it is written. `environment` holds
/// NAME=VALUE of variables that a command gets besides this process's own.
namespace hitless::confd {

/// Runs the resource's check_cmd on a staged file, at a low priority: `haproxy -c` of thousands of
/// servers takes seconds, which must not be taken from HAProxy. Returns why the file is refused,
/// with the command's output, or nullopt when it is accepted, as each is without a check_cmd. An
/// Error: the command can't be run, its program isn't there (status 126 or 127), or it did not end
/// in time, which tells nothing of the file.
boost::asio::awaitable<Result<std::optional<std::string>>>
check(const Resource& resource, std::string staged_file, std::chrono::milliseconds limit,
      std::vector<std::string> environment = {});

/// Runs the resource's reload_cmd; none is a success. Returns the command's output; the Error has
/// it too.
boost::asio::awaitable<Result<std::string>> reload(const Resource& resource,
                                                   std::chrono::milliseconds limit,
                                                   std::vector<std::string> environment = {});

} // namespace hitless::confd
