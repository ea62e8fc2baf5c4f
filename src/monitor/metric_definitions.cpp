#include "monitor/metrics.hpp"

namespace hitless::monitor {
namespace {

using Kind = MetricDefinition::Kind;
using Labels = std::vector<MetricDefinition::Label>;

const std::vector<double> fast = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                  0.05,   0.1,   0.25,   0.5,   1,    5};
const std::vector<double> slow = {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

/// What is received, rendered and checked.
void add_of_keys(std::vector<MetricDefinition>& all) {
    all.insert(
        all.end(),
        {{metric::build_info, Kind::gauge, "1, with the version of hitlessd.", {{"version", {}}}},
         {metric::ready, Kind::gauge,
          "1 when the first snapshot of the keys is applied and HAProxy has been read back."},
         {metric::in_step, Kind::gauge, "1 while all files and HAProxies are as the keys say."},
         {metric::registry_connected, Kind::gauge, "1 while the registry can be followed."},
         {metric::registry_events,
          Kind::counter,
          "Keys set and deleted, as events told it.",
          {{"type", {"set", "delete"}}}},
         {metric::registry_reads,
          Kind::counter,
          "Times that all keys of a directory were read.",
          {{"reason", {"first", "regular", "other_store", "missed"}}}},
         {metric::registry_failures, Kind::counter, "Failures of nodes of the registry."},
         {metric::registry_index, Kind::gauge, "The index of the registry that was seen last."},
         {metric::registry_applied, Kind::gauge,
          "The index up to which everything is in the HAProxies and the files."},
         {metric::registry_last_event, Kind::gauge,
          "When the registry last told of a change, in seconds since 1970; 0: not yet."},
         {metric::keys, Kind::gauge, "Keys that templates can see."},
         {metric::keys_left_out, Kind::gauge, "Keys that are left out since their values are bad."},
         {metric::resources, Kind::gauge, "Template resources that are kept."},
         {metric::renders,
          Kind::counter,
          "Renderings.",
          {{"result", {"done", "failed", "waiting"}}}},
         {metric::config_checks,
          Kind::counter,
          "Files that were checked and written, by what became of them.",
          {{"result", {"written", "unchanged", "refused", "failed"}}}},
         {metric::check_duration, Kind::histogram, "Time that check_cmd took.", {}, slow},
         {metric::config_rejected, Kind::gauge,
          "Files whose check_cmd refuses what the keys make of them now."},
         {metric::config_last_success, Kind::gauge,
          "When a file was last written, in seconds since 1970; 0: not yet."}});
}

/// What is done at HAProxy.
void add_of_haproxy(std::vector<MetricDefinition>& all) {
    all.insert(all.end(),
               {{metric::propagation,
                 Kind::histogram,
                 "Time from the arrival of an event until HAProxy has the change.",
                 {},
                 fast},
                {metric::phase,
                 Kind::histogram,
                 "Time of each part of a change.",
                 {{"phase", {"render", "plan", "commands", "read_back", "file"}}},
                 fast},
                {metric::changes,
                 Kind::counter,
                 "Changes of objects in HAProxy.",
                 {{"kind", {"server", "other"}},
                  {"action", {"add", "change", "remove", "repair"}},
                  {"result", {"done", "refused"}}}},
                {metric::commands,
                 Kind::counter,
                 "Runtime commands that change something.",
                 {{"result", {"done", "refused"}}}},
                {metric::haproxy_up,
                 Kind::gauge,
                 "1 while HAProxy answers at the socket.",
                 {{"socket", {}}}},
                {metric::haproxy_lost, Kind::counter, "Times that HAProxy stopped answering."},
                {metric::haproxy_met,
                 Kind::counter,
                 "Processes of HAProxy that began to answer.",
                 {{"started_by", {"hitlessd", "other"}}}},
                {metric::servers_wanted, Kind::gauge, "Servers that the configurations have."},
                {metric::servers_running, Kind::gauge, "Servers that the HAProxies have."},
                {metric::servers_differing, Kind::gauge,
                 "Servers that are not, or not yet, as they are wanted."},
                {metric::servers_draining, Kind::gauge,
                 "Servers that are to be deleted when their connections have ended."},
                {metric::queue, Kind::gauge, "Servers that wait to be planned."},
                {metric::backend_servers,
                 Kind::gauge,
                 "Servers of each backend; only with -metrics-backends.",
                 {{"backend", {}}, {"state", {}}}},
                {metric::held, Kind::gauge, "Changes that a guard holds."}});
}

/// What no command can do.
void add_of_reloads(std::vector<MetricDefinition>& all) {
    all.insert(
        all.end(),
        {{metric::reloads, Kind::counter, "Reloads of HAProxy.", {{"result", {"done", "failed"}}}},
         {metric::reload_causes,
          Kind::counter,
          "Why HAProxy was reloaded: each kind of cause counts once a reload.",
          {{"cause",
            {"no_file", "new_section", "gone_section", "line", "needs_section", "no_socket",
             "not_added", "not_replaced", "not_set", "undecided", "number", "spare_place",
             "refused", "undone", "noted", "other"}},
           {"result", {"done", "failed"}}}},
         {metric::reload_duration, Kind::histogram, "Time of a reload.", {}, slow},
         {metric::reload_owed, Kind::gauge, "Resources that wait for a reload."},
         {metric::reload_owed_since, Kind::gauge,
          "Since when the oldest reload is owed, in seconds since 1970; 0: none is."},
         {metric::obstacles, Kind::gauge,
          "Objects that only a reload can bring to what is "
          "wanted."}});
}

void add_of_program(std::vector<MetricDefinition>& all) {
    all.insert(all.end(),
               {{metric::dns_lookups,
                 Kind::counter,
                 "Look-ups of names.",
                 {{"result", {"done", "failed"}}}},
                {metric::http_requests,
                 Kind::counter,
                 "Requests that were answered.",
                 {{"handler",
                   {"page", "assets", "status", "events", "metrics", "healthz", "readyz", "other"}},
                  {"code", {"200", "304", "404", "503", "other"}}}},
                {metric::http_rejected,
                 Kind::counter,
                 "HTTP clients that were turned away.",
                 {{"reason",
                   {"bad_request", "bad_host", "method", "head_size", "timeout", "connections",
                    "streams", "slow_stream", "idle", "broken"}}}},
                {metric::http_connections, Kind::gauge, "Connections of HTTP clients."},
                {metric::http_streams, Kind::gauge, "Clients that listen to /events."}});
    telemetry::add_process_metrics(all);
}

} // namespace

const std::vector<MetricDefinition>& metric_definitions() {
    static const std::vector<MetricDefinition> all = [] {
        std::vector<MetricDefinition> made;
        add_of_keys(made);
        add_of_haproxy(made);
        add_of_reloads(made);
        add_of_program(made);
        return made;
    }();
    return all;
}

Metrics::Metrics(const std::string& version) : telemetry::Metrics(metric_definitions()) {
    replace(metric::build_info, {{{version}, 1}});
}

} // namespace hitless::monitor
