#include "gotemplate/utf8.hpp"

namespace hitless::gotemplate {
namespace {

/// The lead byte's share of a rune, and what the first continuation byte may be (Unicode, table
/// 3-7).
struct Lead {
    std::size_t size = 1;
    unsigned bits = 0;
    unsigned low = 0x80;
    unsigned high = 0xbf;
};

Lead lead_of(unsigned byte) {
    if (byte >= 0xc2 && byte <= 0xdf)
        return {2, byte & 0x1f};
    if (byte >= 0xe0 && byte <= 0xef)
        return {3, byte & 0x0f, byte == 0xe0 ? 0xa0U : 0x80U, byte == 0xed ? 0x9fU : 0xbfU};
    if (byte >= 0xf0 && byte <= 0xf4)
        return {4, byte & 0x07, byte == 0xf0 ? 0x90U : 0x80U, byte == 0xf4 ? 0x8fU : 0xbfU};
    return {};
}

} // namespace

Rune decode_rune(std::string_view text) {
    if (text.empty())
        return {bad_rune, 0};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80)
        return {byte(0), 1};
    const Lead lead = lead_of(byte(0));
    if (lead.size == 1 || text.size() < lead.size || byte(1) < lead.low || byte(1) > lead.high)
        return {bad_rune, 1};
    unsigned value = lead.bits << 6 | (byte(1) & 0x3fU);
    for (std::size_t i = 2; i < lead.size; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return {bad_rune, 1};
        value = value << 6 | (byte(i) & 0x3fU);
    }
    return {value, lead.size};
}

void append_rune(std::string& out, char32_t rune) {
    if (!is_rune(rune))
        rune = bad_rune;
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((rune >> shift) & 0x3f)); };
    if (rune < 0x80) {
        out += static_cast<char>(rune);
    } else if (rune < 0x800) {
        out += static_cast<char>(0xc0 | (rune >> 6));
        tail(0);
    } else if (rune < 0x10000) {
        out += static_cast<char>(0xe0 | (rune >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xf0 | (rune >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::size_t count_runes(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count)
        text.remove_prefix(decode_rune(text).size);
    return count;
}

} // namespace hitless::gotemplate
