#include "monitor/monitor.hpp"

#include <algorithm>

namespace hitless::monitor {
namespace {

double seconds_of(Time time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

} // namespace

void set_gauges(Metrics& metrics, const SiteStatus& site) {
    std::size_t left_out = 0;
    std::size_t rejected = 0;
    std::size_t held = 0;
    std::size_t owed = 0;
    std::size_t obstacles = 0;
    std::optional<Time> owed_since;
    ServerCounts servers;
    std::vector<Metrics::Sample> up;
    for (const ResourceStatus& resource : site.resources) {
        left_out += resource.left_out.size();
        rejected += resource.check_refused.empty() ? 0 : 1;
        held += resource.held ? resource.held->changes.size() : 0;
        obstacles += resource.reload.obstacles.by_object().size();
        servers.wanted += resource.servers_wanted;
        if (resource.reload.since) {
            ++owed;
            owed_since = std::min(owed_since.value_or(Time::max()), *resource.reload.since);
        }
        for (const HaproxyStatus& haproxy : resource.haproxies) {
            up.push_back({{haproxy.socket}, haproxy.connected ? 1.0 : 0.0});
            servers.running += haproxy.servers.running;
            servers.differing += haproxy.servers.differing;
            servers.draining += haproxy.servers.draining;
            servers.queued += haproxy.queued;
        }
    }
    const auto set = [&](std::string_view name, auto value) {
        metrics.set(name, static_cast<double>(value));
    };
    set(metric::ready, site.ready && !site.ending ? 1 : 0);
    set(metric::in_step, state_of(site) == "in_step" ? 1 : 0);
    set(metric::registry_connected, site.registry.connected ? 1 : 0);
    set(metric::registry_index, site.registry.index);
    set(metric::registry_applied, site.registry.applied_index);
    set(metric::registry_last_event,
        site.registry.last_event ? seconds_of(*site.registry.last_event) : 0);
    set(metric::keys, site.registry.keys);
    set(metric::keys_left_out, left_out);
    set(metric::resources, site.resources.size());
    set(metric::config_rejected, rejected);
    set(metric::held, held);
    set(metric::reload_owed, owed);
    set(metric::reload_owed_since, owed_since ? seconds_of(*owed_since) : 0);
    set(metric::obstacles, obstacles);
    set(metric::servers_wanted, servers.wanted);
    set(metric::servers_running, servers.running);
    set(metric::servers_differing, servers.differing);
    set(metric::servers_draining, servers.draining);
    set(metric::queue, servers.queued);
    metrics.replace(metric::haproxy_up, up);
}

} // namespace hitless::monitor
