#include "hitless/haproxy/routes.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace hitless::haproxy {
namespace {

/// The parts of an expression between commas that stand in no brackets and no quotes.
std::vector<std::string_view> parts_of(std::string_view expression) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    int depth = 0;
    char quote = '\0';
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const char c = expression[i];
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '(')
            ++depth;
        else if (c == ')')
            --depth;
        else if (c == ',' && depth == 0) {
            parts.push_back(expression.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    parts.push_back(expression.substr(begin));
    return parts;
}

/// The first argument of "name(…)", without quotes; nullopt: it isn't called so.
std::optional<std::string> argument_of(std::string_view part, std::string_view name) {
    const std::size_t open = part.find('(');
    const std::string_view called = part.substr(0, open);
    const bool is_map = called == name || (name == "map" && called.starts_with("map_"));
    if (!is_map || open == std::string_view::npos || !part.ends_with(')'))
        return std::nullopt;
    const auto arguments = parts_of(part.substr(open + 1, part.size() - open - 2));
    std::string_view first = arguments.front();
    const bool is_quoted = first.size() >= 2 && (first.front() == '"' || first.front() == '\'') &&
                           first.back() == first.front();
    if (is_quoted)
        first = first.substr(1, first.size() - 2);
    return std::string(first);
}

/// What is between "%[" and "]", if the word is nothing else.
std::optional<std::string_view> expression_of(std::string_view word) {
    const bool is_one = word.starts_with("%[") && word.ends_with("]") &&
                        word.find("%[", 2) == std::string_view::npos;
    return is_one ? std::optional(word.substr(2, word.size() - 3)) : std::nullopt;
}

using Maps = std::vector<std::string>;

/// The maps that variables are set by, of the whole configuration.
std::map<std::string, Maps> maps_of_variables(const Config& config) {
    std::map<std::string, Maps> found;
    constexpr std::string_view setting = "set-var(";
    for (const Section& section : config.sections()) {
        for (const Line& line : section.settings) {
            if (line.text.find(setting) == std::string_view::npos ||
                line.text.find("map") == std::string_view::npos)
                continue;
            const auto words = split_words(line.text);
            if (!words)
                continue;
            for (std::size_t i = 0; i + 1 < words->size(); ++i) {
                const auto name = argument_of((*words)[i], "set-var");
                const auto file = argument_of(parts_of((*words)[i + 1]).back(), "map");
                if (name && file)
                    found[*name].push_back(*file);
            }
        }
    }
    return found;
}

/// The maps that the word of a `use_backend` takes the name from.
Maps maps_of(std::string_view word, const std::map<std::string, Maps>& variables) {
    const auto expression = expression_of(word);
    if (!expression)
        return {};
    const auto parts = parts_of(*expression);
    if (const auto file = argument_of(parts.back(), "map"))
        return {*file};
    const auto name = parts.size() == 1 ? argument_of(parts.front(), "var") : std::nullopt;
    const auto variable = name ? variables.find(*name) : variables.end();
    return variable == variables.end() ? Maps() : variable->second;
}

bool has_frontend(const Section& section) {
    return section.kind == "frontend" || section.kind == "listen";
}

/// Calls `take(section, line, words)` for each line of a frontend that names a backend.
template <class Take>
void for_each_route(const Config& config, Take take) {
    for (const Section& section : config.sections()) {
        if (!has_frontend(section))
            continue;
        bool has_default = false; // of the nearest section counts
        for (const Section* const one : config.lineage(section)) {
            bool has_own_default = false;
            for (const Line& line : one->settings) {
                if (line.text.find("_backend") == std::string_view::npos)
                    continue;
                const auto words = split_words(line.text);
                if (!words || words->size() < 2)
                    continue;
                const bool is_default = words->front() == "default_backend";
                has_own_default = has_own_default || is_default;
                if (words->front() == "use_backend" || (is_default && !has_default))
                    take(section, line, (*words)[1]);
            }
            has_default = has_default || has_own_default;
        }
    }
}

} // namespace

std::vector<Route> routes_to(const Config& config, std::string_view backend) {
    std::vector<Route> routes;
    for (const Section& section : config.sections()) {
        if (section.kind == "listen" && section.name == backend)
            routes.push_back({section.name, 0, {}, true});
    }
    const auto variables = maps_of_variables(config);
    for_each_route(config, [&](const Section& section, const Line& line, const std::string& name) {
        const bool is_default = first_word(line.text) == "default_backend";
        const bool is_by_request = name.find("%[") != std::string::npos;
        if (is_by_request || name == backend)
            routes.push_back({section.name, line.number, line.text, is_default, is_by_request,
                              is_by_request ? maps_of(name, variables) : Maps()});
    });
    return routes;
}

std::set<std::string> maps_of_backends(const Config& config) {
    std::set<std::string> files;
    if (config.text().find("map") == std::string::npos)
        return files;
    const auto variables = maps_of_variables(config);
    for_each_route(config, [&](const Section&, const Line&, const std::string& name) {
        for (std::string& file : maps_of(name, variables))
            files.insert(std::move(file));
    });
    return files;
}

std::set<std::string> disabled_frontends(const Config& config) {
    std::set<std::string> names;
    for (const Section& section : config.sections()) {
        if (has_frontend(section) && is_disabled(config, section))
            names.emplace(section.name);
    }
    return names;
}

} // namespace hitless::haproxy
