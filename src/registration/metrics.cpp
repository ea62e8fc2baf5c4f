#include "registration/metrics.hpp"

#include "registration/report.hpp"

#include <algorithm>

namespace hitless::registration {
namespace {

using Definitions = std::vector<telemetry::MetricDefinition>;
using MetricKind = telemetry::MetricDefinition::Kind;

void add_of_keys(Definitions& all) {
    all.insert(
        all.end(),
        {{metric::build_info,
          MetricKind::gauge,
          "1, with the version of hitless-register.",
          {{"version", {}}}},
         {metric::ready, MetricKind::gauge, "1 when the keys are set, as /readyz has it."},
         {metric::etcd_connected, MetricKind::gauge, "1 while etcd answers."},
         {metric::keys_wanted, MetricKind::gauge, "Keys that are to be in etcd."},
         {metric::keys_registered, MetricKind::gauge, "Keys that are ours in etcd."},
         {metric::registrations,
          MetricKind::counter,
          "Times that a key was set: the first time, or again since it was lost.",
          {{"reason", {"first", "lost"}}}},
         {metric::renewals,
          MetricKind::counter,
          "Renewals of keys; failed: etcd doesn't answer.",
          {{"result", {"done", "failed"}}}},
         {metric::conflicts, MetricKind::counter, "Times that a key was found to be another's."},
         {metric::oldest_renewal, MetricKind::gauge,
          "When the registered key was renewed that has not been renewed for longest, in seconds "
          "since 1970; 0: none is registered."},
         {metric::ttl, MetricKind::gauge, "How long a key lasts that isn't renewed, in seconds."}});
}

void add_of_services(Definitions& all) {
    all.insert(all.end(),
               {{metric::probes,
                 MetricKind::counter,
                 "Times that a service was asked whether it is ready.",
                 {{"result", {"passed", "failed"}}}},
                {metric::service_ready, MetricKind::gauge,
                 "1 when the service has passed all probes of -ready, or there is none."},
                {metric::command_running, MetricKind::gauge, "1 while the service's command runs."},
                {metric::engine_connected, MetricKind::gauge,
                 "1 while the container engine can be followed (-docker)."},
                {metric::containers,
                 MetricKind::gauge,
                 "Containers that ask for a key, by what has become of it (-docker).",
                 {{"state", {}}}},
                {metric::http_requests,
                 MetricKind::counter,
                 "Requests that were answered.",
                 {{"handler", {"status", "metrics", "healthz", "readyz", "other"}},
                  {"code", {"200", "404", "503", "other"}}}},
                {metric::http_rejected,
                 MetricKind::counter,
                 "HTTP clients that were turned away.",
                 {{"reason",
                   {"bad_request", "bad_host", "method", "head_size", "timeout", "connections",
                    "idle", "broken"}}}},
                {metric::http_connections, MetricKind::gauge, "Connections of HTTP clients."}});
}

double seconds_since_1970(Time time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void count_containers(telemetry::Metrics& metrics, const std::optional<EngineReport>& engine) {
    using State = ContainerReport::State;
    std::vector<telemetry::Metrics::Sample> samples;
    for (const State state : {State::unknown, State::not_ready, State::waiting, State::registered,
                              State::refused, State::ending}) {
        const auto count =
            engine ? std::ranges::count(engine->containers, state, &ContainerReport::state) : 0;
        samples.push_back({{std::string(to_string(state))}, static_cast<double>(count)});
    }
    metrics.replace(metric::containers, samples);
}

} // namespace

const std::vector<telemetry::MetricDefinition>& metric_definitions() {
    static const Definitions all = [] {
        Definitions made;
        add_of_keys(made);
        add_of_services(made);
        telemetry::add_process_metrics(made);
        return made;
    }();
    return all;
}

void set_gauges(telemetry::Metrics& metrics, const Report& report) {
    std::size_t registered = 0;
    std::optional<Time> oldest;
    for (const KeyReport& key : report.keys) {
        if (key.state != KeyReport::State::registered)
            continue;
        ++registered;
        if (key.renewed)
            oldest = std::min(oldest.value_or(Time::max()), *key.renewed);
    }
    const auto set = [&](std::string_view name, auto value) {
        metrics.set(name, static_cast<double>(value));
    };
    set(metric::ready, report.is_ready && !report.is_ending ? 1 : 0);
    set(metric::etcd_connected, is_etcd_connected(report) ? 1 : 0);
    set(metric::keys_wanted, report.keys.size());
    set(metric::keys_registered, registered);
    set(metric::oldest_renewal, oldest ? seconds_since_1970(*oldest) : 0);
    set(metric::ttl, std::chrono::duration<double>(report.ttl).count());
    set(metric::service_ready, std::ranges::all_of(report.probes, &ProbeReport::is_passed) ? 1 : 0);
    set(metric::command_running, report.command && report.command->is_running ? 1 : 0);
    set(metric::engine_connected, report.engine && report.engine->is_connected ? 1 : 0);
    count_containers(metrics, report.engine);
}

} // namespace hitless::registration
