#pragma once

#include "ctl/table.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace hitless::ctl {

/// What `explain --json` prints, for people.
[[nodiscard]] std::string explanation_text(const nlohmann::ordered_json& explanation, Style style);

} // namespace hitless::ctl
