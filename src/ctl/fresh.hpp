#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/stat.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a fresh process of a configuration is like, and how a running one differs: pure.
namespace hitless::ctl {

/// The text for a second process that takes no traffic, disturbs nobody, and has its stats socket
/// at `socket`: without addresses to listen at, logs, mails, a state file, and what only a process
/// of its own user or directory may have. Lines keep their numbers.
[[nodiscard]] std::string for_fresh_process(const haproxy::Config& config,
                                            const std::string& socket);

/// Configuration and state of servers and backends: "app/web1" → "weight" → "5". Counters, times
/// and what checks are about to find out are left out.
using StateTable = std::map<std::string, std::map<std::string, std::string>>;

/// The table of these statistics and the answer to `show servers state`.
Result<StateTable> state_table(std::span<const haproxy::StatRow> stat, std::string_view state);

/// Leaves the servers' numbers ("id") out in backends where nothing depends on them.
void leave_out_free_ids(StateTable& table, const haproxy::Config& config,
                        const haproxy::Info& process);

/// A server that runs as one of hitlessd's spare servers (-slots).
struct InSlot {
    std::string backend;
    std::string server; ///< of the file
    std::string slot;   ///< its name in HAProxy
};

/// Gives servers that run as spare ones their own names, and leaves out the spare servers that
/// have no fellow in the other table.
void name_servers_in_slots(StateTable& running, StateTable& fresh,
                           std::span<const InSlot> in_slots);

/// Of these free spare servers, "app/hitless-slot1", keeps only whether they are out of traffic:
/// what an earlier server has left there, as its address, is set when the next one comes.
void leave_out_leftovers(StateTable& table, std::span<const std::string> free_slots);

/// How many servers and backends a table has.
struct Counts {
    std::size_t servers = 0; ///< without the spare ones
    std::size_t spares = 0;  ///< of hitlessd (-slots)
    std::size_t backends = 0;
};
[[nodiscard]] Counts count(const StateTable& table);

/// True while a check or an agent of a server hasn't come to its result.
[[nodiscard]] bool is_on_its_way(const haproxy::StatRow& row);

/// Something that differs. Where one has no such server, `what` is "server", and the values are
/// "there" and "-"; a value that is empty is "none". What only one of them has a value for, as the
/// port of a check that the other one doesn't run, is told by what it depends on.
struct StateDifference {
    std::string name; ///< "app/web1"; of the backend itself "app/BACKEND"
    std::string what;
    std::string running;
    std::string fresh;
};
[[nodiscard]] std::vector<StateDifference> differences(const StateTable& running,
                                                       const StateTable& fresh);

} // namespace hitless::ctl
