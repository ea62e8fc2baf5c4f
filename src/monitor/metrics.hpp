#pragma once

#include "telemetry/metrics.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::monitor {

using telemetry::MetricDefinition;

/// All metrics, in the order of docs/monitoring.md.
[[nodiscard]] const std::vector<MetricDefinition>& metric_definitions();

/// The metrics of hitlessd.
class Metrics : public telemetry::Metrics {
  public:
    explicit Metrics(const std::string& version);
};

/// The names, so that no hook misspells one.
namespace metric {
inline constexpr std::string_view build_info = "hitless_build_info";
inline constexpr std::string_view ready = "hitless_ready";
inline constexpr std::string_view in_step = "hitless_in_step";
inline constexpr std::string_view registry_connected = "hitless_registry_connected";
inline constexpr std::string_view registry_events = "hitless_registry_events_total";
inline constexpr std::string_view registry_reads = "hitless_registry_reads_total";
inline constexpr std::string_view registry_failures = "hitless_registry_node_failures_total";
inline constexpr std::string_view registry_index = "hitless_registry_index";
inline constexpr std::string_view registry_applied = "hitless_registry_applied_index";
inline constexpr std::string_view registry_last_event =
    "hitless_registry_last_event_timestamp_seconds";
inline constexpr std::string_view keys = "hitless_keys";
inline constexpr std::string_view keys_left_out = "hitless_keys_left_out";
inline constexpr std::string_view resources = "hitless_resources";
inline constexpr std::string_view renders = "hitless_renders_total";
inline constexpr std::string_view config_checks = "hitless_config_checks_total";
inline constexpr std::string_view check_duration = "hitless_config_check_duration_seconds";
inline constexpr std::string_view config_rejected = "hitless_config_rejected";
inline constexpr std::string_view config_last_success =
    "hitless_config_last_success_timestamp_seconds";
inline constexpr std::string_view propagation = "hitless_propagation_seconds";
inline constexpr std::string_view phase = "hitless_phase_seconds";
inline constexpr std::string_view changes = "hitless_changes_total";
inline constexpr std::string_view commands = "hitless_haproxy_commands_total";
inline constexpr std::string_view haproxy_up = "hitless_haproxy_up";
inline constexpr std::string_view haproxy_lost = "hitless_haproxy_lost_total";
inline constexpr std::string_view haproxy_met = "hitless_haproxy_met_total";
inline constexpr std::string_view servers_wanted = "hitless_servers_wanted";
inline constexpr std::string_view servers_running = "hitless_servers_running";
inline constexpr std::string_view servers_differing = "hitless_servers_differing";
inline constexpr std::string_view servers_draining = "hitless_servers_draining";
inline constexpr std::string_view queue = "hitless_queue_servers";
inline constexpr std::string_view backend_servers = "hitless_backend_servers";
inline constexpr std::string_view held = "hitless_changes_held";
inline constexpr std::string_view reloads = "hitless_reloads_total";
inline constexpr std::string_view reload_causes = "hitless_reload_causes_total";
inline constexpr std::string_view reload_duration = "hitless_reload_duration_seconds";
inline constexpr std::string_view reload_owed = "hitless_reload_owed";
inline constexpr std::string_view reload_owed_since = "hitless_reload_owed_since_timestamp_seconds";
inline constexpr std::string_view obstacles = "hitless_obstacles";
inline constexpr std::string_view dns_lookups = "hitless_dns_lookups_total";
inline constexpr std::string_view http_requests = "hitless_http_requests_total";
inline constexpr std::string_view http_rejected = "hitless_http_rejected_total";
inline constexpr std::string_view http_connections = "hitless_http_connections";
inline constexpr std::string_view http_streams = "hitless_http_streams";
} // namespace metric

} // namespace hitless::monitor
