#pragma once

#include "hitless/haproxy/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::plan {

/// The servers that a `server-template PREFIX NUMBER|RANGE …` line makes.
struct TemplateNames {
    std::string prefix;
    long first = 1;
    long last = 0;
    int line = 0; ///< its number

    [[nodiscard]] bool contains(std::string_view name) const;
};

std::vector<TemplateNames> template_names(const haproxy::Section& section);

} // namespace hitless::plan
