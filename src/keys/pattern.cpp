#include "hitless/keys/pattern.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace hitless::keys {
namespace {

/// The character at the start of a text. A byte that isn't UTF-8 counts as one bad character, as Go
/// decodes strings.
struct Rune {
    static constexpr std::uint32_t bad = 0xfffd;

    std::uint32_t value = bad;
    std::size_t size = 1;
};

Rune first_rune(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80)
        return {lead, 1};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size)
        return {};
    std::uint32_t value = lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0U) != 0x80)
            return {};
        value = value << 6 | (byte & 0x3fU);
    }
    const bool surrogate = 0xd800 <= value && value <= 0xdfff;
    if (value < (size == 4   ? 0x10000U
                 : size == 3 ? 0x800U
                             : 0x80U) ||
        value > 0x10ffff || surrogate)
        return {};
    return {value, size};
}

enum class Kind { end, malformed, literal, any_character, star, character_class };

/// One piece of a pattern: a literal character, `?`, `*` or a class.
struct Piece {
    Kind kind = Kind::end;
    std::string_view text; ///< the character of a literal, the ranges of a class
    bool negated = false;
};

/// Takes an end of a range off the front of a class; false when the class is malformed there.
bool take_bound(std::string_view& rest, std::uint32_t& bound) {
    if (rest.empty() || rest.front() == '-' || rest.front() == ']')
        return false;
    if (rest.front() == '\\') {
        rest.remove_prefix(1);
        if (rest.empty())
            return false;
    }
    const Rune rune = first_rune(rest);
    if (rune.value == Rune::bad && rune.size == 1)
        return false;
    bound = rune.value;
    rest.remove_prefix(rune.size);
    return !rest.empty();
}

/// Takes one range, `a` or `a-z`, off the front of a class.
bool take_range(std::string_view& rest, std::uint32_t& low, std::uint32_t& high) {
    if (!take_bound(rest, low))
        return false;
    high = low;
    if (rest.front() != '-')
        return true;
    rest.remove_prefix(1);
    return take_bound(rest, high);
}

Piece take_class(std::string_view& pattern) {
    Piece piece{Kind::character_class, {}, false};
    pattern.remove_prefix(1);
    if (pattern.starts_with('^')) {
        piece.negated = true;
        pattern.remove_prefix(1);
    }
    std::string_view rest = pattern;
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    do {
        if (!take_range(rest, low, high))
            return {Kind::malformed, {}, false};
    } while (rest.front() != ']');
    piece.text = pattern.substr(0, pattern.size() - rest.size());
    pattern = rest.substr(1);
    return piece;
}

/// Takes the next piece off the front of a pattern.
Piece take_piece(std::string_view& pattern) {
    if (pattern.empty())
        return {};
    const auto take = [&](Kind kind) {
        const Piece piece{kind, pattern.substr(0, 1), false};
        pattern.remove_prefix(1);
        return piece;
    };
    switch (pattern.front()) {
    case '*':
        return take(Kind::star);
    case '?':
        return take(Kind::any_character);
    case '[':
        return take_class(pattern);
    case '\\':
        pattern.remove_prefix(1);
        return pattern.empty() ? Piece{Kind::malformed, {}, false} : take(Kind::literal);
    default:
        return take(Kind::literal);
    }
}

bool class_contains(const Piece& piece, std::uint32_t character) {
    // The closing bracket stays in view: a range needs something after it.
    std::string_view rest(piece.text.data(), piece.text.size() + 1);
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    bool found = false;
    while (rest.size() > 1 && take_range(rest, low, high))
        found = found || (low <= character && character <= high);
    return found != piece.negated;
}

/// Takes what a piece other than a star matches off the front of a name.
bool match_piece(const Piece& piece, std::string_view& name) {
    if (name.empty())
        return false;
    std::size_t size = 1;
    if (piece.kind == Kind::literal) {
        if (piece.text.front() != name.front())
            return false;
    } else {
        const Rune rune = first_rune(name);
        size = rune.size;
        if (piece.kind == Kind::any_character ? rune.value == '/'
                                              : !class_contains(piece, rune.value))
            return false;
    }
    name.remove_prefix(size);
    return true;
}

std::string literal_prefix(std::string_view pattern) {
    std::string prefix;
    for (Piece piece = take_piece(pattern); piece.kind == Kind::literal;
         piece = take_piece(pattern))
        prefix += piece.text;
    return prefix;
}

/// The elements of a well-formed pattern, without the empty one before the leading slash; none when
/// it can't be matched element by element.
std::vector<Pattern::Element> split(std::string_view pattern) {
    if (!pattern.starts_with('/'))
        return {};
    std::vector<Pattern::Element> elements;
    pattern.remove_prefix(1);
    while (true) {
        std::string_view rest = pattern;
        bool wild = false;
        Piece piece;
        std::size_t size = 0;
        for (;; size = pattern.size() - rest.size()) {
            piece = take_piece(rest);
            if (piece.kind == Kind::end || (piece.kind == Kind::literal && piece.text == "/"))
                break;
            if (piece.kind == Kind::character_class && class_contains(piece, '/'))
                return {};
            wild = wild || piece.kind != Kind::literal;
        }
        const std::string_view text = pattern.substr(0, size);
        elements.push_back({literal_prefix(text), std::string(wild ? text : std::string_view())});
        if (piece.kind == Kind::end)
            return elements;
        pattern = rest;
    }
}

} // namespace

bool is_valid_pattern(std::string_view pattern) {
    Piece piece;
    do {
        piece = take_piece(pattern);
    } while (piece.kind != Kind::end && piece.kind != Kind::malformed);
    return piece.kind == Kind::end;
}

bool matches(std::string_view pattern, std::string_view name) {
    if (!is_valid_pattern(pattern))
        return false;
    // Where to go on when a guess at the last star's length was wrong. Earlier stars need no second
    // guess: a longer match of theirs leaves less for those behind.
    bool starred = false;
    std::string_view after_star;
    std::string_view star_name;
    for (;;) {
        std::string_view rest = pattern;
        const Piece piece = take_piece(rest);
        if (piece.kind == Kind::star) {
            starred = true;
            pattern = after_star = rest;
            star_name = name;
        } else if (piece.kind == Kind::end && name.empty()) {
            return true;
        } else if (piece.kind != Kind::end && match_piece(piece, name)) {
            pattern = rest;
        } else if (starred && !star_name.empty() && star_name.front() != '/') {
            star_name.remove_prefix(1);
            name = star_name;
            pattern = after_star;
        } else {
            return false;
        }
    }
}

std::optional<Pattern> Pattern::parse(std::string text) {
    if (!is_valid_pattern(text))
        return std::nullopt;
    Pattern pattern;
    pattern.text_ = std::move(text);
    pattern.prefix_ = literal_prefix(pattern.text_);
    auto elements = split(pattern.text_);
    std::size_t above = 0; // the last one is never the directory
    for (; above + 1 < elements.size() && elements[above].text.empty(); ++above)
        pattern.directory_ += elements[above].literal + '/';
    elements.erase(elements.begin(), elements.begin() + static_cast<std::ptrdiff_t>(above));
    pattern.elements_ = std::move(elements);
    return pattern;
}

bool Pattern::matches(std::string_view name) const {
    return name.starts_with(prefix_) && keys::matches(text_, name);
}

} // namespace hitless::keys
