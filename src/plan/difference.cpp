#include "hitless/plan/difference.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>

namespace hitless::plan {
namespace {

using haproxy::Line;
using haproxy::Section;
using haproxy::ServerLine;

std::string title(const Section& section) {
    return section.name.empty() ? std::string(section.kind)
                                : fmt::format("{} {}", section.kind, section.name);
}

/// True when the lines mean the same to HAProxy.
bool same_words(std::string_view a, std::string_view b) {
    if (a == b)
        return true;
    const auto left = haproxy::split_words(a);
    const auto right = haproxy::split_words(b);
    return left && right && *left == *right;
}

/// Cuts what two lists have in common off both ends.
template <class Item, class Same>
void trim_common(std::span<const Item>& a, std::span<const Item>& b, Same same) {
    while (!a.empty() && !b.empty() && same(a.front(), b.front())) {
        a = a.subspan(1);
        b = b.subspan(1);
    }
    while (!a.empty() && !b.empty() && same(a.back(), b.back())) {
        a = a.first(a.size() - 1);
        b = b.first(b.size() - 1);
    }
}

void compare_settings(const Section& before, const Section& after, Difference& difference) {
    std::span<const Line> old_lines = before.settings;
    std::span<const Line> new_lines = after.settings;
    trim_common(old_lines, new_lines,
                [](const Line& a, const Line& b) { return same_words(a.text, b.text); });
    const std::string section = title(after);
    for (const Line& line : old_lines)
        difference.lines.push_back({section, fmt::format("- {}", line.text)});
    for (const Line& line : new_lines)
        difference.lines.push_back({section, fmt::format("+ {}", line.text)});
}

bool same_server(const ServerLine& a, const ServerLine& b) {
    return same_words(a.text, b.text);
}

void compare_servers(const Section& before, const Section& after, Difference& difference) {
    std::span<const ServerLine> old_lines = before.servers;
    std::span<const ServerLine> new_lines = after.servers;
    trim_common(old_lines, new_lines, same_server);
    std::unordered_map<std::string_view, const ServerLine*> old_by_name;
    for (const ServerLine& line : old_lines)
        old_by_name.emplace(line.name, &line);
    const auto changed = [&](const ServerLine& line) {
        difference.servers.push_back({std::string(after.name), std::string(line.name)});
    };
    for (const ServerLine& line : new_lines) {
        const auto found = old_by_name.find(line.name);
        if (found == old_by_name.end() || !same_server(*found->second, line))
            changed(line);
        if (found != old_by_name.end())
            old_by_name.erase(found);
    }
    for (const ServerLine& line : old_lines) {
        if (old_by_name.contains(line.name))
            changed(line);
    }
}

/// Sections by kind and name; the same title may stand twice (global does), then in order.
std::multimap<std::string, const Section*> by_title(const haproxy::Config& config) {
    std::multimap<std::string, const Section*> sections;
    for (const Section& section : config.sections())
        sections.emplace(title(section), &section);
    return sections;
}

} // namespace

Difference compare(const haproxy::Config& before, const haproxy::Config& after) {
    Difference difference;
    auto old_sections = by_title(before);
    for (const Section& section : after.sections()) {
        const auto found = old_sections.find(title(section));
        if (found == old_sections.end()) {
            difference.lines.push_back({title(section), {}});
            continue;
        }
        const Section& old_section = *found->second;
        if (old_section.from != section.from)
            difference.lines.push_back({title(section), fmt::format("+ from {}", section.from)});
        compare_settings(old_section, section, difference);
        compare_servers(old_section, section, difference);
        old_sections.erase(found);
    }
    for (const auto& [name, section] : old_sections)
        difference.lines.push_back({name, "-"});
    return difference;
}

std::vector<ServerChange> all_servers(const haproxy::Config& config) {
    std::vector<ServerChange> servers;
    for (const Section& section : config.sections()) {
        for (const ServerLine& line : section.servers)
            servers.push_back({std::string(section.name), std::string(line.name)});
    }
    return servers;
}

std::vector<std::string> reasons(const Difference& difference, std::size_t most) {
    std::vector<std::string> texts;
    for (const LineChange& change : difference.lines) {
        if (texts.size() == most) {
            texts.push_back(fmt::format("and {} more lines", difference.lines.size() - most));
            break;
        }
        if (change.line.empty())
            texts.push_back(fmt::format("new section '{}'", change.section));
        else if (change.line == "-")
            texts.push_back(fmt::format("section '{}' is gone", change.section));
        else
            texts.push_back(
                fmt::format("{}: {}", change.section, base::printable(change.line, 100)));
    }
    return texts;
}

} // namespace hitless::plan
