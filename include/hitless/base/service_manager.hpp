#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// What a service of systemd's Type=notify tells its manager (sd_notify(3)). Nothing happens when
/// no manager listens.
namespace hitless::base::service_manager {

/// It serves. `status` is one line for `systemctl status`.
void ready(const std::string& status);
/// It reads its configuration again; ready() ends that.
void reloading();
void stopping();

/// How often alive() is to be called, at the latest; nothing when no watchdog is on (WatchdogSec).
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog();
void alive();

/// Whether the manager gave us this NAME=VALUE of the environment for ourselves. A command that we
/// start must not have it: what it told the manager would be refused, or taken for ours.
[[nodiscard]] bool is_for_us_alone(std::string_view variable);

} // namespace hitless::base::service_manager
