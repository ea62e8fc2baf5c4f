#include "gotemplate/formatter.hpp"

#include "gotemplate/float_text.hpp"
#include "gotemplate/quote.hpp"
#include "gotemplate/unicode.hpp"
#include "gotemplate/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace hitless::gotemplate {
namespace {

char32_t to_rune(std::uint64_t code) {
    return code > last_rune ? bad_rune : static_cast<char32_t>(code);
}

std::string in_base(std::uint64_t number, int base, bool upper) {
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.begin(), buffer.end(), number, base).ptr;
    std::string text(buffer.data(), end);
    if (upper)
        std::ranges::transform(text, text.begin(), [](char c) {
            return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
        });
    return text;
}

int base_of(char verb) {
    switch (verb) {
    case 'b':
        return 2;
    case 'o':
    case 'O':
        return 8;
    case 'x':
    case 'X':
        return 16;
    default:
        return 10;
    }
}

} // namespace

void Formatter::fill(int count, char with) {
    if (count > 0)
        out_.append(static_cast<std::size_t>(count), with);
}

void Formatter::pad(std::string_view text) {
    if (!directive.has_width || directive.width == 0) {
        out_ += text;
        return;
    }
    const int missing = directive.width - static_cast<int>(count_runes(text));
    if (!directive.minus)
        fill(missing, directive.zero ? '0' : ' ');
    out_ += text;
    if (directive.minus)
        fill(missing, directive.zero ? '0' : ' ');
}

/// For what has dealt with leading zeros itself.
void Formatter::pad_with_blanks(std::string_view text) {
    const bool zero = directive.zero;
    directive.zero = false;
    pad(text);
    directive.zero = zero;
}

/// A precision says how many runes of a string are shown.
std::string_view Formatter::cut(std::string_view text) const {
    if (!directive.has_precision)
        return text;
    std::size_t end = 0;
    for (int runes = 0; runes < directive.precision && end < text.size(); ++runes)
        end += decode_rune(text.substr(end)).size;
    return text.substr(0, end);
}

void Formatter::string(std::string_view text) {
    pad(cut(text));
}

void Formatter::quoted_string(std::string_view text) {
    text = cut(text);
    std::string literal;
    if (directive.sharp && fits_back_quotes(text))
        literal.append("`").append(text).append("`");
    else
        append_quoted(literal, text, directive.plus ? Quoting::ascii : Quoting::printable);
    pad(literal);
}

void Formatter::hexadecimal_string(std::string_view text, std::string_view digits) {
    if (directive.has_precision)
        text = text.substr(0, static_cast<std::size_t>(directive.precision));
    std::string hex;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (directive.space && !hex.empty())
            hex += ' ';
        if (directive.sharp && (directive.space || hex.empty()))
            hex.append("0").append(digits.substr(16));
        hex += digits[byte >> 4];
        hex += digits[byte & 0xf];
    }
    pad(hex);
}

void Formatter::integer(std::int64_t number, char verb) {
    const bool negative = number < 0;
    const auto bits = static_cast<std::uint64_t>(number);
    const std::uint64_t magnitude = negative ? 0 - bits : bits;
    const int base = base_of(verb);
    if (directive.has_precision && directive.precision == 0 && number == 0) {
        fill(directive.width, ' ');
        return;
    }
    std::string text = in_base(magnitude, base, verb == 'X');
    int least = 0; // digits, by the precision, or else by the width when zeros fill it
    if (directive.has_precision) {
        least = directive.precision;
    } else if (directive.zero && directive.has_width) {
        least = directive.width - (negative || directive.plus || directive.space ? 1 : 0);
    }
    if (least > static_cast<int>(text.size()))
        text.insert(0, static_cast<std::size_t>(least) - text.size(), '0');
    if (directive.sharp && base == 2)
        text.insert(0, "0b");
    else if (directive.sharp && base == 8 && text.front() != '0')
        text.insert(0, "0");
    else if (directive.sharp && base == 16)
        text.insert(0, verb == 'X' ? "0X" : "0x");
    if (verb == 'O')
        text.insert(0, "0o");
    if (negative || directive.plus || directive.space)
        text.insert(0, 1, negative ? '-' : directive.plus ? '+' : ' ');
    pad_with_blanks(text);
}

void Formatter::unicode(std::uint64_t code) {
    std::string digits = in_base(code, 16, true);
    const int least = directive.has_precision && directive.precision > 4 ? directive.precision : 4;
    if (least > static_cast<int>(digits.size()))
        digits.insert(0, static_cast<std::size_t>(least) - digits.size(), '0');
    std::string text = "U+" + digits;
    if (directive.sharp && code <= last_rune && is_printable(static_cast<char32_t>(code))) {
        text += " '";
        append_rune(text, static_cast<char32_t>(code));
        text += '\'';
    }
    pad_with_blanks(text);
}

void Formatter::character(std::uint64_t code) {
    std::string text;
    append_rune(text, to_rune(code));
    pad(text);
}

void Formatter::quoted_character(std::uint64_t code) {
    std::string text;
    append_quoted_character(text, to_rune(code),
                            directive.plus ? Quoting::ascii : Quoting::printable);
    pad(text);
}

void Formatter::floating(double number, char verb, int precision) {
    if (directive.has_precision)
        precision = directive.precision;
    std::string text = float_text(number, verb, precision);
    char sign = '+';
    if (text.front() == '-' || text.front() == '+') {
        sign = text.front();
        text.erase(0, 1);
    }
    if (directive.space && sign == '+' && !directive.plus)
        sign = ' ';
    const bool shows_sign = directive.plus || sign != '+';
    if (text.front() == 'I' || text.front() == 'N') {
        // Go shows the sign of an infinity always, and zeros never fill these.
        if (text.front() == 'I' || directive.space || directive.plus)
            text.insert(0, 1, sign);
        pad_with_blanks(text);
        return;
    }
    if (directive.sharp && verb != 'b')
        text = keep_zeros(std::move(text), verb, precision);
    if (!shows_sign) {
        pad(text);
    } else if (directive.zero && directive.has_width &&
               directive.width > static_cast<int>(text.size()) + 1) {
        out_ += sign; // stands before the zeros
        fill(directive.width - static_cast<int>(text.size()) - 1, '0');
        out_ += text;
    } else {
        text.insert(0, 1, sign);
        pad(text);
    }
}

/// What # asks for: always a decimal point, and for %g the zeros at the end.
std::string Formatter::keep_zeros(std::string number, char verb, int precision) const {
    int digits = 0;
    if (verb == 'g' || verb == 'G' || verb == 'x')
        digits = precision == -1 ? 6 : precision;
    const bool hexadecimal = verb == 'x' || verb == 'X';
    const std::size_t end =
        std::min(number.find_first_of(hexadecimal ? "pP" : "eE"), number.size());
    const std::string exponent = number.substr(end);
    number.resize(end);
    bool has_point = false;
    bool is_significant = false;
    for (const char c : number) {
        has_point |= c == '.';
        if (c == '.')
            continue;
        is_significant |= c != '0';
        digits -= is_significant ? 1 : 0;
    }
    if (!has_point) {
        digits -= number == "0" ? 1 : 0;
        number += '.';
    }
    if (digits > 0)
        number.append(static_cast<std::size_t>(digits), '0');
    return number + exponent;
}

} // namespace hitless::gotemplate
