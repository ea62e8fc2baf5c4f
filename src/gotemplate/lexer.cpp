#include "gotemplate/lexer.hpp"

#include "gotemplate/quote.hpp"
#include "gotemplate/unicode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace hitless::gotemplate {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view left_delimiter = "{{";
constexpr std::string_view right_delimiter = "}}";
constexpr std::size_t trim_marker_size = 2; ///< the minus and a blank

constexpr std::array<std::pair<std::string_view, TokenKind>, 11> keyword_kinds = {{
    {"block", TokenKind::keyword_block},
    {"break", TokenKind::keyword_break},
    {"continue", TokenKind::keyword_continue},
    {"define", TokenKind::keyword_define},
    {"else", TokenKind::keyword_else},
    {"end", TokenKind::keyword_end},
    {"if", TokenKind::keyword_if},
    {"nil", TokenKind::keyword_nil},
    {"range", TokenKind::keyword_range},
    {"template", TokenKind::keyword_template},
    {"with", TokenKind::keyword_with},
}};

bool is_blank(char c) {
    return blanks.find(c) != std::string_view::npos;
}

bool trims_left(std::string_view text) {
    return text.size() >= 2 && text[0] == '-' && is_blank(text[1]);
}

bool trims_right(std::string_view text) {
    return text.size() >= 2 && is_blank(text[0]) && text[1] == '-';
}

/// A rune as Go's %#U has it: U+0021 '!'.
std::string describe_rune(Rune rune) {
    const auto code = static_cast<std::uint32_t>(rune.size == 0 ? 0xffffffff : rune.value);
    std::string out = rune.size == 0 ? "U+FFFFFFFFFFFFFFFF" : fmt::format("U+{:04X}", code);
    if (rune.size != 0 && is_printable(rune.value)) {
        out += " '";
        append_rune(out, rune.value);
        out += '\'';
    }
    return out;
}

} // namespace

std::string describe(const Token& token) {
    switch (token.kind) {
    case TokenKind::end_of_text:
        return "EOF";
    case TokenKind::error:
        return std::string(token.text);
    default:
        break;
    }
    if (token.kind >= TokenKind::dot)
        return fmt::format("<{}>", token.text);
    if (token.text.size() <= 10)
        return in_quotes(token.text);
    std::size_t cut = 0;
    for (int runes = 0; runes < 10 && cut < token.text.size(); ++runes)
        cut += decode_rune(token.text.substr(cut)).size;
    return in_quotes(token.text.substr(0, cut)) + "...";
}

std::vector<Token> Lexer::run() {
    while (in_action_ ? take_inside_action() : take_text())
        continue;
    return std::move(tokens_);
}

void Lexer::emit(TokenKind kind) {
    const int line = line_of_start();
    tokens_.push_back({kind, start_, line, input_.substr(start_, position_ - start_)});
    start_ = position_;
}

bool Lexer::emit_error(std::string message) {
    message_ = std::move(message);
    tokens_.push_back({TokenKind::error, start_, line_of_start(), message_});
    return false;
}

int Lexer::line_of_start() {
    const std::string_view passed = input_.substr(counted_, start_ - counted_);
    line_ += static_cast<int>(std::ranges::count(passed, '\n'));
    counted_ = start_;
    return line_;
}

bool Lexer::take_text() {
    const std::size_t delimiter = input_.find(left_delimiter, position_);
    if (delimiter == std::string_view::npos) {
        position_ = input_.size();
        if (position_ > start_)
            emit(TokenKind::text);
        emit(TokenKind::end_of_text);
        return false;
    }
    position_ = delimiter;
    if (trims_left(input_.substr(delimiter + left_delimiter.size()))) {
        const std::size_t last = input_.substr(start_, delimiter - start_).find_last_not_of(blanks);
        position_ = last == std::string_view::npos ? start_ : start_ + last + 1;
    }
    if (position_ > start_)
        emit(TokenKind::text);
    position_ = delimiter;
    ignore();
    return take_left_delimiter();
}

