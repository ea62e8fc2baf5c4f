#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::keys {

/// One element of the path that a pattern describes.
struct PatternElement {
    std::string literal;   ///< what every match begins with, escapes undone
    std::string_view text; ///< the element as written; empty when it has no wildcard
};

/// The pattern by path elements, without the empty one before the leading slash. nullopt when it
/// can't be matched element by element: it is malformed or relative, or part of it could match a
/// '/'.
std::optional<std::vector<PatternElement>> split_pattern(std::string_view pattern);

/// What every match of the pattern begins with, escapes undone.
std::string literal_prefix(std::string_view pattern);

} // namespace hitless::keys
