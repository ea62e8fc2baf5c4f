#pragma once

#include "plan/backend_facts.hpp"
#include "plan/findings.hpp"
#include "plan/option_changes.hpp"

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
std::optional<Action> live_change(const Pair& pair, const OptionChanges& options, Plan& plan);

/// True for a server whose name is not looked up at start, or not first: HAProxy alone knows the
/// address that its `init-addr` has given it.
[[nodiscard]] bool init_addr_decides(const haproxy::Server& server);

/// The addresses of a name that HAProxy takes for it, the first one first; none when nobody knows.
std::vector<std::string> addresses_of(const Names& names, const haproxy::Address& address);

/// An address with its name resolved, to the first one, as HAProxy does at its start; with
/// `resolvers`, to the first of the family that `resolve-prefer` asks for. nullopt when the name
/// has no address.
std::optional<haproxy::Address> resolve(const Names& names, const haproxy::Server& server);

} // namespace hitless::plan
