#pragma once

#include "gotemplate/token.hpp"
#include "gotemplate/utf8.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::gotemplate {

/// Cuts a template into tokens. Trim markers are dealt with here: the text tokens are what is left.
class Lexer {
  public:
    struct Keywords {
        bool has_break = true;    ///< false when a function is called so
        bool has_continue = true; ///< likewise
    };

    Lexer(std::string_view input, Keywords keywords) : input_(input), keywords_(keywords) {}

    /// All tokens; the last one is end_of_text or error, whose text lives here. To be called once.
    [[nodiscard]] std::vector<Token> run();

  private:
    // Each of these takes some of the input, and says whether there is more to come.
    bool take_text();
    bool take_left_delimiter();
    bool take_comment();
    bool take_right_delimiter();
    bool take_inside_action();
    bool take_in_action(char32_t rune);
    bool take_space();
    bool take_word();
    bool take_name(TokenKind kind);
    bool take_number();
    bool take_quoted(char quote, TokenKind kind, std::string_view what);
    bool take_raw_string();
    bool take_right_parenthesis();
    bool scan_number();

    [[nodiscard]] std::string_view rest() const { return input_.substr(position_); }
    [[nodiscard]] Rune peek() const { return decode_rune(rest()); }
    [[nodiscard]] bool at_terminator() const;
    [[nodiscard]] bool at_right_delimiter(bool& trims) const;
    void take_run(std::string_view set);
    bool accept(std::string_view set);
    void skip_blanks();
    void emit(TokenKind kind);
    void ignore() { start_ = position_; }
    bool emit_error(std::string message);
    int line_of_start();

    std::string_view input_;
    Keywords keywords_;
    std::size_t start_ = 0;    ///< of the token in work
    std::size_t position_ = 0; ///< up to where the input is read
    std::size_t counted_ = 0;  ///< up to where line_ counts line breaks
    int line_ = 1;
    int parentheses_ = 0;
    bool in_action_ = false;
    std::vector<Token> tokens_;
    std::string message_;
};

} // namespace hitless::gotemplate
