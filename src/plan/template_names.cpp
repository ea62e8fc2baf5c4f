#include "plan/template_names.hpp"

#include "hitless/haproxy/words.hpp"
#include "hitless/plan/plan.hpp"

#include <algorithm>
#include <charconv>

namespace hitless::plan {

bool TemplateNames::contains(std::string_view name) const {
    if (!name.starts_with(prefix))
        return false;
    name.remove_prefix(prefix.size());
    long number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc{} && end == name.data() + name.size() && first <= number &&
           number <= last;
}

std::vector<TemplateNames> template_names(const haproxy::Section& section) {
    std::vector<TemplateNames> found;
    for (const haproxy::Line& line : section.settings) {
        if (haproxy::first_word(line.text) != "server-template")
            continue;
        const auto words = haproxy::parse_words(line.text);
        if (!words || words->size() < 3)
            continue;
        const haproxy::Word& prefix = (*words)[1];
        const std::string& range = (*words)[2].text;
        TemplateNames names{prefix.text, 1, 0, line.number,
                            prefix.environment || (*words)[2].environment};
        const std::size_t dash = range.find('-');
        const char* const end = range.data() + range.size();
        const char* const last = dash == std::string::npos ? range.data() : range.data() + dash + 1;
        if (dash != std::string::npos)
            std::from_chars(range.data(), range.data() + dash, names.first);
        std::from_chars(last, end, names.last);
        found.push_back(std::move(names));
    }
    return found;
}

DeclaredNames::DeclaredNames(const haproxy::Section& section)
    : templates_(template_names(section)) {
    any_unknown_ = std::ranges::any_of(templates_, &TemplateNames::unknown);
    for (const haproxy::ServerLine& line : section.servers)
        lines_.emplace(line.name);
    for (const haproxy::Line& line : section.settings) {
        if (haproxy::first_word(line.text) == "server")
            note_other(line.text);
    }
}

void DeclaredNames::note_other(std::string_view line) {
    const auto words = haproxy::parse_words(line);
    if (!words || words->size() < 2)
        return;
    others_.insert((*words)[1].text);
    any_unknown_ = any_unknown_ || (*words)[1].environment;
}

bool DeclaredNames::may_make(std::string_view name) const {
    if (has_line(name))
        return true;
    const std::string_view original = stood_in_for(name);
    if (any_unknown_ && (original.empty() || !has_line(original)))
        return true;
    return std::ranges::any_of(templates_,
                               [&](const TemplateNames& names) { return names.contains(name); });
}

} // namespace hitless::plan
