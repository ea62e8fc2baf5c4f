#include "ctl/origins.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/server.hpp"
#include "hitless/haproxy/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace hitless::ctl {
namespace {

struct Source {
    int number = 0;
    std::string_view text;
    std::vector<std::string> words;
};

void add(std::vector<Source>& sources, int number, std::string_view text) {
    if (auto words = haproxy::split_words(text))
        sources.push_back({number, text, std::move(*words)});
}

/// Nearest first.
std::vector<Source> sources_of(const haproxy::Config& config, const haproxy::Section& backend,
                               const haproxy::ServerLine& line) {
    std::vector<Source> sources;
    add(sources, line.number, line.text);
    for (const haproxy::Section* const section : config.lineage(backend)) {
        for (auto setting = section->settings.rbegin(); setting != section->settings.rend();
             ++setting) {
            const bool is_later = section == &backend && setting->number > line.number;
            if (!is_later && haproxy::first_word(setting->text) == "default-server")
                add(sources, setting->number, setting->text);
        }
    }
    return sources;
}

Origin origin_of(const std::vector<Source>& sources, const std::string& keyword,
                 std::string option) {
    const auto source = std::ranges::find_if(sources, [&](const Source& one) {
        return std::ranges::find(one.words, keyword) != one.words.end();
    });
    Origin origin;
    origin.option = std::move(option);
    if (source != sources.end()) {
        origin.line = source->number;
        origin.text = source->text;
    }
    return origin;
}

} // namespace

Result<std::vector<Origin>> option_origins(const haproxy::Config& config,
                                           const haproxy::Section& backend,
                                           const haproxy::ServerLine& line) {
    const auto server = haproxy::effective_server(config, backend, line);
    if (!server)
        return server.error();
    const std::vector<Source> sources = sources_of(config, backend, line);
    std::vector<Origin> origins;
    for (const haproxy::ServerOption& option : server->options.all()) {
        std::string text = option.keyword;
        for (const std::string& argument : option.arguments)
            text += " " + argument;
        origins.push_back(origin_of(sources, option.keyword, std::move(text)));
    }
    Origin weight = origin_of(sources, "weight", fmt::format("weight {}", server->weight));
    if (weight.line != 0)
        origins.push_back(std::move(weight));
    if (server->disabled)
        origins.push_back(origin_of(sources, "disabled", "disabled"));
    return origins;
}

std::string line_of_file(const std::string& file, int number) {
    const auto text = base::read_file(file);
    const auto lines = base::split(text ? std::string_view(*text) : std::string_view(), '\n');
    if (number < 1 || static_cast<std::size_t>(number) > lines.size())
        return {};
    return std::string(base::trim(lines[static_cast<std::size_t>(number) - 1]));
}

} // namespace hitless::ctl
