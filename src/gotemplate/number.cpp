#include "gotemplate/number.hpp"

#include "gotemplate/quote.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>

namespace hitless::gotemplate {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// A number's text in parts, without its underscores.
struct Spelling {
    bool has_sign = false;
    bool is_negative = false;
    int base = 10;      ///< by the prefix: 0x, 0o, 0b
    std::string digits; ///< all after sign and prefix
};

/// Underscores may only stand between digits, or between a prefix and a digit.
bool underscores_fit(std::string_view digits, bool has_prefix, bool hex) {
    bool after_digit = has_prefix;
    bool after_underscore = false;
    for (const char c : digits) {
        const bool is_number = hex ? is_hex_digit(c) : is_digit(c);
        if ((c == '_' && !after_digit) || (c != '_' && !is_number && after_underscore))
            return false;
        after_underscore = c == '_';
        after_digit = is_number;
    }
    return !after_underscore;
}

std::optional<Spelling> spell(std::string_view text) {
    Spelling spelling;
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        spelling.has_sign = true;
        spelling.is_negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (text.size() >= 2 && text.front() == '0') {
        const char letter = static_cast<char>(text[1] | 0x20);
        spelling.base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    }
    const bool has_prefix = spelling.base != 10;
    if (has_prefix)
        text.remove_prefix(2);
    if (text.find('_') != std::string_view::npos &&
        !underscores_fit(text, has_prefix, spelling.base == 16))
        return std::nullopt;
    spelling.digits = text;
    std::erase(spelling.digits, '_');
    return spelling;
}

/// The whole of `spelling` as an unsigned number; a leading 0 alone means octal.
std::optional<std::uint64_t> whole_number(const Spelling& spelling) {
    const std::string& digits = spelling.digits;
    const bool octal = spelling.base == 10 && digits.size() > 1 && digits.front() == '0';
    std::uint64_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] =
        std::from_chars(digits.data(), end, value, octal ? 8 : spelling.base);
    if (digits.empty() || error != std::errc{} || stop != end)
        return std::nullopt;
    return value;
}

std::optional<double> floating_number(const Spelling& spelling) {
    const bool hex = spelling.base == 16;
    const std::string& digits = spelling.digits;
    if ((spelling.base != 10 && !hex) || (hex && digits.find_first_of("pP") == std::string::npos))
        return std::nullopt;
    double value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(
        digits.data(), end, value, hex ? std::chars_format::hex : std::chars_format::general);
    if (error == std::errc::result_out_of_range)
        value = std::strtod(((hex ? "0x" : "") + digits).c_str(), nullptr); // tells 0 from infinity
    else if (error != std::errc{} || stop != end)
        return std::nullopt;
    if (value == std::numeric_limits<double>::infinity())
        return std::nullopt;
    return spelling.is_negative ? -value : value;
}

/// True for a text that is a float64 although its value may be whole: 1e3, 2.0. (Go sees the `e` of
/// a signed hexadecimal number as an exponent here; so does this.)
bool looks_floating(std::string_view text) {
    const bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
                     text.find_first_of("pP") == std::string_view::npos;
    return !hex && text.find_first_of(".eEpP") != std::string_view::npos;
}

Result<std::optional<Value>> parse_character(std::string_view text) {
    const auto rune = unquote_character(text);
    if (!rune)
        return fail("malformed character constant: {}", text);
    return std::optional(Value(static_cast<std::int64_t>(*rune)));
}

} // namespace

Result<std::optional<Value>> parse_number(std::string_view text) {
    if (text.starts_with('\''))
        return parse_character(text);
    if (text.ends_with('i'))
        return fail("complex numbers are not supported: {}", text);
    const auto spelling = spell(text);
    if (!spelling)
        return fail("illegal number syntax: {}", in_quotes(text));

    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (const auto whole = whole_number(*spelling)) {
        const bool is_int = *whole <= largest + (spelling->is_negative ? 1 : 0);
        const bool is_unsigned = !spelling->has_sign;
        if (is_int && looks_floating(text))
            return std::optional(
                Value(static_cast<double>(*whole) * (spelling->is_negative ? -1 : 1)));
        if (is_int)
            return std::optional(
                Value(static_cast<std::int64_t>(spelling->is_negative ? 0 - *whole : *whole)));
        if (is_unsigned)
            return std::optional<Value>();
    }
    const auto floating = floating_number(*spelling);
    if (!floating)
        return fail("illegal number syntax: {}", in_quotes(text));
    if (text.find_first_of(".eEpP") == std::string_view::npos)
        return fail("integer overflow: {}", in_quotes(text));
    return std::optional(Value(*floating));
}

} // namespace hitless::gotemplate
