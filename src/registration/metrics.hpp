#pragma once

#include "telemetry/metrics.hpp"

#include <string_view>
#include <vector>

namespace hitless::registration {

struct Report;

/// All metrics of hitless-register, in the order of docs/monitoring.md.
[[nodiscard]] const std::vector<telemetry::MetricDefinition>& metric_definitions();

/// Sets those that tell how it is now.
void set_gauges(telemetry::Metrics& metrics, const Report& report);

/// The names, so that no hook misspells one.
namespace metric {
inline constexpr std::string_view build_info = "hitless_register_build_info";
inline constexpr std::string_view ready = "hitless_register_ready";
inline constexpr std::string_view etcd_connected = "hitless_register_etcd_connected";
inline constexpr std::string_view keys_wanted = "hitless_register_keys_wanted";
inline constexpr std::string_view keys_registered = "hitless_register_keys_registered";
inline constexpr std::string_view registrations = "hitless_register_registrations_total";
inline constexpr std::string_view renewals = "hitless_register_renewals_total";
inline constexpr std::string_view conflicts = "hitless_register_conflicts_total";
inline constexpr std::string_view oldest_renewal =
    "hitless_register_oldest_renewal_timestamp_seconds";
inline constexpr std::string_view ttl = "hitless_register_ttl_seconds";
inline constexpr std::string_view probes = "hitless_register_probes_total";
inline constexpr std::string_view service_ready = "hitless_register_service_ready";
inline constexpr std::string_view command_running = "hitless_register_command_running";
inline constexpr std::string_view engine_connected = "hitless_register_engine_connected";
inline constexpr std::string_view containers = "hitless_register_containers";
inline constexpr std::string_view http_requests = "hitless_register_http_requests_total";
inline constexpr std::string_view http_rejected = "hitless_register_http_rejected_total";
inline constexpr std::string_view http_connections = "hitless_register_http_connections";
} // namespace metric

} // namespace hitless::registration
