#include "daemon/reconciler.hpp"
#include "daemon/times.hpp"

#include <algorithm>

// What /status says of a configuration and its HAProxies.
namespace hitless::daemon {
namespace {

void describe_held(const std::vector<converge::Guard::Held>& held, monitor::HeldStatus& status) {
    using Held = converge::Guard::Held;
    status.until = time_of_day(std::ranges::min(held, {}, &Held::until).until);
    for (const Held& each : held) {
        if (each.backend.empty())
            continue; // everything is held
        for (const std::string& server : each.servers)
            status.servers.push_back({each.backend, server});
    }
}

} // namespace

void FileKeeper::describe(monitor::ResourceStatus& status) const {
    status.reload.obstacles = machine_.awaited();
    if (status.reload.obstacles.empty() && machine_.is_reloading())
        status.reload.obstacles = machine_.noted();
    if (const auto next = next_reload(); status.reload.since && next)
        status.reload.next = time_of_day(*next);
    status.reload.running = machine_.is_reloading();
    // What is refused for bad values alone is left out, and another file comes.
    if (!machine_.is_refused() || !complaints_.raised("file"))
        status.check_refused.clear();
    if (machine_.is_writing())
        status.publishing = monitor::Publishing{true, check_began_};
    else if (machine_.file_is_due() && !complaints_.any())
        status.publishing = monitor::Publishing{};
}

void Reconciler::describe(monitor::ResourceStatus& status) const {
    status.kind = "haproxy";
    file_keeper_.describe(status);
    const haproxy::Config* const wanted = machine_.wanted();
    status.servers_wanted = wanted != nullptr ? monitor::count_servers(*wanted) : 0;
    const auto held = machine_.held();
    if (status.held && !held.empty())
        describe_held(held, *status.held);
    haproxies_.describe(status);
}

/// What the keys said first, as far as it could be done, has been done, and was read back from each
/// HAProxy. A change that a guard holds, or a server that HAProxy refuses, doesn't count; nor does
/// a file that check_cmd refuses, or still checks, where HAProxy has all without a reload.
bool Reconciler::is_verified() {
    const converge::Progress now = progress();
    const auto is_all_live = [&] { return now.any_haproxy && obstacles().empty(); };
    const auto is_on_disk = [&] {
        return file_keeper_.idle() && (kept_.noop || machine_.is_on_disk(now));
    };
    return machine_.wanted() != nullptr && !kept_.waits_for_names() &&
           (is_all_live() || is_on_disk()) && haproxies_.are_verified();
}

bool Reconciler::in_step() {
    return machine_.is_in_step(progress());
}

void Haproxies::describe(monitor::ResourceStatus& status) const {
    for (const HaproxyKeeper& keeper : keepers_) {
        if (!keeper.ended())
            keeper.describe(status.haproxies.emplace_back());
    }
}

std::vector<monitor::Fleet> Haproxies::fleets() const {
    std::vector<monitor::Fleet> all;
    for (const HaproxyKeeper& keeper : keepers_) {
        if (!keeper.ended())
            all.push_back(keeper.fleet());
    }
    return all;
}

bool Haproxies::are_verified() const {
    return std::ranges::all_of(keepers_, &HaproxyKeeper::is_verified);
}

} // namespace hitless::daemon
