#include "hitless/plan/guard.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>
#include <set>

namespace hitless::plan {
namespace {

using haproxy::Config;
using haproxy::Section;

std::string judge(std::string_view backend, std::size_t before, std::size_t after,
                  const GuardLimits& limits) {
    const auto text = [&](const auto& limit) {
        return fmt::format("backend {} would have {} of its {} servers left: {}", backend, after,
                           before, limit);
    };
    if (after < limits.min_servers)
        return text(fmt::format("fewer than {} (-min-servers of hitlessd)", limits.min_servers));
    constexpr std::size_t all = 100;
    const auto percent = static_cast<std::size_t>(limits.max_removal_percent);
    if (percent > 0 && (before - after) * all > before * percent)
        return text(fmt::format("more than {} % would go (-max-removal of hitlessd)", percent));
    return {};
}

/// The lines of the section's text, its header first.
std::string_view text_of(const Config& config, const Section& section) {
    const auto& sections = config.sections();
    const std::string_view text = config.text();
    const auto line_begin = [&](int number) {
        std::size_t position = 0;
        for (int line = 1; line < number; ++line)
            position = std::min(text.find('\n', position), text.size() - 1) + 1;
        return position;
    };
    const std::size_t begin = line_begin(section.number);
    const Section* const next = &section + 1;
    const bool is_last = next == sections.data() + sections.size();
    return text.substr(begin, is_last ? text.npos : line_begin(next->number) - begin);
}

} // namespace

std::vector<Hold> guard(const Config& before, const Config& after, const GuardLimits& limits,
                        const Peaks& peaks) {
    std::vector<Hold> held;
    for (const Section& section : before.sections()) {
        if (!section.has_servers())
            continue;
        const Section* const now = after.find_backend(section.name);
        const std::size_t left = now == nullptr ? 0 : now->servers.size();
        if (left >= section.servers.size())
            continue;
        const auto peak = peaks.find(section.name);
        const std::size_t had =
            std::max(section.servers.size(), peak == peaks.end() ? 0 : peak->second);
        if (std::string reason = judge(section.name, had, left, limits); !reason.empty())
            held.push_back({std::string(section.name), std::move(reason)});
    }
    return held;
}

Config with_backends_of(const Config& before, const Config& after, const std::vector<Hold>& held) {
    std::set<std::string_view> open;
    for (const Hold& hold : held)
        open.insert(hold.backend);
    std::string text;
    const auto append = [&](std::string_view part) {
        if (!text.empty() && !text.ends_with('\n'))
            text += '\n';
        text += part;
    };
    for (const Section& section : after.sections()) {
        const bool is_held = section.has_servers() && open.erase(section.name) > 0;
        const Section* const old = is_held ? before.find_backend(section.name) : nullptr;
        append(old != nullptr ? text_of(before, *old) : text_of(after, section));
    }
    for (const std::string_view backend : open) {
        if (const Section* const old = before.find_backend(backend); old != nullptr)
            append(text_of(before, *old));
    }
    auto config = Config::parse(std::move(text));
    return config ? *config : before;
}

} // namespace hitless::plan
