#include "plan/references.hpp"

#include "hitless/haproxy/words.hpp"

#include <fmt/format.h>

namespace hitless::plan {
namespace {

/// What may stand around an argument of a sample fetch.
constexpr std::string_view quotes_and_blanks = "\"' ";

} // namespace

References::References(const haproxy::Config& config) {
    for (const haproxy::Section& section : config.sections()) {
        for (const haproxy::Line& line : section.settings)
            note_line(section, line.text);
        for (const haproxy::ServerLine& line : section.servers)
            note_line(section, line.text);
    }
}

bool References::contains(std::string_view backend, std::string_view server) const {
    return any_ || servers_.contains(fmt::format("{}/{}", backend, server));
}

void References::note_line(const haproxy::Section& section, std::string_view text) {
    // A cheap look first: few lines of many point to a server.
    const bool tracks = text.find("track") != std::string_view::npos;
    const bool uses = text.find("use-server") != std::string_view::npos;
    const bool fetches = text.find("srv_") != std::string_view::npos;
    if (!tracks && !uses && !fetches)
        return;
    const auto words = haproxy::split_words(text);
    if (!words || words->empty())
        return;
    if (words->front() == "use-server" && words->size() > 1)
        note(section.name, (*words)[1]);
    for (std::size_t i = 0; i < words->size(); ++i) {
        const std::string_view word = (*words)[i];
        if (word == "track" && i + 1 < words->size())
            note(section.name, (*words)[i + 1]);
        note_fetches(section, word);
    }
}

/// "%[srv_is_up(app/web1)] %[srv_conn(web2)]": there may be several in a word.
void References::note_fetches(const haproxy::Section& section, std::string_view word) {
    constexpr std::string_view fetch = "srv_";
    for (std::size_t at = word.find(fetch); at != std::string_view::npos;
         at = word.find(fetch, at + 1)) {
        const std::size_t open = word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
        if (open == std::string_view::npos || word[open] != '(')
            continue;
        std::string_view server = word.substr(open + 1, word.find_first_of("),", open) - open - 1);
        while (!server.empty() && quotes_and_blanks.find(server.front()) != std::string_view::npos)
            server.remove_prefix(1);
        while (!server.empty() && quotes_and_blanks.find(server.back()) != std::string_view::npos)
            server.remove_suffix(1);
        note(section.name, server);
    }
}

void References::note(std::string_view backend, std::string_view server) {
    any_ = any_ || server.find('$') != std::string_view::npos;
    if (server.find('/') != std::string_view::npos)
        servers_.emplace(server);
    else
        servers_.insert(fmt::format("{}/{}", backend, server));
}

} // namespace hitless::plan
