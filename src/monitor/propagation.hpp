#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

namespace hitless::monitor {

/// How long changes took from the event to HAProxy, since the start: counts in steps of a
/// twentieth, from 10 µs to some minutes, so that percentiles need no list of all. Pure.
class Propagation {
  public:
    using Milliseconds = std::chrono::duration<double, std::milli>;

    void note(Milliseconds took);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    /// The time that this part (0 to 1) of all took at most, 5 % too high at worst; 0 without any.
    [[nodiscard]] double percentile(double part) const;

    struct Bucket {
        double le_ms = 0;        ///< at most so long; the last one: any time
        std::uint64_t count = 0; ///< of all that took no longer
    };
    [[nodiscard]] std::vector<Bucket> buckets() const;

    /// Upper bounds of buckets(), but for the last one.
    static constexpr std::array<double, 16> bounds_ms = {0.5, 1,  1.5, 2,   3,   5,   7.5,   10,
                                                         15,  25, 50,  100, 250, 500, 1'000, 5'000};

  private:
    static constexpr std::size_t steps = 360;
    std::array<std::uint64_t, steps> steps_{};
    std::array<std::uint64_t, bounds_ms.size() + 1> buckets_{};
    std::uint64_t count_ = 0;
};

} // namespace hitless::monitor
