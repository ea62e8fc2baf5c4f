#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::telemetry {

/// A metric, as Prometheus' text format has it. Its series are known beforehand and zero from the
/// start.
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

/// The counters, gauges and histograms of a program.
class Metrics {
  public:
    using Labels = std::initializer_list<std::string_view>; ///< values, in the order of the labels

    /// The definitions live as long.
    explicit Metrics(const std::vector<MetricDefinition>& definitions);
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

/// Those of the process, which Prometheus knows by these names.
void add_process_metrics(std::vector<MetricDefinition>& all);

} // namespace hitless::telemetry
