#pragma once

#include "hitless/haproxy/config.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace hitless::plan {

/// What a change may take from a backend without being asked twice.
struct GuardLimits {
    std::size_t min_servers = 0; ///< a change may not leave fewer, but for more than there were
    int max_removal_percent = 0; ///< nor take more than this of a backend's servers; 0: no limit
};

/// A backend that a change takes too many servers from.
struct Hold {
    std::string backend;
    std::string reason; ///< "backend app would lose 3 of its 4 servers: more than 50 %"
};

/// Backend → how many servers it had when the servers began to go, where that is more than now.
using Peaks = std::map<std::string, std::size_t, std::less<>>;

/// What of the change from `before` to `after` crosses the limits, in the order of the backends.
std::vector<Hold> guard(const haproxy::Config& before, const haproxy::Config& after,
                        const GuardLimits& limits, const Peaks& peaks);

/// `after` with these backends as they are in `before`. A backend that `after` no longer has comes
/// last.
haproxy::Config with_backends_of(const haproxy::Config& before, const haproxy::Config& after,
                                 const std::vector<Hold>& held);

} // namespace hitless::plan
