#pragma once

#include "hitless/live/observed.hpp"

#include "live/limit_settings.hpp"

#include <span>
#include <string>
#include <string_view>

// The rates of the global section: how many connections, sessions, TLS handshakes and compressed
// kilobytes a second HAProxy takes. It tells and takes them while it runs, and starts without any.
namespace hitless::live {

/// A rate, by its keyword in the configuration.
struct RateLimit {
    std::string_view keyword; ///< "maxconnrate"
    std::string_view name;    ///< in `set rate-limit NAME global N`
    std::string_view told_as; ///< in `show info`
    long unit;                ///< so many of what HAProxy tells are one of the configuration's
};

[[nodiscard]] std::span<const RateLimit> rate_limits();
/// nullptr: the keyword is none of a rate.
[[nodiscard]] const RateLimit* find_rate_limit(std::string_view keyword);

/// What the configuration says: `none` is the same as 0. HAProxy takes the first of several lines,
/// and complains, so that these are unclear.
[[nodiscard]] LimitSetting rate_limit_of(const haproxy::Config& config, const RateLimit& rate);

/// What `show info` says of the rates, by their keywords.
[[nodiscard]] std::map<std::string, long, std::less<>> read_rate_limits(std::string_view info);

} // namespace hitless::live
