#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Code points ("runes" in Go) and UTF-8, with Go's way of treating bytes that aren't UTF-8.
namespace hitless::gotemplate {

/// Stands for what isn't a code point.
inline constexpr char32_t bad_rune = 0xfffd;
inline constexpr char32_t last_rune = 0x10ffff;

struct Rune {
    char32_t value = bad_rune;
    std::size_t size = 0; ///< in bytes; 0 at the end of the text
};

/// The first rune of `text`. A byte that doesn't begin well-formed UTF-8 is bad_rune, 1 byte long.
[[nodiscard]] Rune decode_rune(std::string_view text);

/// True for a Unicode scalar value: not a surrogate, not above U+10FFFF.
[[nodiscard]] constexpr bool is_rune(char32_t rune) {
    return rune < 0xd800 || (rune > 0xdfff && rune <= last_rune);
}

/// Appends `rune` as UTF-8, or bad_rune when it isn't one.
void append_rune(std::string& out, char32_t rune);

/// How many runes `text` has; a stray byte counts as one.
[[nodiscard]] std::size_t count_runes(std::string_view text);

} // namespace hitless::gotemplate
