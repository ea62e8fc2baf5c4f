#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/stat.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// Why no new request goes to the server, each reason with what to do about it; none when requests
/// do go. `file`: the configuration, to tell whether anything leads to the backend; may be null.
[[nodiscard]] std::vector<std::string> why_no_traffic(std::string_view backend,
                                                      std::string_view server,
                                                      std::span<const haproxy::StatRow> stat,
                                                      const haproxy::Running& running,
                                                      const haproxy::Config* file);

} // namespace hitless::ctl
