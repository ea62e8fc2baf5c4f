#pragma once

#include <string_view>

namespace hitless::ctl {

/// Escapes of ECMA-48, as every terminal has them.
inline constexpr std::string_view plain = "\x1b[0m";
inline constexpr std::string_view bold = "\x1b[1m";
inline constexpr std::string_view red = "\x1b[31m";
inline constexpr std::string_view green = "\x1b[32m";
inline constexpr std::string_view yellow = "\x1b[33m";

/// The colour of a state in words ("up", "down 1/2", "maint"): red for what fails, yellow for what
/// someone has taken out or what is on its way, green for what serves.
[[nodiscard]] constexpr std::string_view colour_of(std::string_view state) {
    if (state.starts_with("down") || state.starts_with("gone"))
        return red;
    if (state.starts_with("maint") || state.starts_with("drain") || state.starts_with("start") ||
        state.starts_with("stop") || state.find('/') != std::string_view::npos)
        return yellow;
    if (state.starts_with("up") || state.starts_with("open") || state.starts_with("ready"))
        return green;
    return {};
}

} // namespace hitless::ctl
