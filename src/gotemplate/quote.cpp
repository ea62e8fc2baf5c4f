#include "gotemplate/quote.hpp"

#include "gotemplate/unicode.hpp"
#include "gotemplate/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace hitless::gotemplate {
namespace {

/// One unit of a literal: a rune, or a byte given by \x or an octal escape.
struct Unit {
    char32_t value = 0;
    bool is_byte = false;
};

std::optional<Unit> take_number(std::string_view& rest, std::size_t digits, int base) {
    unsigned value = 0;
    const char* const begin = rest.data();
    if (rest.size() < digits)
        return std::nullopt;
    const auto [end, error] = std::from_chars(begin, begin + digits, value, base);
    if (error != std::errc{} || end != begin + digits)
        return std::nullopt;
    rest.remove_prefix(digits);
    return Unit{value, true};
}

std::optional<Unit> take_escape(std::string_view& rest, char quote) {
    if (rest.empty())
        return std::nullopt;
    constexpr std::string_view names = "abfnrtv\\";
    constexpr std::string_view values = "\a\b\f\n\r\t\v\\";
    const char c = rest.front();
    if (const std::size_t i = names.find(c); i != std::string_view::npos) {
        rest.remove_prefix(1);
        return Unit{static_cast<unsigned char>(values[i])};
    }
    if (c == quote) {
        rest.remove_prefix(1);
        return Unit{static_cast<unsigned char>(c)};
    }
    if (c >= '0' && c <= '7') {
        const auto unit = take_number(rest, 3, 8);
        return unit && unit->value <= 255 ? unit : std::nullopt;
    }
    rest.remove_prefix(1);
    if (c == 'x')
        return take_number(rest, 2, 16);
    if (c != 'u' && c != 'U')
        return std::nullopt;
    const auto unit = take_number(rest, c == 'u' ? 4 : 8, 16);
    return unit && is_rune(unit->value) ? std::optional(Unit{unit->value}) : std::nullopt;
}

std::optional<Unit> take_unit(std::string_view& rest, char quote) {
    if (rest.empty() || rest.front() == quote || rest.front() == '\n')
        return std::nullopt;
    if (rest.front() == '\\') {
        rest.remove_prefix(1);
        return take_escape(rest, quote);
    }
    const Rune rune = decode_rune(rest);
    rest.remove_prefix(rune.size);
    return Unit{rune.value};
}

void append_escaped(std::string& out, char32_t rune, char quote, Quoting quoting) {
    if (rune == static_cast<unsigned char>(quote) || rune == '\\') {
        out += '\\';
        out += static_cast<char>(rune);
        return;
    }
    if (is_printable(rune) && (rune < 0x80 || quoting == Quoting::printable)) {
        append_rune(out, rune);
        return;
    }
    constexpr std::string_view values = "\a\b\f\n\r\t\v";
    constexpr std::string_view names = "abfnrtv";
    const std::size_t i =
        rune < 0x80 ? values.find(static_cast<char>(rune)) : std::string_view::npos;
    if (i != std::string_view::npos) {
        out += '\\';
        out += names[i];
        return;
    }
    const auto code = static_cast<std::uint32_t>(is_rune(rune) ? rune : bad_rune);
    if (code < ' ' || code == 0x7f)
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", code);
    else if (code < 0x10000)
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    else
        fmt::format_to(std::back_inserter(out), "\\U{:08x}", code);
}

} // namespace

std::optional<std::string> unquote(std::string_view literal) {
    if (literal.size() < 2 || literal.front() != literal.back())
        return std::nullopt;
    const char quote = literal.front();
    std::string_view rest = literal.substr(1, literal.size() - 2);
    std::string text;
    if (quote == '`') {
        std::ranges::copy_if(rest, std::back_inserter(text), [](char c) { return c != '\r'; });
        return text;
    }
    while (!rest.empty()) {
        const auto unit = take_unit(rest, quote);
        if (!unit)
            return std::nullopt;
        if (unit->is_byte)
            text += static_cast<char>(unit->value);
        else
            append_rune(text, unit->value);
    }
    return text;
}

std::optional<char32_t> unquote_character(std::string_view literal) {
    std::string_view rest = literal.substr(1);
    const auto unit = take_unit(rest, '\'');
    if (!unit || rest != "'")
        return std::nullopt;
    return unit->value;
}

void append_quoted(std::string& out, std::string_view text, Quoting quoting) {
    out += '"';
    while (!text.empty()) {
        const Rune rune = decode_rune(text);
        if (rune.value == bad_rune && rune.size == 1)
            fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                           static_cast<unsigned char>(text.front()));
        else
            append_escaped(out, rune.value, '"', quoting);
        text.remove_prefix(rune.size);
    }
    out += '"';
}

void append_quoted_character(std::string& out, char32_t rune, Quoting quoting) {
    out += '\'';
    append_escaped(out, is_rune(rune) ? rune : bad_rune, '\'', quoting);
    out += '\'';
}

bool fits_back_quotes(std::string_view text) {
    while (!text.empty()) {
        const Rune rune = decode_rune(text);
        const bool is_stray = rune.value == bad_rune && rune.size == 1;
        const bool is_control = (rune.value < ' ' && rune.value != '\t') || rune.value == 0x7f;
        if (is_stray || is_control || rune.value == '`' || rune.value == 0xfeff)
            return false;
        text.remove_prefix(rune.size);
    }
    return true;
}

std::string in_quotes(std::string_view text) {
    std::string out;
    append_quoted(out, text);
    return out;
}

} // namespace hitless::gotemplate
