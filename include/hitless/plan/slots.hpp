#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/plan.hpp"

#include <string>
#include <string_view>

/// Spare servers: lines of the configuration file in maintenance, "slots", of which a running
/// HAProxy that can't add servers makes use. A server keeps its own line and name in the file; it
/// has a slot's only in a process that was started before it came.
namespace hitless::plan {

/// What the names of slots begin with; a number follows.
inline constexpr std::string_view slot_prefix = "hitless-slot";

/// No more slots than this can be asked for.
inline constexpr int most_slots = 10'000;

/// The name of a backend's n-th slot, from 1.
[[nodiscard]] std::string slot_name(int number);

/// True for the name of a slot.
[[nodiscard]] bool is_slot(std::string_view name);

/// `config` with slots in each backend whose servers HAProxy can't add while it runs: before 2.5,
/// under a static balance algorithm, or for an option that most of the backend's servers have. The
/// slots have the options of those servers, and come after their last line. There are `number` of
/// them, or twice, four times… as many where that is less than the backend has servers: whatever
/// came in the place of slots has lines of its own after a reload, and as much room again.
///
/// Depends on nothing else, so that the file changes only with what is wanted. `info` may be empty,
/// with nothing known of HAProxy. `number` 0: `config` as it is.
haproxy::Config with_slots(const haproxy::Config& config, const haproxy::Info& info, int number);

/// `config` without its slots.
haproxy::Config without_slots(const haproxy::Config& config);

/// Finds out which servers the slots of `running` serve, where nobody remembers it: those that are
/// wanted at their address and run nowhere else.
void recognize_slots(haproxy::Running& running, const haproxy::Config& wanted, const Names& names);

} // namespace hitless::plan
