#pragma once

#include "hitless/apply/origins.hpp"

#include <nlohmann/json_fwd.hpp>

#include <ostream>
#include <span>
#include <string>

namespace hitless::render {

/// Prints each line behind the sources that it comes from, as `git blame` does.
void print_origins(std::span<const apply::OriginLine> lines, std::ostream& output);

/// Prints all that is known of one line.
void explain_line(const apply::OriginLine& line, const std::string& template_name,
                  std::ostream& output);

/// [{"line": 7, "text": "…", "sources": ["key /a"], "pieces": [{"text", "source",
/// "template_line"}], "range_line": 5}, …]
[[nodiscard]] nlohmann::json to_json(std::span<const apply::OriginLine> lines);

} // namespace hitless::render
