#include "haproxy/option_values.hpp"

#include "hitless/haproxy/address.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace hitless::haproxy {
namespace {

struct Range {
    std::string_view keyword;
    long low;
    long high;
};

// HAProxy reads a number up to the first other character, so that "10O" would be 10 and "" 0.
constexpr std::array ranges = {
    Range{"agent-port", 1, 65'535},     Range{"error-limit", 1, INT_MAX},
    Range{"fall", 1, INT_MAX},          Range{"id", 1, INT_MAX},
    Range{"max-reuse", -1, INT_MAX},    Range{"maxconn", 0, INT_MAX},
    Range{"maxqueue", 0, INT_MAX},      Range{"minconn", 0, INT_MAX},
    Range{"pool-low-conn", 0, INT_MAX}, Range{"pool-max-conn", -1, INT_MAX},
    Range{"port", 1, 65'535},           Range{"rise", 1, INT_MAX},
    Range{"shard", 0, INT_MAX},         Range{"weight", 0, 256},
};

constexpr std::array<std::string_view, 8> times = {"agent-inter", "downinter", "fastinter",
                                                   "idle-ping",   "inter",     "pool-purge-delay",
                                                   "slowstart",   "tcp-ut"};

struct Choice {
    std::string_view keyword;
    std::array<std::string_view, 4> values;
};

constexpr std::array choices = {
    Choice{"init-state", {"fully-up", "up", "down", "fully-down"}},
    Choice{"observe", {"layer4", "layer7"}},
    Choice{"on-error", {"fastinter", "fail-check", "sudden-death", "mark-down"}},
    Choice{"on-marked-down", {"shutdown-sessions"}},
    Choice{"on-marked-up", {"shutdown-backup-sessions"}},
    Choice{"resolve-prefer", {"ipv4", "ipv6"}},
    Choice{"verify", {"none", "required"}},
    Choice{"ws", {"auto", "h1", "h2"}},
};

bool is_number(std::string_view text, long low, long high) {
    long number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stop == end && low <= number && number <= high;
}

/// "500", "2s", "1m": a number and a unit (configuration.txt, 2.5 "Time format").
bool is_time(std::string_view text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    constexpr std::array<std::string_view, 7> units = {"", "us", "ms", "s", "m", "h", "d"};
    return digits > 0 && is_number(text.substr(0, digits), 0, INT_MAX) &&
           std::ranges::find(units, text.substr(digits)) != units.end();
}

} // namespace

std::optional<std::string> wrong_value(std::string_view keyword, std::string_view value) {
    const auto* const range = std::ranges::find(ranges, keyword, &Range::keyword);
    if (range != ranges.end()) {
        if (is_number(value, range->low, range->high))
            return std::nullopt;
        return range->high == INT_MAX
                   ? fmt::format("a number of at least {}", range->low)
                   : fmt::format("a number from {} to {}", range->low, range->high);
    }
    if (std::ranges::find(times, keyword) != times.end())
        return is_time(value) ? std::nullopt
                              : std::optional<std::string>("a time, as in 500ms or 2s");
    const auto* const choice = std::ranges::find(choices, keyword, &Choice::keyword);
    if (choice != choices.end()) {
        std::span<const std::string_view> values = choice->values;
        values = values.first(static_cast<std::size_t>(
            std::ranges::find(values, std::string_view()) - values.begin()));
        if (std::ranges::find(values, value) != values.end())
            return std::nullopt;
        return fmt::format("{}", fmt::join(values, " or "));
    }
    if ((keyword == "addr" || keyword == "agent-addr") && !parse_address(value))
        return std::string("an address");
    return std::nullopt;
}

} // namespace hitless::haproxy
