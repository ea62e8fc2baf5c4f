#include "live/limit_settings.hpp"

#include "hitless/haproxy/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hitless::live {
namespace {

using haproxy::Config;
using haproxy::Line;
using haproxy::Section;
using State = LimitSetting::State;

/// A limit that isn't one of HAProxy's words for "none".
constexpr long least_limit = 1;
constexpr long most_limit = 1'000'000'000;

/// A number that HAProxy reads as it stands there.
std::optional<long> parse_number(std::string_view text, long least, long most) {
    long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
        return std::nullopt;
    return number;
}

/// True when a line of the section, or of its defaults, begins with these words; the second may be
/// only the begin of one.
bool has_line(const Config& config, const Section& section, std::string_view first,
              std::string_view second) {
    const auto begins = [&](const Line& line) {
        std::string_view rest = line.text;
        return !line.conditional && haproxy::take_word(rest) == first &&
               haproxy::take_word(rest).starts_with(second);
    };
    return std::ranges::any_of(config.lineage(section), [&](const Section* one) {
        return std::ranges::any_of(one->settings, begins);
    });
}

/// `minconn` of servers is a share of `fullconn`, which is by default a tenth of what the frontends
/// let in.
bool has_shares(const Config& config, const Section& section) {
    const auto has = [](std::string_view text) { return text.find("minconn") != text.npos; };
    const bool any = std::ranges::any_of(section.servers, has, &haproxy::ServerLine::text) ||
                     std::ranges::any_of(config.lineage(section), [&](const Section* one) {
                         return std::ranges::any_of(one->settings, has, &Line::text);
                     });
    return any && !has_line(config, section, "fullconn", "");
}

} // namespace

LimitSetting setting_of(const Line& line, long least, long most) {
    const auto words = haproxy::parse_words(line.text);
    const auto number = words && words->size() == 2 && !line.conditional &&
                                !(*words)[0].environment && !(*words)[1].environment
                            ? parse_number((*words)[1].text, least, most)
                            : std::nullopt;
    return number ? LimitSetting{State::number, *number} : LimitSetting{State::unclear};
}

bool takes_connections(const Section& section) {
    return section.kind == "frontend" || section.kind == "listen";
}

bool may_have_limit(const Section& section) {
    return takes_connections(section) || section.kind == "defaults" || section.kind == "global";
}

void add_limit(const Section& section, LimitSetting& setting) {
    for (const Line& line : section.settings) {
        const bool is_own = haproxy::first_word(line.text) == limit_keyword;
        if (setting.state == State::unclear || (!is_own && !haproxy::has_variable(line.text, 0)))
            continue;
        setting = is_own ? setting_of(line, least_limit, most_limit) : LimitSetting{State::unclear};
    }
    if (section.conditional && may_have_limit(section))
        setting = {State::unclear};
}

LimitSetting global_limit(const Config& config) {
    LimitSetting setting;
    for (const Section& section : config.sections()) {
        if (section.kind == "global")
            add_limit(section, setting);
    }
    return setting;
}

FrontendLimits::FrontendLimits(const Config& config) : config_(config) {
    for (const Section& section : config.sections()) {
        if (takes_connections(section))
            sections_.emplace(section.name, &section);
    }
}

LimitSetting FrontendLimits::of(std::string_view name) const {
    const auto found = sections_.find(name);
    if (found == sections_.end())
        return {};
    for (const Section* const one : config_.lineage(*found->second)) {
        LimitSetting setting;
        add_limit(*one, setting);
        if (setting.state != State::none)
            return setting;
    }
    return {};
}

std::optional<std::string> worked_out_from_limits(const Config& config) {
    for (const Section& section : config.sections()) {
        if (section.has_servers() && has_shares(config, section))
            return fmt::format("HAProxy works out the fullconn of backend {} from it when it "
                               "starts, of which the minconn of its servers is a share",
                               section.name);
        if (has_line(config, section, "option", "splice-"))
            return std::string("HAProxy works out from it when it starts how many pipes 'option "
                               "splice-…' may have");
    }
    return std::nullopt;
}

} // namespace hitless::live
