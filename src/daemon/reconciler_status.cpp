#include "daemon/reconciler.hpp"
#include "daemon/times.hpp"

#include <algorithm>

// What /status says of a resource that HAProxy reads.
namespace hitless::daemon {

void FileKeeper::describe(monitor::ResourceStatus& status) const {
    status.reload.obstacles = machine_.due();
    if (status.reload.obstacles.empty() && machine_.is_reloading())
        status.reload.obstacles = machine_.noted();
    if (status.reload.since && machine_.reload_is_due())
        status.reload.next = time_of_day(machine_.next_turn());
    if (!machine_.is_refused())
        status.check_refused.clear();
}

void Reconciler::describe(monitor::ResourceStatus& status) const {
    status.kind = "haproxy";
    file_keeper_.describe(status);
    status.servers_wanted = wanted_ ? monitor::count_servers(*wanted_) : 0;
    if (status.held)
        status.held->until = time_of_day(guard_.next());
    for (const HaproxyKeeper& keeper : keepers_) {
        if (!keeper.ended())
            keeper.describe(status.haproxies.emplace_back());
    }
}

std::vector<monitor::Fleet> Reconciler::fleets() const {
    std::vector<monitor::Fleet> all;
    for (const HaproxyKeeper& keeper : keepers_) {
        if (!keeper.ended())
            all.push_back(keeper.fleet());
    }
    return all;
}

/// What the keys said first, as far as it could be done, has been done, and was read back from each
/// HAProxy. A change that a guard holds, or a server that HAProxy refuses, doesn't count.
bool Reconciler::is_verified() {
    return wanted_ && !work_.waits_for_names() && file_keeper_.idle() &&
           (work_.noop || file_keeper_.has_on_disk(file())) &&
           std::ranges::all_of(keepers_, &HaproxyKeeper::is_verified);
}

} // namespace hitless::daemon
