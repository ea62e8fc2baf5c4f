#pragma once

#include "hitless/haproxy/running.hpp"

#include <string>
#include <utility>
#include <vector>

namespace hitless::ctl {

/// A backend and a server.
using Name = std::pair<std::string, std::string>;

/// The running servers that one of the patterns names, in order.
[[nodiscard]] std::vector<Name> named_servers(const haproxy::Running& running,
                                              const std::vector<std::string>& patterns);

/// A command for the server as a line that someone may give to `raw`; a remark instead where a name
/// that HAProxy has told, or anything else in it, would make another command of it.
[[nodiscard]] std::string command_line(const Name& server, const std::string& command);

} // namespace hitless::ctl
