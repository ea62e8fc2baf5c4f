#pragma once

#include "hitless/haproxy/config.hpp"

#include <optional>
#include <string>

namespace hitless::haproxy {

/// Why only HAProxy can tell what the servers of this backend have, or nullopt when their lines
/// tell. Whether lines within `.if` are in effect is decided when HAProxy reads its file, by its
/// environment among others; so is what a line says whose first word is an environment variable.
/// Lines that say nothing of servers don't count, nor do `server` lines: those are left alone one
/// by one.
[[nodiscard]] std::optional<std::string> undecided_servers(const Config& config,
                                                           const Section& backend);

} // namespace hitless::haproxy
