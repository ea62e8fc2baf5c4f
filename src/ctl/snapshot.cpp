#include "ctl/snapshot.hpp"

#include <utility>

namespace hitless::ctl {

std::vector<haproxy::Command> snapshot_commands() {
    return {"show info", "show stat -1 6 -1", "show servers state"};
}

Result<Snapshot> parse_snapshot(std::span<const std::string> answers) {
    auto info = haproxy::parse_info(answers[0]);
    if (!info)
        return info.error();
    auto stat = haproxy::parse_stat(answers[1]);
    if (!stat)
        return stat.error();
    auto running = haproxy::parse_servers_state(answers[2]);
    if (!running)
        return running.error();
    return Snapshot{std::move(*info), std::move(*stat), std::move(*running)};
}

} // namespace hitless::ctl
