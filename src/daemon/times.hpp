#pragma once

#include <chrono>
#include <optional>

namespace hitless::daemon {

[[nodiscard]] inline double milliseconds_of(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

[[nodiscard]] inline double seconds_of(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

/// A moment of the steady clock as a time of day, to a tenth of a second, so that it stays the same
/// however often it is asked for. max(): never, which is nullopt.
[[nodiscard]] inline std::optional<std::chrono::system_clock::time_point>
time_of_day(std::chrono::steady_clock::time_point moment) {
    using namespace std::chrono;
    if (moment == steady_clock::time_point::max() || moment == steady_clock::time_point::min())
        return std::nullopt;
    constexpr milliseconds step{100};
    const auto left = moment - steady_clock::now();
    const auto exact = duration_cast<milliseconds>(
        (system_clock::now() + duration_cast<system_clock::duration>(left)).time_since_epoch());
    return system_clock::time_point((exact + step / 2) / step * step);
}

} // namespace hitless::daemon
