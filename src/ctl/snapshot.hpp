#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/stat.hpp"

#include <span>
#include <string>
#include <vector>

namespace hitless::ctl {

/// HAProxy, its backends and its servers at one moment.
struct Snapshot {
    haproxy::Info info;
    std::vector<haproxy::StatRow> stat; ///< of backends and servers
    haproxy::Running running;
};

/// The commands whose answers parse_snapshot() takes.
[[nodiscard]] std::vector<haproxy::Command> snapshot_commands();

/// `answers`: to snapshot_commands(), in that order.
Result<Snapshot> parse_snapshot(std::span<const std::string> answers);

} // namespace hitless::ctl
