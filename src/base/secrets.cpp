#include "hitless/base/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace hitless::base {
namespace {

/// At the end of the first line of a key, whatever kind of key it is, and of the last one.
constexpr std::string_view marker = "PRIVATE KEY-----";
constexpr std::string_view last_line = "-----END ";
/// Base64 of "PRIVATE KEY" behind 0, 1 or 2 bytes of a group of three, without what depends on the
/// bytes around it.
constexpr std::array<std::string_view, 3> hidden_markers = {"UFJJVkFURSBLRV", "BSSVZBVEUgS0VZ",
                                                            "QUklWQVRFIEtFW"};

struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// What the key has behind its first line, which ends behind `at`.
std::optional<Range> find_key(std::string_view text, std::size_t at) {
    for (std::size_t found = text.find(marker, at); found != std::string_view::npos;
         found = text.find(marker, found + marker.size())) {
        const std::size_t dashes = text.rfind("-----", found);
        const bool is_last = dashes != std::string_view::npos && dashes >= at &&
                             text.substr(dashes, found - dashes).starts_with(last_line);
        const std::size_t begin = found + marker.size();
        if (!is_last)
            return Range{begin, std::min(text.find(last_line, begin), text.size())};
    }
    return std::nullopt;
}

bool is_of_base64(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '=' ||
           c == '\n' || c == '\r';
}

/// The base64 around a key that is hidden in it.
std::optional<Range> find_hidden_key(std::string_view text, std::size_t at) {
    std::size_t found = std::string_view::npos;
    for (const std::string_view hidden : hidden_markers)
        found = std::min(found, text.find(hidden, at));
    if (found == std::string_view::npos)
        return std::nullopt;
    Range range{found, found};
    while (range.begin > at && is_of_base64(text[range.begin - 1]))
        --range.begin;
    while (range.end < text.size() && is_of_base64(text[range.end]))
        ++range.end;
    return range;
}

} // namespace

bool has_private_key(std::string_view text) {
    return find_key(text, 0) || find_hidden_key(text, 0);
}

std::string without_private_keys(std::string_view text) {
    std::string result;
    for (std::size_t at = 0;;) {
        const auto key = find_key(text, at);
        const auto hidden = find_hidden_key(text, at);
        if (!key && !hidden)
            return result.append(text.substr(at));
        const bool is_hidden = !key || (hidden && hidden->begin < key->begin);
        const Range& range = is_hidden ? *hidden : *key;
        result.append(text.substr(at, range.begin - at)).append(left_out_key);
        at = range.end;
    }
}

} // namespace hitless::base
