#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hitless::gotemplate {

enum class TokenKind {
    error, ///< the text is the message; always the last token
    end_of_text,
    text, ///< what stands between actions
    left_delimiter,
    right_delimiter,
    space,
    left_parenthesis,
    right_parenthesis,
    pipe,
    assign,  ///< =
    declare, ///< :=
    other,   ///< any other ASCII character, as the comma
    boolean,
    number,
    character,
    string,
    raw_string,
    identifier,
    field,    ///< .Name
    variable, ///< $name
    // Keywords, which messages name as <if>.
    dot,
    keyword_block,
    keyword_break,
    keyword_continue,
    keyword_define,
    keyword_else,
    keyword_end,
    keyword_if,
    keyword_nil,
    keyword_range,
    keyword_template,
    keyword_with,
};

/// A piece of a template, as written. The text lives in the template's text, or for an error in the
/// lexer.
struct Token {
    TokenKind kind = TokenKind::end_of_text;
    std::size_t position = 0; ///< in bytes from the start of the template
    int line = 1;
    std::string_view text;
};

/// The token as messages show it.
[[nodiscard]] std::string describe(const Token& token);

} // namespace hitless::gotemplate
