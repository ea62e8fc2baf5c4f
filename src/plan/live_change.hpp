#pragma once

#include "plan/backend_facts.hpp"
#include "plan/option_changes.hpp"
#include "plan/plan_notes.hpp"

#include <optional>

namespace hitless::plan {

/// One server as it is wanted and as it runs.
struct Pair {
    const Situation& situation;
    const BackendFacts& backend;
    const haproxy::Server& wanted;
    const haproxy::RunningServer& running;
    const std::string& name; ///< in the running HAProxy
};

/// The commands that bring a running server to the wanted address, weight, limit, checks and state;
/// nullopt when it has them.
std::optional<Step> live_change(const Pair& pair, const OptionChanges& options, Plan& plan);

/// True when HAProxy doesn't look the server's name up at its start, since its `init-addr` has no
/// `libc` in it: then only HAProxy knows the address.
[[nodiscard]] bool init_addr_decides(const haproxy::Server& server);

/// The addresses of a name of which HAProxy may take one (of IPv4 only after "ipv4@"), in the order
/// of preference; none when the name has none or nobody has looked it up.
std::vector<std::string> addresses_of(const Names& names, const haproxy::Address& address);

/// An address with its name resolved, to the first one, as HAProxy does at its start; with
/// `resolvers`, to the first of the family that `resolve-prefer` asks for. nullopt when the name
/// has no address.
std::optional<haproxy::Address> resolve(const Names& names, const haproxy::Server& server);

} // namespace hitless::plan
