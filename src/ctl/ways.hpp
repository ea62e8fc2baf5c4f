#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/stat.hpp"

#include "ctl/channel.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// How requests come to a backend, and whether they can.
namespace hitless::ctl {

/// Frontends that take no connections, though the configuration hasn't disabled them, each with
/// what HAProxy calls that.
using StoppedFrontends = std::map<std::string, std::string>;
[[nodiscard]] StoppedFrontends stopped_frontends(std::span<const haproxy::StatRow> stat,
                                                 const haproxy::Config* file);

/// Asks HAProxy. None where it doesn't answer.
[[nodiscard]] StoppedFrontends find_stopped_frontends(Channel& channel,
                                                      const haproxy::Config* file);

struct Ways {
    std::vector<std::string> texts; ///< each in words: "frontend web, line 5: default_backend app"
    std::vector<std::string> why_not; ///< why no request comes by any of them; none: one may
    /// Requests come by every one of them only if a rule, a map or the request says so.
    bool are_conditional = false;
};

/// The ways to the backend by the lines of the configuration; nothing where no line leads to it.
/// Asks HAProxy which frontends are stopped, and what its maps have.
[[nodiscard]] Ways find_ways(Channel& channel, const haproxy::Config& file,
                             std::string_view backend);

} // namespace hitless::ctl
