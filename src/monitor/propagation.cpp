#include "monitor/propagation.hpp"

#include <algorithm>
#include <cmath>

namespace hitless::monitor {
namespace {

constexpr double shortest_ms = 0.01;
constexpr double factor = 1.05;

} // namespace

void Propagation::note(Milliseconds took) {
    const double ms = std::max(took.count(), shortest_ms);
    const double step = std::ceil(std::log(ms / shortest_ms) / std::log(factor) - 1e-9);
    ++steps_[std::min(static_cast<std::size_t>(step), steps - 1)];
    const auto bound = std::ranges::lower_bound(bounds_ms, ms);
    ++buckets_[static_cast<std::size_t>(bound - bounds_ms.begin())];
    ++count_;
}

double Propagation::percentile(double part) const {
    if (count_ == 0)
        return 0;
    const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t step = 0; step < steps; ++step) {
        seen += steps_[step];
        if (seen >= std::max<std::uint64_t>(wanted, 1))
            return shortest_ms * std::pow(factor, static_cast<double>(step));
    }
    return shortest_ms * std::pow(factor, static_cast<double>(steps - 1));
}

std::vector<Propagation::Bucket> Propagation::buckets() const {
    std::vector<Bucket> all;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        count += buckets_[i];
        all.push_back({i < bounds_ms.size() ? bounds_ms[i] : INFINITY, count});
    }
    return all;
}

} // namespace hitless::monitor
