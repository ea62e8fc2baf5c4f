#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/plan.hpp"

#include <string>
#include <string_view>

/// Slots: spare `server` lines in maintenance. Where a running HAProxy can't add a server, a slot
/// gets the new server's address and serves in its place. In the file the new server has a line and
/// a name of its own, so that it needs no slot in a process that is started later.
namespace hitless::plan {

/// What the names of slots begin with; a number follows.
inline constexpr std::string_view slot_prefix = "hitless-slot";

/// No more slots than this can be asked for.
inline constexpr int most_slots = 10'000;

/// The name of a backend's n-th slot, from 1.
[[nodiscard]] std::string slot_name(int number);

/// True for the name of a slot.
[[nodiscard]] bool is_slot(std::string_view name);

/// Why no server of the keys can have this name: hitlessd gives it to servers of its own, slots or
/// stand-ins (see stand_in_name()). Empty: it can.
[[nodiscard]] std::string why_reserved(std::string_view name);

/// `config` with slots in each backend whose servers HAProxy can't add while it runs: before 2.5,
/// under a static balance algorithm, or for an option that most of the backend's servers have. The
/// slots have the options of those servers, and come after their last line. There are `number` of
/// them. If the backend has more servers than that, the number is doubled until it hasn't.
///
/// The result doesn't depend on which servers HAProxy has, so that the file changes only with what
/// is wanted. `info` may be empty, when nothing is known of HAProxy. `number` 0: `config` as it is.
haproxy::Config with_slots(const haproxy::Config& config, const haproxy::Info& info, int number);

/// `config` without its slots.
haproxy::Config without_slots(const haproxy::Config& config);

/// For slots in use of which nobody remembers whom they serve: finds the server that is wanted at
/// the slot's address and that HAProxy has nowhere else.
void recognize_slots(haproxy::Running& running, const haproxy::Config& wanted, const Names& names);

/// The same where somebody may have changed a slot's address by hand: a backend's only slot that
/// is in use for nobody knows whom has the place of its only server that HAProxy has nowhere. To be
/// called after recognize_slots(). It is a guess: for showing only.
void guess_slots(haproxy::Running& running, const haproxy::Config& wanted);

} // namespace hitless::plan
