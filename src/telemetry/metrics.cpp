#include "telemetry/metrics.hpp"

#include "hitless/base/text.hpp"

#include "telemetry/process_facts.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <span>

namespace hitless::telemetry {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

constexpr std::size_t most_samples = 1'000;

constexpr std::string_view process_cpu = "process_cpu_seconds_total";
constexpr std::string_view process_resident = "process_resident_memory_bytes";
constexpr std::string_view process_virtual = "process_virtual_memory_bytes";
constexpr std::string_view process_fds = "process_open_fds";
constexpr std::string_view process_most_fds = "process_max_fds";
constexpr std::string_view process_start = "process_start_time_seconds";

std::string joined(std::span<const std::string_view> texts) {
    std::string text;
    for (const std::string_view each : texts)
        text.append(each).append(1, '\0');
    return text;
}

/// The values as the definition has them: one that it doesn't have counts as its last one.
std::string key_of(const MetricDefinition& definition, Metrics::Labels labels) {
    std::vector<std::string_view> values(labels);
    values.resize(definition.labels.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto& known = definition.labels[i].values;
        if (!known.empty() && std::ranges::find(known, values[i]) == known.end())
            values[i] = known.back();
    }
    return joined(values);
}

/// Calls `call` with each combination of the labels' values.
template <class Call>
void for_each_series(const MetricDefinition& definition, Call call) {
    const auto& labels = definition.labels;
    std::vector<std::size_t> chosen(labels.size(), 0);
    for (bool more = true; more;) {
        std::vector<std::string_view> values;
        prometheus::Labels named;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i].values.empty())
                return; // they aren't known beforehand
            values.push_back(labels[i].values[chosen[i]]);
            named.emplace(labels[i].name, values.back());
        }
        call(joined(values), named);
        more = false;
        for (std::size_t i = 0; i < labels.size() && !more; ++i) {
            more = ++chosen[i] < labels[i].values.size();
            if (!more)
                chosen[i] = 0;
        }
    }
}

template <class Metric>
using ByLabels = std::map<std::string, Metric*, std::less<>>;

} // namespace

struct Metrics::Series {
    struct Any {
        const MetricDefinition* definition = nullptr;
        ByLabels<Counter> counters;
        ByLabels<Gauge> gauges;
        ByLabels<Histogram> histograms;
        Family<Gauge>* family = nullptr; ///< of gauges
    };
    prometheus::Registry registry;
    std::map<std::string_view, Any> all;

    void add(const MetricDefinition& definition) {
        const std::string name(definition.name);
        const std::string help(definition.help);
        Any& any = all[definition.name];
        any.definition = &definition;
        if (definition.kind == MetricDefinition::Kind::counter) {
            auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry);
            for_each_series(definition, [&](const std::string& key, const auto& labels) {
                any.counters[key] = &family.Add(labels);
            });
        } else if (definition.kind == MetricDefinition::Kind::histogram) {
            auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
            for_each_series(definition, [&](const std::string& key, const auto& labels) {
                any.histograms[key] = &family.Add(labels, definition.buckets);
            });
        } else {
            any.family = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
            for_each_series(definition, [&](const std::string& key, const auto& labels) {
                any.gauges[key] = &any.family->Add(labels);
            });
        }
    }

    Any* find(std::string_view name) {
        const auto found = all.find(name);
        return found == all.end() ? nullptr : &found->second;
    }
};

Metrics::Metrics(const std::vector<MetricDefinition>& definitions)
    : series_(std::make_unique<Series>()) {
    for (const MetricDefinition& definition : definitions)
        series_->add(definition);
    set(process_start, start_of_process());
}

Metrics::~Metrics() = default;

void Metrics::count(std::string_view name, Labels labels, double by) {
    if (auto* const any = series_->find(name); any != nullptr && by > 0) {
        const auto found = any->counters.find(key_of(*any->definition, labels));
        if (found != any->counters.end())
            found->second->Increment(by);
    }
}

void Metrics::set(std::string_view name, double value) {
    if (auto* const any = series_->find(name); any != nullptr && any->gauges.contains(""))
        any->gauges.find("")->second->Set(value);
}

void Metrics::observe(std::string_view name, double seconds, Labels labels) {
    if (auto* const any = series_->find(name)) {
        const auto found = any->histograms.find(key_of(*any->definition, labels));
        if (found != any->histograms.end())
            found->second->Observe(seconds);
    }
}

void Metrics::replace(std::string_view name, const std::vector<Sample>& samples) {
    auto* const any = series_->find(name);
    if (any == nullptr || any->family == nullptr)
        return;
    ByLabels<Gauge> now;
    for (const Sample& sample : samples) {
        if (now.size() == most_samples)
            break;
        prometheus::Labels named;
        std::string key;
        for (std::size_t i = 0; i < any->definition->labels.size(); ++i) {
            // Prometheus takes nothing of an answer that has a byte that isn't UTF-8.
            const std::string value =
                base::printable(i < sample.labels.size() ? sample.labels[i] : std::string());
            named.emplace(any->definition->labels[i].name, value);
            key.append(value).append(1, '\0');
        }
        const auto known = any->gauges.find(key);
        Gauge* const gauge = known == any->gauges.end() ? &any->family->Add(named) : known->second;
        gauge->Set(sample.value);
        now[key] = gauge;
    }
    for (const auto& [key, gauge] : any->gauges) {
        if (!now.contains(key))
            any->family->Remove(gauge);
    }
    any->gauges = std::move(now);
}

void Metrics::sample_process() {
    const ProcessFacts facts = process_facts();
    auto* const cpu = series_->find(process_cpu);
    if (cpu != nullptr && cpu->counters.contains("")) {
        Counter& counter = *cpu->counters.find("")->second;
        counter.Increment(std::max(0.0, facts.cpu_seconds - counter.Value()));
    }
    set(process_resident, facts.resident_bytes);
    set(process_virtual, facts.virtual_bytes);
    set(process_fds, facts.open_fds);
    set(process_most_fds, facts.most_fds);
}

void add_process_metrics(std::vector<MetricDefinition>& all) {
    using Kind = MetricDefinition::Kind;
    all.insert(
        all.end(),
        {{process_cpu, Kind::counter, "Time of the processor that this process has used."},
         {process_resident, Kind::gauge, "Memory of this process that is in use."},
         {process_virtual, Kind::gauge, "Address space of this process."},
         {process_fds, Kind::gauge, "Open file descriptors."},
         {process_most_fds, Kind::gauge, "File descriptors that may be open."},
         {process_start, Kind::gauge, "When this process was started, in seconds since 1970."}});
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(series_->registry.Collect());
}

} // namespace hitless::telemetry
