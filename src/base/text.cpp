#include "hitless/base/text.hpp"

#include "hitless/base/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace hitless::base {
namespace {

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

/// The length of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7), or
/// 0.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto in = [](unsigned value, unsigned low, unsigned high) {
        return low <= value && value <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80)
        return 1;
    if (in(first, 0xc2, 0xdf))
        return in(byte(1), 0x80, 0xbf) ? 2 : 0;
    if (in(first, 0xe0, 0xef)) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = first == 0xed ? 0x9f : 0xbf;
        return in(byte(1), low, high) && in(byte(2), 0x80, 0xbf) ? 3 : 0;
    }
    if (in(first, 0xf0, 0xf4)) {
        const unsigned low = first == 0xf0 ? 0x90 : 0x80;
        const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
        return in(byte(1), low, high) && in(byte(2), 0x80, 0xbf) && in(byte(3), 0x80, 0xbf) ? 4 : 0;
    }
    return 0;
}

/// A character of UTF-8 that has_wide_control() looks for. To some terminals U+0080 to U+009F are
/// escapes.
bool is_wide_control(std::string_view character) {
    return (character.size() == 2 && character[0] == '\xc2' && character[1] < '\xa0') ||
           character == "\u2028" || character == "\u2029";
}

} // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return is_control(c) && c != '\t'; });
}

bool has_wide_control(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
        if (is_wide_control(text.substr(0, length)))
            return true;
        text.remove_prefix(length);
    }
    return false;
}

namespace {

/// A character that changes the direction of the text behind it (U+200E, U+200F, U+202A to U+202E,
/// U+2066 to U+2069), so that a line reads otherwise than it is.
bool turns_text(std::string_view character) {
    return character == "\u200e" || character == "\u200f" ||
           (character >= "\u202a" && character <= "\u202e") ||
           (character >= "\u2066" && character <= "\u2069");
}

} // namespace

std::string printable(std::string_view text, std::size_t limit) {
    const std::string public_text = has_private_key(text) ? without_private_keys(text) : "";
    if (!public_text.empty())
        text = public_text;
    std::string out;
    while (!text.empty()) {
        if (out.size() >= limit)
            return out + "…";
        std::size_t length = utf8_length(text);
        const char c = text.front();
        if (is_wide_control(text.substr(0, length)) || turns_text(text.substr(0, length)))
            length = 0;
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (length == 0 || is_control(c))
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

// Not by find_first_not_of(), which looks each character up: files of 100,000 lines come here.
std::string_view trim(std::string_view text) {
    const auto is_blank = [](char one) {
        return one == ' ' || one == '\t' || one == '\r' || one == '\n';
    };
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t end = text.find(separator); end != std::string_view::npos;
         end = text.find(separator)) {
        parts.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    parts.push_back(text);
    return parts;
}

namespace {

/// Large texts are compared in blocks, for which the C library has its fast ways.
constexpr std::size_t block = 256;

} // namespace

std::size_t common_prefix(std::string_view a, std::string_view b) {
    const std::size_t most = std::min(a.size(), b.size());
    std::size_t size = 0;
    while (most - size >= block && a.substr(size, block) == b.substr(size, block))
        size += block;
    while (size < most && a[size] == b[size])
        ++size;
    return size;
}

std::size_t common_suffix(std::string_view a, std::string_view b) {
    const std::size_t most = std::min(a.size(), b.size());
    std::size_t size = 0;
    const auto piece = [&](std::string_view text) {
        return text.substr(text.size() - size - block, block);
    };
    while (most - size >= block && piece(a) == piece(b))
        size += block;
    while (size < most && a[a.size() - size - 1] == b[b.size() - size - 1])
        ++size;
    return size;
}

std::optional<bool> parse_bool(std::string_view text) {
    for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"}) {
        if (text == word)
            return true;
    }
    for (const std::string_view word : {"0", "f", "F", "FALSE", "false", "False"}) {
        if (text == word)
            return false;
    }
    return std::nullopt;
}

} // namespace hitless::base
