#include "hitless/haproxy/pattern_file.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace hitless::haproxy {
namespace {

bool is_between_words(char one) {
    return one == ' ' || one == '\t';
}

/// Removes the blanks at its begin.
void skip_blanks(std::string_view& text) {
    while (!text.empty() && is_between_words(text.front()))
        text.remove_prefix(1);
}

PatternEntry map_entry(std::string_view line) {
    const auto end = std::ranges::find_if(line, is_between_words);
    const std::string_view key = line.substr(0, static_cast<std::size_t>(end - line.begin()));
    line.remove_prefix(key.size());
    skip_blanks(line);
    while (!line.empty() && is_between_words(line.back()))
        line.remove_suffix(1);
    return {std::string(key), std::string(line)};
}

/// The number behind `name` in "… curr_ver=3 next_ver=4 entry_cnt=17".
std::optional<unsigned long> number_behind(std::string_view line, std::string_view name) {
    const std::size_t at = line.rfind(name);
    if (at == std::string_view::npos)
        return std::nullopt;
    unsigned long number = 0;
    const char* const begin = line.data() + at + name.size();
    const auto [end, error] = std::from_chars(begin, line.data() + line.size(), number);
    if (error != std::errc() || end == begin)
        return std::nullopt;
    return number;
}

Error not_understood(std::string_view command, std::string_view line) {
    return fail("HAProxy's answer to '{}' makes no sense: '{}'", command,
                base::printable(line, 80));
}

/// A line of `show map`: "4 (hosts.map) pattern loaded from file …". The name may have brackets.
Result<PatternList> parse_list(std::string_view line) {
    const std::size_t begin = line.find(" (");
    const std::size_t end = line.find(") ");
    const auto version = number_behind(line, " curr_ver=");
    const auto newest = number_behind(line, " next_ver=");
    const auto entries = number_behind(line, " entry_cnt=");
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin)
        return not_understood("show map", line);
    const std::string_view file = line.substr(begin + 2, end - begin - 2);
    if (file.empty())
        return PatternList{};
    return PatternList{std::string(file), version.value_or(0), newest.value_or(0),
                       entries.value_or(0)};
}

} // namespace

PatternEntries read_pattern_file(FileUse::Kind kind, std::string_view text) {
    PatternEntries entries;
    const auto lines = base::split(text, '\n');
    entries.reserve(lines.size());
    for (std::string_view line : lines) {
        if (line.starts_with('#'))
            continue;
        skip_blanks(line);
        line = line.substr(0, line.find('\r'));
        if (line.empty())
            continue;
        if (kind == FileUse::Kind::map)
            entries.push_back(map_entry(line));
        else
            entries.push_back({std::string(line)});
    }
    return entries;
}

Result<std::vector<PatternList>> parse_pattern_lists(std::string_view answer) {
    std::vector<PatternList> lists;
    for (const std::string_view line : base::split(answer, '\n')) {
        if (line.empty() || line.starts_with('#'))
            continue;
        auto list = parse_list(line);
        if (!list)
            return list.error();
        if (!list->file.empty())
            lists.push_back(std::move(*list));
    }
    return lists;
}

Result<PatternEntries> parse_pattern_entries(FileUse::Kind kind, std::string_view answer) {
    PatternEntries entries;
    const auto lines = base::split(answer, '\n');
    entries.reserve(lines.size());
    for (std::string_view line : lines) {
        if (line.empty())
            continue;
        const std::size_t end = line.find(' ');
        if (!line.starts_with("0x") || end == std::string_view::npos)
            return not_understood("show map FILE", line);
        line.remove_prefix(end + 1);
        if (kind == FileUse::Kind::acl) {
            entries.push_back({std::string(line)});
            continue;
        }
        // The value may begin with a blank if somebody has typed it.
        const std::size_t blank = std::min(line.find(' '), line.size());
        entries.push_back({std::string(line.substr(0, blank)),
                           std::string(line.substr(std::min(blank + 1, line.size())))});
    }
    return entries;
}

} // namespace hitless::haproxy
