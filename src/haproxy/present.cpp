#include "hitless/haproxy/present.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/capabilities.hpp"

#include <algorithm>
#include <utility>

namespace hitless::haproxy {

std::set<std::string> backend_names(std::span<const StatRow> rows) {
    std::set<std::string> names;
    for (const StatRow& row : rows) {
        if (row.kind() == StatRow::Kind::backend)
            names.insert(row.proxy());
    }
    return names;
}

Result<std::set<std::string>> parse_backend_names(std::string_view answer) {
    const auto rows = parse_stat(answer);
    if (!rows)
        return rows.error();
    return backend_names(*rows);
}

Config without_missing_backends(Config config, const std::set<std::string>& there) {
    std::string kept;
    const auto lines = base::split(config.text(), '\n');
    std::size_t taken = 0; // of the lines
    const auto take_up_to = [&](std::size_t end) {
        for (; taken < std::min(end, lines.size()); ++taken)
            kept.append(lines[taken]).append("\n");
    };
    const auto& sections = config.sections();
    bool any = false;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const Section& section = sections[i];
        if (!section.has_servers() || section.number <= 0 || section.conditional ||
            there.contains(std::string(section.name)) || is_disabled(config, section))
            continue;
        take_up_to(static_cast<std::size_t>(section.number) - 1);
        taken = i + 1 < sections.size() ? static_cast<std::size_t>(sections[i + 1].number) - 1
                                        : lines.size();
        any = true;
    }
    if (!any)
        return config;
    take_up_to(lines.size());
    auto parsed = Config::parse(std::move(kept));
    return parsed ? std::move(*parsed) : std::move(config);
}

} // namespace hitless::haproxy
