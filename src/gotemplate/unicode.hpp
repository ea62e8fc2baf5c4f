#pragma once

/// Classes of code points, as Go's package unicode has them (Unicode 13).
namespace hitless::gotemplate {

/// A letter, a decimal digit or `_`: what names are made of.
[[nodiscard]] bool is_word(char32_t rune);

/// A letter, mark, number, punctuation, symbol or the ASCII space: what quoting leaves as it is.
[[nodiscard]] bool is_printable(char32_t rune);

} // namespace hitless::gotemplate
