#include "hitless/haproxy/environment.hpp"

#include "hitless/haproxy/words.hpp"

#include <cstdlib>
#include <span>

namespace hitless::haproxy {

Environment own_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* const value = std::getenv(name.c_str());
        if (value == nullptr)
            return std::nullopt;
        return value;
    };
}

std::string Variables::value(std::string_view name, std::optional<std::string_view> otherwise) {
    std::string key(name);
    if (auto found = find(key))
        return std::move(*found);
    if (otherwise)
        return std::string(*otherwise);
    missing_.insert(std::move(key));
    return {};
}

std::optional<std::string> Variables::find(const std::string& name) const {
    const auto found = set_.find(name);
    if (found != set_.end())
        return found->second;
    return is_reset_ ? std::nullopt : environment_(name);
}

void Variables::heed(std::string_view line) {
    const auto expanded = expand_words(line, *this);
    if (!expanded || expanded->empty())
        return;
    const std::vector<std::string>& words = *expanded;
    const std::string& keyword = words.front();
    const std::span names(words.data() + 1, words.size() - 1);
    if (keyword == "setenv" || keyword == "presetenv") {
        if (words.size() > 2 && (keyword == "setenv" || !find(words[1])))
            set_[words[1]] = words[2];
    } else if (keyword == "unsetenv") {
        for (const std::string& name : names)
            set_[name] = std::nullopt;
    } else if (keyword == "resetenv") { // all but these
        std::map<std::string, std::optional<std::string>> left;
        for (const std::string& name : names)
            left[name] = find(name);
        set_ = std::move(left);
        is_reset_ = true;
    }
}

std::set<std::string> missing_variables(const Config& config, const Environment& environment) {
    Variables variables(environment);
    for (const Section& section : config.sections()) {
        for (const Line& line : section.settings) {
            if (section.kind == "global" && first_word(line.text).ends_with("env"))
                variables.heed(line.text);
            else if (line.text.find('$') != std::string_view::npos)
                (void)expand_words(line.text, variables);
        }
        for (const ServerLine& line : section.servers) {
            if (line.text.find('$') != std::string_view::npos)
                (void)expand_words(line.text, variables);
        }
    }
    std::set<std::string> missing = variables.take_missing();
    // HAProxy sets these itself.
    std::erase_if(missing, [](const std::string& name) {
        return name.starts_with('.') || name.starts_with("HAPROXY_");
    });
    return missing;
}

} // namespace hitless::haproxy
