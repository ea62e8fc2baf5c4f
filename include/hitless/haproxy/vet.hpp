#pragma once

#include "hitless/haproxy/config.hpp"

#include <optional>
#include <string>

namespace hitless::haproxy {

/// What is wrong with a `server` line.
struct BadServer {
    /// The word to blame, as written in the line, to find the key that it came from; empty when a
    /// word is missing, which an empty value does.
    std::string offending;
    std::size_t place = 0; ///< where the word begins in the line
    std::string message;   ///< with the server's name and what would be right

    friend bool operator==(const BadServer&, const BadServer&) = default;
};

/// What is wrong with a `server` line whose words may come from values that nobody has checked, or
/// nullopt. Finds what HAProxy would refuse, and what it would take for something else than was
/// meant: a line that an empty value has shifted, a weight that is no number. One such line would
/// make HAProxy refuse the whole file. That a name occurs once in its backend is for the caller to
/// see. A good line costs about a microsecond.
[[nodiscard]] std::optional<BadServer> vet_server(const Config& config, const Section& backend,
                                                  const ServerLine& line);

} // namespace hitless::haproxy