bool Lexer::take_left_delimiter() {
    position_ += left_delimiter.size();
    const std::size_t marker = trims_left(rest()) ? trim_marker_size : 0;
    if (rest().substr(marker).starts_with("/*")) {
        position_ += marker;
        ignore();
        return take_comment();
    }
    emit(TokenKind::left_delimiter);
    position_ += marker;
    ignore();
    parentheses_ = 0;
    in_action_ = true;
    return true;
}

bool Lexer::take_comment() {
    const std::size_t end = input_.find("*/", position_ + 2);
    if (end == std::string_view::npos)
        return emit_error("unclosed comment");
    position_ = end + 2;
    bool trims = false;
    if (!at_right_delimiter(trims))
        return emit_error("comment ends before closing delimiter");
    position_ += (trims ? trim_marker_size : 0) + right_delimiter.size();
    if (trims)
        skip_blanks();
    ignore();
    return true;
}

bool Lexer::at_right_delimiter(bool& trims) const {
    trims = trims_right(rest()) && rest().substr(trim_marker_size).starts_with(right_delimiter);
    return trims || rest().starts_with(right_delimiter);
}

bool Lexer::take_right_delimiter() {
    const bool trims = trims_right(rest()); // else the delimiter itself is next
    if (trims) {
        position_ += trim_marker_size;
        ignore();
    }
    position_ += right_delimiter.size();
    emit(TokenKind::right_delimiter);
    if (trims) {
        skip_blanks();
        ignore();
    }
    in_action_ = false;
    return true;
}

bool Lexer::take_inside_action() {
    bool trims = false;
    if (at_right_delimiter(trims))
        return parentheses_ == 0 ? take_right_delimiter() : emit_error("unclosed left paren");
    const Rune rune = peek();
    if (rune.size == 0)
        return emit_error("unclosed action");
    if (rune.value < 0x80 && is_blank(static_cast<char>(rune.value)))
        return take_space();
    if (is_word(rune.value) && (rune.value < '0' || rune.value > '9'))
        return take_word();
    return take_in_action(rune.value);
}

bool Lexer::take_in_action(char32_t rune) {
    const std::size_t size = peek().size;
    const auto one = [&](TokenKind kind) {
        position_ += size;
        emit(kind);
        return true;
    };
    switch (rune) {
    case '=':
        return one(TokenKind::assign);
    case ':':
        if (!rest().starts_with(":="))
            return emit_error("expected :=");
        position_ += 2;
        emit(TokenKind::declare);
        return true;
    case '|':
        return one(TokenKind::pipe);
    case '"':
        return take_quoted('"', TokenKind::string, "unterminated quoted string");
    case '\'':
        return take_quoted('\'', TokenKind::character, "unterminated character constant");
    case '`':
        return take_raw_string();
    case '$':
        return take_name(TokenKind::variable);
    case '(':
        ++parentheses_;
        return one(TokenKind::left_parenthesis);
    case ')':
        return take_right_parenthesis();
    case '.':
        if (rest().size() > 1 && (rest()[1] < '0' || rest()[1] > '9'))
            return take_name(TokenKind::field);
        return take_number();
    default:
        break;
    }
    if (rune == '+' || rune == '-' || (rune >= '0' && rune <= '9'))
        return take_number();
    if (rune < 0x80 && is_printable(rune))
        return one(TokenKind::other);
    return emit_error("unrecognized character in action: " + describe_rune(peek()));
}

bool Lexer::take_right_parenthesis() {
    ++position_;
    emit(TokenKind::right_parenthesis);
    if (--parentheses_ < 0)
        return emit_error("unexpected right paren U+0029 ')'");
    return true;
}

bool Lexer::take_space() {
    skip_blanks();
    // The last blank may belong to the trim marker of a closing delimiter.
    const std::string_view marker = input_.substr(position_ - 1);
    if (trims_right(marker) && marker.substr(trim_marker_size).starts_with(right_delimiter)) {
        --position_;
        if (position_ == start_)
            return take_right_delimiter();
    }
    emit(TokenKind::space);
    return true;
}

