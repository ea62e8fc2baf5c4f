#pragma once

#include "ctl/keeper_told.hpp"
#include "ctl/wanted.hpp"

#include <optional>
#include <string>

/// What `explain` says of a server that neither HAProxy nor its file has.
namespace hitless::ctl {

/// The line that the keys make of it all the same, and its configuration; null: they make none, or
/// nobody can tell.
struct MadeLine {
    const haproxy::Config* config = nullptr;
    const haproxy::Section* section = nullptr;
    const haproxy::ServerLine* line = nullptr;
};
[[nodiscard]] MadeLine find_made(const Wanted& wanted, const std::string& backend,
                                 const std::string& server);

/// Says so where the line has a name that leads to no address now. Asks the resolver.
[[nodiscard]] std::optional<std::string> why_no_address(const MadeLine& made);

/// Why nobody can tell whether the keys want the server. nullopt: they don't. `is_told`: hitlessd
/// itself has told what it wants.
[[nodiscard]] std::optional<std::string> why_not_known(const Wanted& wanted, bool is_told);

} // namespace hitless::ctl
