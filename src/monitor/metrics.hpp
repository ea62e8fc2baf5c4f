#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::monitor {

/// A metric, as /metrics has it. Its series are known beforehand and zero from the start.
struct MetricDefinition {
    enum class Kind { counter, gauge, histogram };
    std::string_view name;
    Kind kind = Kind::gauge;
    std::string_view help;
    struct Label {
        std::string_view name;
        /// All values that it can have, the last one for any other. None: what the program was told
        /// to keep (its sockets, its backends) decides.
        std::vector<std::string_view> values;
    };
    std::vector<Label> labels = {};
    std::vector<double> buckets = {}; ///< of a histogram
};

/// All metrics, in the order of docs/monitoring.md.
[[nodiscard]] const std::vector<MetricDefinition>& metric_definitions();

/// The counters, gauges and histograms of the program.
class Metrics {
  public:
    using Labels = std::initializer_list<std::string_view>; ///< values, in the order of the labels

    explicit Metrics(const std::string& version);
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;
    ~Metrics();

    void count(std::string_view name, Labels labels = {}, double by = 1);
    void set(std::string_view name, double value);
    void observe(std::string_view name, double seconds, Labels labels = {});

    /// The series of a gauge whose labels aren't known beforehand, a thousand of them at most;
    /// those that were set before and aren't in it are gone.
    struct Sample {
        std::vector<std::string> labels;
        double value = 0;
    };
    void replace(std::string_view name, const std::vector<Sample>& samples);

    /// What /proc says of this process.
    void sample_process();

    /// Prometheus' text format, 0.0.4. (Debian's prometheus-cpp has no OpenMetrics.)
    [[nodiscard]] std::string text() const;
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  private:
    struct Series;
    std::unique_ptr<Series> series_;
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
inline constexpr std::string_view registry_last_event =
    "hitless_registry_last_event_timestamp_seconds";
inline constexpr std::string_view keys = "hitless_keys";
inline constexpr std::string_view keys_left_out = "hitless_keys_left_out";
inline constexpr std::string_view resources = "hitless_resources";
inline constexpr std::string_view renders = "hitless_renders_total";
inline constexpr std::string_view config_checks = "hitless_config_checks_total";
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
inline constexpr std::string_view process_cpu = "process_cpu_seconds_total";
inline constexpr std::string_view process_resident = "process_resident_memory_bytes";
inline constexpr std::string_view process_virtual = "process_virtual_memory_bytes";
inline constexpr std::string_view process_fds = "process_open_fds";
inline constexpr std::string_view process_most_fds = "process_max_fds";
inline constexpr std::string_view process_start = "process_start_time_seconds";
} // namespace metric

} // namespace hitless::monitor