bool Lexer::take_word() {
    for (Rune rune = peek(); rune.size > 0 && is_word(rune.value); rune = peek())
        position_ += rune.size;
    const std::string_view word = input_.substr(start_, position_ - start_);
    if (!at_terminator())
        return emit_error("bad character " + describe_rune(peek()));
    const auto* const keyword =
        std::ranges::find(keyword_kinds, word, &std::pair<std::string_view, TokenKind>::first);
    const bool is_function = (word == "break" && !keywords_.has_break) ||
                             (word == "continue" && !keywords_.has_continue);
    if (keyword != keyword_kinds.end() && !is_function)
        emit(keyword->second);
    else
        emit(word == "true" || word == "false" ? TokenKind::boolean : TokenKind::identifier);
    return true;
}

bool Lexer::take_name(TokenKind kind) {
    ++position_;
    if (at_terminator()) {
        emit(kind == TokenKind::field ? TokenKind::dot : kind);
        return true;
    }
    for (Rune rune = peek(); rune.size > 0 && is_word(rune.value); rune = peek())
        position_ += rune.size;
    if (!at_terminator())
        return emit_error("bad character " + describe_rune(peek()));
    emit(kind);
    return true;
}

bool Lexer::at_terminator() const {
    if (rest().empty() || rest().starts_with(right_delimiter))
        return true;
    return is_blank(rest().front()) ||
           std::string_view(".,|:)(").find(rest().front()) != std::string_view::npos;
}

bool Lexer::take_quoted(char quote, TokenKind kind, std::string_view what) {
    for (++position_; !rest().empty() && rest().front() != '\n'; ++position_) {
        if (rest().front() == quote) {
            ++position_;
            emit(kind);
            return true;
        }
        if (rest().front() == '\\' && (++position_, rest().empty() || rest().front() == '\n'))
            break;
    }
    return emit_error(std::string(what));
}

bool Lexer::take_raw_string() {
    const std::size_t end = input_.find('`', position_ + 1);
    if (end == std::string_view::npos)
        return emit_error("unterminated raw quoted string");
    position_ = end + 1;
    emit(TokenKind::raw_string);
    return true;
}

bool Lexer::take_number() {
    const auto refuse = [&] {
        return emit_error("bad number syntax: " +
                          in_quotes(input_.substr(start_, position_ - start_)));
    };
    if (!scan_number())
        return refuse();
    // A sign right after a number can only be the imaginary part of a complex one.
    if (rest().starts_with('+') || rest().starts_with('-')) {
        if (!scan_number() || input_[position_ - 1] != 'i')
            return refuse();
    }
    emit(TokenKind::number);
    return true;
}

/// Takes what looks like a number; whether it is one is the parser's to say.
bool Lexer::scan_number() {
    constexpr std::string_view decimal = "0123456789_";
    constexpr std::string_view hexadecimal = "0123456789abcdefABCDEF_";
    std::string_view digits = decimal;
    accept("+-");
    if (accept("0")) {
        if (accept("xX"))
            digits = hexadecimal;
        else if (accept("oO"))
            digits = "01234567_";
        else if (accept("bB"))
            digits = "01_";
    }
    take_run(digits);
    if (accept("."))
        take_run(digits);
    if ((digits == decimal && accept("eE")) || (digits == hexadecimal && accept("pP"))) {
        accept("+-");
        take_run(decimal);
    }
    accept("i");
    const Rune next = peek();
    if (next.size == 0 || !is_word(next.value))
        return true;
    position_ += next.size;
    return false;
}

void Lexer::take_run(std::string_view set) {
    position_ = std::min(input_.find_first_not_of(set, position_), input_.size());
}

bool Lexer::accept(std::string_view set) {
    if (rest().empty() || set.find(rest().front()) == std::string_view::npos)
        return false;
    ++position_;
    return true;
}

void Lexer::skip_blanks() {
    take_run(blanks);
}

} // namespace hitless::gotemplate
