#pragma once

#include "monitor/changes.hpp"
#include "monitor/metrics.hpp"
#include "monitor/propagation.hpp"
#include "monitor/status.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace hitless::monitor {

/// All that is counted and remembered of a hitlessd, over all readings of its confdir.
struct Monitor {
    Monitor(const std::string& of_version, Time now)
        : version(of_version), started(now), metrics(of_version), changes(now) {}

    const std::string version;
    const Time started;
    Metrics metrics;
    Changes changes;
    Propagation propagation;
    RegistryStatus registry;
    std::string state;
    Time state_since;
    bool was_ready = false; ///< what comes later doesn't take that back

    /// Since when the state is this one. To be told each second or so.
    Time note_state(std::string_view state_now, Time now) {
        if (state != state_now)
            state_since = now;
        state = state_now;
        return state_since;
    }

    void note_propagation(std::chrono::duration<double> took) {
        propagation.note(took);
        metrics.observe(metric::propagation, took.count());
    }
};

/// Sets the gauges of what /status says: counts of servers, who is up, what is owed.
void set_gauges(Metrics& metrics, const SiteStatus& site);

} // namespace hitless::monitor
