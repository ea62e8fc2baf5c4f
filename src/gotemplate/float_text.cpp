#include "gotemplate/float_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace hitless::gotemplate {
namespace {

/// No float64 has more digits than these after the point (2^-1074), or in all (767 significant
/// ones).
constexpr int most_decimals = 1074;
constexpr int most_digits = 767;

/// 0.d1d2d3… × 10^point, without trailing zeros.
struct Decimal {
    std::string digits;
    int point = 0;
};

/// `number`, which isn't negative, with `count` significant digits, or with the fewest when -1.
Decimal to_decimal(double number, int count) {
    std::array<char, most_digits + 32> buffer{};
    const auto end =
        count < 0
            ? std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::scientific)
            : std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::scientific,
                            std::min(count, most_digits) - 1);
    const std::string_view text(buffer.data(), end.ptr);
    const std::size_t e = text.find('e');
    Decimal decimal;
    std::ranges::copy_if(text.substr(0, e), std::back_inserter(decimal.digits),
                         [](char c) { return c != '.'; });
    const bool negative = text[e + 1] == '-';
    std::from_chars(text.data() + e + 2, text.data() + text.size(), decimal.point);
    decimal.point = (negative ? -decimal.point : decimal.point) + 1;
    decimal.digits.resize(decimal.digits.find_last_not_of('0') + 1);
    if (decimal.digits.empty())
        decimal.point = 0;
    return decimal;
}

/// d.ddde±dd with `decimals` digits after the point.
std::string exponent_text(const Decimal& decimal, int decimals, char letter) {
    std::string digits = decimal.digits.empty() ? "0" : decimal.digits;
    digits.resize(static_cast<std::size_t>(std::max(decimals, 0)) + 1, '0');
    std::string out = digits.substr(0, 1);
    if (decimals > 0)
        out += '.' + digits.substr(1);
    const int exponent = decimal.digits.empty() ? 0 : decimal.point - 1;
    return out + fmt::format("{}{}{:02}", letter, exponent < 0 ? '-' : '+', std::abs(exponent));
}

/// ddd.ddd with `decimals` digits after the point.
std::string plain_text(const Decimal& decimal, int decimals) {
    std::string out;
    const auto digit = [&](int i) {
        const bool has = i >= 0 && i < static_cast<int>(decimal.digits.size());
        return has ? decimal.digits[static_cast<std::size_t>(i)] : '0';
    };
    for (int i = 0; i < decimal.point; ++i)
        out += digit(i);
    if (out.empty())
        out = "0";
    if (decimals > 0)
        out += '.';
    for (int i = 0; i < decimals; ++i)
        out += digit(decimal.point + i);
    return out;
}

std::string fixed_text(double number, int precision) {
    if (precision < 0) {
        const Decimal decimal = to_decimal(number, -1);
        return plain_text(decimal,
                          std::max(static_cast<int>(decimal.digits.size()) - decimal.point, 0));
    }
    std::array<char, most_decimals + 400> buffer{};
    const int exact = std::min(precision, most_decimals);
    const auto end =
        std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::fixed, exact).ptr;
    std::string out(buffer.data(), end);
    out.append(static_cast<std::size_t>(precision - exact), '0');
    return out;
}

/// The shorter of the two, by Go's rule.
std::string general_text(double number, char format, int precision) {
    const bool shortest = precision < 0;
    const Decimal decimal = to_decimal(number, shortest ? -1 : std::max(precision, 1));
    const int digits = static_cast<int>(decimal.digits.size());
    int limit = shortest ? 6 : std::max(precision, 1);
    if (!shortest && limit > digits && digits >= decimal.point)
        limit = digits;
    const int exponent = decimal.point - 1;
    if (exponent < -4 || exponent >= limit)
        return exponent_text(decimal, std::max(digits, 1) - 1, format == 'g' ? 'e' : 'E');
    return plain_text(decimal, std::max(digits - decimal.point, 0));
}

/// A number as fraction × 2^exponent.
struct Binary {
    std::uint64_t fraction = 0;
    int exponent = 0;
};

Binary to_binary(double number) {
    const auto bits = std::bit_cast<std::uint64_t>(number);
    const int exponent = static_cast<int>(bits >> 52 & 0x7ff);
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    if (exponent == 0)
        return {fraction, -1074};
    return {fraction | std::uint64_t{1} << 52, exponent - 1075};
}

std::string binary_text(double number) {
    const Binary binary = to_binary(number);
    return fmt::format("{}p{}{}", binary.fraction, binary.exponent < 0 ? "" : "+", binary.exponent);
}

/// 0x1.yyyp±dd: one binary digit before the point.
std::string hexadecimal_text(double number, char format, int precision) {
    Binary binary = to_binary(number);
    int exponent = binary.fraction == 0 ? 0 : binary.exponent + 52;
    std::uint64_t fraction = binary.fraction << 8; // the first digit is now bit 60
    while (fraction != 0 && (fraction & std::uint64_t{1} << 60) == 0) {
        fraction <<= 1;
        --exponent;
    }
    if (precision >= 0 && precision < 15) { // round half to even
        const int shift = precision * 4;
        const std::uint64_t unit = std::uint64_t{1} << (60 - shift);
        const std::uint64_t extra = fraction & (unit - 1);
        fraction &= ~(unit - 1);
        if (extra > unit / 2 || (extra == unit / 2 && (fraction & unit) != 0))
            fraction += unit;
        if ((fraction & std::uint64_t{1} << 61) != 0) {
            fraction >>= 1;
            ++exponent;
        }
    }
    std::string digits = fmt::format("{:015x}", fraction & ((std::uint64_t{1} << 60) - 1));
    if (precision < 0)
        digits.resize(digits.find_last_not_of('0') + 1);
    else
        digits.resize(static_cast<std::size_t>(precision), '0');
    std::string out = fmt::format("0x{}{}{}p{}{:02}", fraction >> 60, digits.empty() ? "" : ".",
                                  digits, exponent < 0 ? '-' : '+', std::abs(exponent));
    if (format == 'X')
        std::ranges::transform(out, out.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
    return out;
}

std::string positive_text(double number, char format, int precision) {
    switch (format) {
    case 'b':
        return binary_text(number);
    case 'e':
    case 'E': {
        const Decimal decimal = to_decimal(number, precision < 0 ? -1 : precision + 1);
        const int shortest = std::max(static_cast<int>(decimal.digits.size()), 1) - 1;
        return exponent_text(decimal, precision < 0 ? shortest : precision, format);
    }
    case 'f':
        return fixed_text(number, precision);
    case 'x':
    case 'X':
        return hexadecimal_text(number, format, precision);
    default:
        return general_text(number, format, precision);
    }
}

} // namespace

std::string float_text(double number, char format, int precision) {
    if (std::isnan(number))
        return "NaN";
    if (std::isinf(number))
        return number < 0 ? "-Inf" : "+Inf";
    const bool negative = std::signbit(number);
    std::string out = positive_text(negative ? -number : number, format, precision);
    return negative ? "-" + out : out;
}

} // namespace hitless::gotemplate
