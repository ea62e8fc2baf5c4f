#include "hitless/haproxy/line_files.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace hitless::haproxy {
namespace {

/// Without quotes, and without what says how the file is used (configuration.txt, 2.8 of 3.x).
std::string_view file_name(std::string_view word) {
    for (const std::string_view kind : {"virt@", "opt@", "file@"}) {
        if (word.starts_with(kind))
            word.remove_prefix(kind.size());
    }
    const auto is_quote = [](char c) { return c == '"' || c == '\''; };
    while (!word.empty() && is_quote(word.front()))
        word.remove_prefix(1);
    while (!word.empty() && is_quote(word.back()))
        word.remove_suffix(1);
    return word;
}

void add(std::set<std::string>& names, std::string_view word) {
    const std::string_view name = file_name(word);
    if (!name.empty() && name.find("{{") == std::string_view::npos)
        names.emplace(name);
}

/// `map(FILE`, `map_beg(FILE`, …
void add_maps(std::set<std::string>& names, std::string_view line) {
    for (std::size_t at = line.find("map"); at != std::string_view::npos;
         at = line.find("map", at + 3)) {
        const std::size_t open =
            line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", at);
        if (open == std::string_view::npos || line[open] != '(')
            continue;
        const std::string_view rest = line.substr(open + 1);
        add(names, rest.substr(0, rest.find_first_of(",) \t")));
    }
}

} // namespace

std::set<std::string> line_files(std::string_view text) {
    std::set<std::string> names;
    for (const std::string_view line : base::split(text, '\n')) {
        const std::string_view trimmed = base::trim(line);
        if (trimmed.starts_with('#'))
            continue;
        add_maps(names, trimmed);
        bool takes_next = false;
        for (const std::string_view word : base::split(trimmed, ' ')) {
            if (word.empty())
                continue;
            if (takes_next)
                add(names, word);
            takes_next = word == "-f" || word == "crt-list";
        }
    }
    return names;
}

bool names_file(const std::set<std::string>& names, std::string_view path) {
    const std::string file = std::filesystem::path(path).lexically_normal().string();
    return std::ranges::any_of(names, [&](const std::string& name) {
        const std::string normal = std::filesystem::path(name).lexically_normal().string();
        return normal == file || (!normal.starts_with('/') && file.ends_with("/" + normal));
    });
}

} // namespace hitless::haproxy
