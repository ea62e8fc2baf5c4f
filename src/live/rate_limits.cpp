#include "live/rate_limits.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace hitless::live {
namespace {

using State = LimitSetting::State;

constexpr std::array all_rate_limits = {
    RateLimit{"maxcomprate", "http-compression", "CompressBpsRateLim", 1024},
    RateLimit{"maxconnrate", "connections", "ConnRateLimit", 1},
    RateLimit{"maxsessrate", "sessions", "SessRateLimit", 1},
    RateLimit{"maxsslrate", "ssl-sessions", "SslRateLimit", 1},
};

/// HAProxy multiplies that of the compression, in a number of 32 bits.
constexpr long most_of_a_rate = 1'000'000;

} // namespace

std::span<const RateLimit> rate_limits() {
    return all_rate_limits;
}

const RateLimit* find_rate_limit(std::string_view keyword) {
    const auto found = std::ranges::find(all_rate_limits, keyword, &RateLimit::keyword);
    return found == all_rate_limits.end() ? nullptr : &*found;
}

LimitSetting rate_limit_of(const haproxy::Config& config, const RateLimit& rate) {
    LimitSetting setting;
    for (const haproxy::Section& section : config.sections()) {
        if (section.kind != "global")
            continue;
        if (section.conditional)
            return {State::unclear};
        for (const haproxy::Line& line : section.settings) {
            const bool is_own = haproxy::first_word(line.text) == rate.keyword;
            if (!is_own && !haproxy::has_variable(line.text, 0))
                continue;
            if (!is_own || setting.state != State::none)
                return {State::unclear};
            setting = setting_of(line, 0, most_of_a_rate);
        }
    }
    return setting;
}

std::map<std::string, long, std::less<>> read_rate_limits(std::string_view info) {
    std::map<std::string, long, std::less<>> read;
    for (const std::string_view line : base::split(info, '\n')) {
        const std::size_t colon = std::min(line.find(':'), line.size());
        const auto rate =
            std::ranges::find(all_rate_limits, line.substr(0, colon), &RateLimit::told_as);
        if (rate == all_rate_limits.end())
            continue;
        long number = 0;
        const std::string_view text = base::trim(line.substr(std::min(colon + 1, line.size())));
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc())
            read.emplace(rate->keyword, number / rate->unit);
    }
    return read;
}

} // namespace hitless::live
