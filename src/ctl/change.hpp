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

} // namespace hitless::ctl
