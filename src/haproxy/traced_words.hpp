#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/brought.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::haproxy {

/// The template's own text.
inline constexpr int of_template = -1;

/// A word of a line, decoded, and who brought each byte of it.
struct TracedWord {
    std::string text;         ///< quotes and escapes taken away
    std::string_view written; ///< as it stands in the line
    /// Of each byte of `text`: the place in the list of what was brought, or of_template.
    std::vector<int> brought;

    /// True when a value brought some of it.
    [[nodiscard]] bool is_touched() const;
    /// True when a value brought its first byte.
    [[nodiscard]] bool begins_in_value() const {
        return !brought.empty() && brought.front() != of_template;
    }
    /// Who brought the first byte that a value brought; of_template when none did.
    [[nodiscard]] int first() const;
};

/// The words of a line by HAProxy's rules (haproxy/words.hpp), in one walk through it. An empty
/// word that a value brought ("") counts as touched.
Result<std::vector<TracedWord>> trace_words(std::string_view line,
                                            std::span<const Brought> brought);

} // namespace hitless::haproxy
