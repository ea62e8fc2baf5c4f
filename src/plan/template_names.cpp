#include "plan/template_names.hpp"

#include "hitless/haproxy/words.hpp"

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
        const auto words = haproxy::split_words(line.text);
        if (!words || words->size() < 3)
            continue;
        TemplateNames names{(*words)[1], 1, 0, line.number};
        const std::string& range = (*words)[2];
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

} // namespace hitless::plan
