#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::keys {

/// A shell pattern of paths, parsed once: Go's path.Match.
class Pattern {
  public:
    /// One element of the path that a pattern describes.
    struct Element {
        std::string literal; ///< what every match begins with, escapes undone
        std::string text;    ///< the element as written; empty when it has no wildcard
    };

    /// nullopt when it is malformed.
    static std::optional<Pattern> parse(std::string text);

    [[nodiscard]] bool matches(std::string_view name) const;

    /// What every match begins with, escapes undone.
    [[nodiscard]] const std::string& prefix() const { return prefix_; }

    /// The directory in which all matches are, with a slash at its end: the elements without a
    /// wildcard at the pattern's begin.
    [[nodiscard]] const std::string& directory() const { return directory_; }
    /// The elements below it. None when the pattern can't be matched element by element: it is
    /// relative, or part of it could match a '/'.
    [[nodiscard]] const std::vector<Element>& elements() const { return elements_; }

  private:
    std::string text_;
    std::string prefix_;
    std::string directory_ = "/";
    std::vector<Element> elements_;
};

/// Go's path.Match: `*`, `?`, `[a-z]`, `[^a]`, `\x`; `*` and `?` don't match `/`. A malformed
/// pattern matches nothing.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name);

/// False for a malformed pattern: a class or an escape without an end, an empty class or range.
[[nodiscard]] bool is_valid_pattern(std::string_view pattern);

} // namespace hitless::keys
