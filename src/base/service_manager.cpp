#include "hitless/base/service_manager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <systemd/sd-daemon.h>

namespace hitless::base::service_manager {

void ready(const std::string& status) {
    sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str());
}

void reloading() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds = now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
    sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds).c_str());
}

void stopping() {
    sd_notify(0, "STOPPING=1");
}

std::optional<std::chrono::microseconds> watchdog() {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0)
        return std::nullopt;
    return std::chrono::microseconds(microseconds);
}

void alive() {
    sd_notify(0, "WATCHDOG=1");
}

bool is_for_us_alone(std::string_view variable) {
    constexpr std::array<std::string_view, 6> names = {"NOTIFY_SOCKET", "WATCHDOG_PID",
                                                       "WATCHDOG_USEC", "LISTEN_PID",
                                                       "LISTEN_FDS",    "LISTEN_FDNAMES"};
    const auto name = variable.substr(0, variable.find('='));
    return std::ranges::find(names, name) != names.end();
}

} // namespace hitless::base::service_manager
