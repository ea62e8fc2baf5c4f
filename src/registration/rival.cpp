#include "registration/rival.hpp"

#include <algorithm>

namespace hitless::registration {

Rival::Verdict Rival::look(const etcd::Holding& holding,
                           std::chrono::steady_clock::time_point now) {
    if (!holding.ttl)
        return Verdict::alive;
    if (!first_) {
        first_ = holding;
        first_look_ = now;
        longest_ = std::max(longest_, *holding.ttl);
    }
    // v2 tells of a renewal by the version; in v3 only the time that is left does, in whole
    // seconds.
    constexpr std::chrono::milliseconds tolerance{1'500};
    const bool has_more_time =
        holding.ttl->count() > 0 && *holding.ttl > *first_->ttl - (now - first_look_) + tolerance;
    if (holding.version != first_->version || has_more_time)
        return Verdict::alive;
    // Keys are renewed when a third of the TTL is over; now two are.
    if (holding.value == value_ && *holding.ttl * 3 <= longest_)
        return Verdict::abandoned;
    return Verdict::unsure;
}

} // namespace hitless::registration
