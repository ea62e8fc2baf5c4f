#include "plan/references.hpp"

#include "hitless/haproxy/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::plan {

References::References(const haproxy::Config& config) {
    for (const haproxy::Section& section : config.sections()) {
        for (const haproxy::Line& line : section.settings)
            note_line(section, line.text);
        for (const haproxy::ServerLine& line : section.servers)
            note_line(section, line.text);
    }
}

bool References::contains(std::string_view backend, std::string_view server) const {
    return servers_.contains(fmt::format("{}/{}", backend, server));
}

void References::note_line(const haproxy::Section& section, std::string_view text) {
    // A cheap look first: few lines of many point to a server.
    const bool tracks = text.find("track") != std::string_view::npos;
    const bool uses = text.starts_with("use-server");
    const bool fetches = text.find("srv_") != std::string_view::npos;
    if (!tracks && !uses && !fetches)
        return;
    const auto words = haproxy::split_words(text);
    if (!words)
        return;
    if (uses && words->size() > 1)
        note(section.name, (*words)[1]);
    for (std::size_t i = 0; i < words->size(); ++i) {
        const std::string_view word = (*words)[i];
        if (word == "track" && i + 1 < words->size())
            note(section.name, (*words)[i + 1]);
        const std::size_t fetch = word.find("srv_");
        const std::size_t open = word.find('(', std::min(fetch, word.size()));
        if (open != std::string_view::npos)
            note(section.name, word.substr(open + 1, word.find_first_of("),", open) - open - 1));
    }
}

void References::note(std::string_view backend, std::string_view server) {
    if (server.find('/') != std::string_view::npos)
        servers_.emplace(server);
    else
        servers_.insert(fmt::format("{}/{}", backend, server));
}

} // namespace hitless::plan
