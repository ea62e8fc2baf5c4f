#pragma once

#include "hitless/plan/obstacle.hpp"

#include "monitor/changes.hpp"
#include "monitor/fleet.hpp"
#include "monitor/propagation.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

/// What /status, /healthz and /readyz say, as plain values. docs/monitoring.md tells what each
/// means. Their texts are made public when they become JSON (telemetry/public_text.hpp).
namespace hitless::monitor {

struct RegistryStatus {
    std::string name; ///< "etcd (its v2 store) at http://127.0.0.1:2379"
    bool connected = false;
    std::string trouble;
    std::uint64_t index = 0;
    std::uint64_t applied_index = 0; ///< all up to it is in the HAProxies and the files
    std::size_t keys = 0;
    std::optional<Time> last_event;
    std::uint64_t full_reads = 0;
};

struct LeftOut {
    std::string key;
    std::string why;
    std::string what = {};      ///< "server app/web1", "what app.tmpl, line 7, makes"
    bool is_hidden = false;     ///< apply::Spoilt
    plan::ServerId server = {}; ///< that is missing because of it; empty: another line is
};

struct HeldStatus {
    std::vector<std::string> changes;
    std::optional<Time> until;
    std::vector<plan::ServerId> servers = {}; ///< that would go
};

struct Trouble {
    std::string source; ///< apply::StatusNote::Trouble
    std::string message;
};

struct LastReload {
    Time at;
    bool done = true;
    std::vector<std::string> causes;
    double duration_ms = 0;
};

struct ReloadStatus {
    std::optional<Time> since; ///< owed since then; nullopt: none is owed
    std::optional<Time> next;  ///< when it is tried
    bool running = false;      ///< HAProxy is being reloaded now
    plan::Obstacles obstacles;
    std::optional<LastReload> last;
};

struct ServerCounts {
    std::size_t wanted = 0;
    std::size_t running = 0;
    std::size_t differing = 0; ///< not as they are wanted, or not read back since then
    std::size_t draining = 0;
    std::size_t queued = 0;
};

struct HaproxyStatus {
    std::string socket;
    bool connected = false;
    std::string trouble;
    std::string version;
    long pid = 0;
    std::optional<Time> started;
    bool in_step = false;
    std::size_t queued = 0;
    std::optional<Time> statistics; ///< when they were read
    ServerCounts servers;           ///< only in /metrics
};

/// A file that is on its way to disk.
struct Publishing {
    bool checking = false;     ///< check_cmd looks at it; else the pause between two checks lasts
    std::optional<Time> since; ///< of the check
};

struct ResourceStatus {
    std::string file;
    std::string source; ///< the template
    std::string dest;
    std::string kind = "unknown"; ///< "haproxy", "file"
    bool in_step = false;
    std::uint64_t applied_index = 0;
    std::optional<Time> rendered;
    std::optional<Time> written;
    std::string check_refused;
    std::optional<Publishing> publishing; ///< nullopt: the file is as it is wanted, or in trouble
    std::vector<LeftOut> left_out;
    std::optional<HeldStatus> held;
    std::vector<Trouble> troubles;
    ReloadStatus reload;
    std::vector<HaproxyStatus> haproxies;
    std::size_t servers_wanted = 0; ///< only in /metrics
};

struct SiteStatus {
    std::string host;
    std::string version;
    long pid = 0;
    Time started;
    Time now;
    Time state_since;
    bool ending = false;
    bool ready = false;
    std::vector<std::string> unready; ///< why not
    RegistryStatus registry;
    std::vector<ResourceStatus> resources;
};

/// "starting", "in_step", "working", "degraded" or "ending".
[[nodiscard]] std::string_view state_of(const SiteStatus& site);
/// Why it isn't ready, or why it is degraded; sentences.
[[nodiscard]] std::vector<std::string> reasons_of(const SiteStatus& site);

/// /status without the changes and the servers: the event `summary`.
[[nodiscard]] std::string summary_json(const SiteStatus& site, const Propagation& propagation);

/// The summary but for the member `now`, so that two of them can be compared.
[[nodiscard]] std::string without_now(std::string summary);

/// /status. `fleets`: of the HAProxies, in the order of the site.
[[nodiscard]] std::string status_json(const SiteStatus& site, const Propagation& propagation,
                                      const std::vector<FleetText>& fleets,
                                      const std::deque<Change>& changes);

/// /readyz.
[[nodiscard]] std::string readiness_json(const SiteStatus& site);

} // namespace hitless::monitor
