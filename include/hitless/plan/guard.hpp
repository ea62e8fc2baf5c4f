#pragma once

#include "hitless/haproxy/config.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace hitless::plan {

/// How many servers a change may take from a backend. A change that takes more is held for a while.
struct GuardLimits {
    std::size_t min_servers = 0; ///< a change that takes any away must leave so many
    int max_removal_percent = 0; ///< not more than this share may go; 0: no limit
};

/// A backend that a change takes too many servers from.
struct HeldBackend {
    std::string backend;
    std::string reason; ///< "backend app would have 1 of its 4 servers left: more than…"
};

/// Backend → how many servers it had before a row of small removals, which count as one large one.
/// Backends without such a row needn't be there.
using Peaks = std::map<std::string, std::size_t, std::less<>>;

/// The backends from which the change from `before` to `after` takes more servers than the limits
/// allow, in their order in `before`.
std::vector<HeldBackend> guard(const haproxy::Config& before, const haproxy::Config& after,
                               const GuardLimits& limits, const Peaks& peaks);

/// `after`, but with the held backends as they are in `before`. Those that `after` no longer has
/// come at its end.
haproxy::Config with_backends_of(const haproxy::Config& before, const haproxy::Config& after,
                                 const std::vector<HeldBackend>& held);

} // namespace hitless::plan
