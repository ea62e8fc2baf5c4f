#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Go's quoted strings and characters: https://go.dev/ref/spec#String_literals
namespace hitless::gotemplate {

/// The text that a literal "…" or `…` stands for; nullopt when it is malformed.
[[nodiscard]] std::optional<std::string> unquote(std::string_view literal);

/// The rune that a literal '…' stands for; nullopt when it is malformed.
[[nodiscard]] std::optional<char32_t> unquote_character(std::string_view literal);

/// How much quoting escapes.
enum class Quoting { printable, ascii };

/// Appends `text` as a string literal in double quotes.
void append_quoted(std::string& out, std::string_view text, Quoting quoting = Quoting::printable);

/// Appends `rune` as a character literal in single quotes.
void append_quoted_character(std::string& out, char32_t rune, Quoting quoting);

/// True when `text` can stand in back quotes as it is.
[[nodiscard]] bool fits_back_quotes(std::string_view text);

[[nodiscard]] std::string in_quotes(std::string_view text);

} // namespace hitless::gotemplate
