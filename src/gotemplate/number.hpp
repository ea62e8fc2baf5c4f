#pragma once

#include "hitless/base/result.hpp"
#include "hitless/gotemplate/value.hpp"

#include <optional>
#include <string_view>

namespace hitless::gotemplate {

/// A number as written in a template, where nothing says of which type it should be: an int when it
/// is whole and not written like a floating-point number, else a float64. nullopt stands for a
/// whole number above the largest int, which Go refuses only when it is used.
[[nodiscard]] Result<std::optional<Value>> parse_number(std::string_view text);

} // namespace hitless::gotemplate
