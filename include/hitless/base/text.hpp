#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Small text helpers for all layers.
namespace hitless::base {

/// True when `text` is well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text);

/// True when `text` holds an ASCII control character: a line break, a NUL, an escape, but not a
/// tab.
[[nodiscard]] bool has_control(std::string_view text);

/// True when `text`, which is UTF-8, holds a control character or a line break beyond ASCII: U+0080
/// to U+009F, U+2028 or U+2029.
[[nodiscard]] bool has_wide_control(std::string_view text);

/// `text` made safe for one line of a log or a terminal: control characters, line breaks and bytes
/// that aren't UTF-8 become \n, \t or \xNN, and what is longer than `limit` bytes is cut and ends
/// in "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 200);

/// The last element of a path of keys: base("/a/b") is "b".
[[nodiscard]] std::string_view base_name(std::string_view path);

/// `text` without the blanks (space, tab, CR, LF) at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

/// The parts of `text` between `separator`s; one empty part for an empty text.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// How many bytes the texts have in common at their start.
[[nodiscard]] std::size_t common_prefix(std::string_view a, std::string_view b);

/// How many bytes the texts have in common at their end.
[[nodiscard]] std::size_t common_suffix(std::string_view a, std::string_view b);

/// Go's strconv.ParseBool: 1, t, T, TRUE, true, True, 0, f, F, FALSE, false and False; nullopt for
/// anything else.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);

} // namespace hitless::base
