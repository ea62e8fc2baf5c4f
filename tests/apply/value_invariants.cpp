#include "apply/value_invariants.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::apply::test {
namespace {

using gotemplate::Element;
using gotemplate::PrintedPiece;

using Broken = std::optional<std::string>;

struct Bytes {
    std::size_t begin = 0;
    std::size_t end = 0;
};

Broken broken_pieces(std::string_view text, const std::vector<PrintedPiece>& pieces) {
    std::uint32_t last = 0;
    for (const PrintedPiece& piece : pieces) {
        if (piece.begin > piece.end || piece.end > text.size() || piece.begin < last)
            return fmt::format("the piece {}-{} is out of order or of the text", piece.begin,
                               piece.end);
        last = piece.begin;
        const std::string_view bytes = text.substr(piece.begin, piece.end - piece.begin);
        const bool is_bad =
            !base::is_utf8(bytes) || base::has_control(bytes) || base::has_wide_control(bytes);
        if (gotemplate::is_untrusted(piece.source) && is_bad)
            return fmt::format("a value brought a control character: '{}'", base::printable(bytes));
    }
    return std::nullopt;
}

Broken broken_elements(std::string_view text, const std::vector<Element>& elements) {
    std::vector<Element> around;
    for (const Element& element : elements) {
        while (!around.empty() && around.back().end <= element.begin)
            around.pop_back();
        const bool is_within = around.empty() || (around.back().begin <= element.begin &&
                                                  element.end <= around.back().end);
        if (element.begin > element.end || element.end > text.size() || !is_within)
            return fmt::format("the element {}-{} doesn't nest", element.begin, element.end);
        around.push_back(element);
    }
    return std::nullopt;
}

/// The bytes of the line that values brought, without overlaps and without what is empty.
std::vector<Bytes> value_bytes(const ResultLine& line, std::string_view text) {
    const auto at = static_cast<std::size_t>(line.text.data() - text.data());
    std::vector<Bytes> found;
    for (const PrintedPiece* const piece : line.pieces) {
        const std::size_t begin = std::max<std::size_t>(piece->begin, at) - at;
        const std::size_t end = std::min<std::size_t>(piece->end, at + line.text.size()) - at;
        if (piece->begin >= at + line.text.size() || piece->end <= at || begin >= end)
            continue;
        if (!found.empty() && begin <= found.back().end)
            found.back().end = std::max(found.back().end, end);
        else
            found.push_back({begin, end});
    }
    return found;
}

/// The line with an "x" for what values brought, at one place each.
std::string with_letters(std::string_view line, std::vector<Bytes>& values) {
    std::string made;
    std::size_t at = 0;
    for (Bytes& value : values) {
        made += line.substr(at, value.begin - at);
        at = value.end;
        value = {made.size(), made.size() + 1};
        made += 'x';
    }
    return made + std::string(line.substr(at));
}

/// A word of a line by the template's bytes in it, which are counted without those of values.
struct OwnWord {
    Bytes bytes;
    std::string text;
    bool is_touched = false; ///< a value brought some of it

    [[nodiscard]] bool is_same(const OwnWord& other) const {
        return !other.is_touched && bytes.begin == other.bytes.begin && text == other.text;
    }
};

Result<std::vector<OwnWord>> own_words(std::string_view line, const std::vector<Bytes>& values) {
    const auto words = haproxy::parse_words(line);
    if (!words)
        return words.error();
    const auto own_place = [&](std::size_t at) {
        std::size_t before = 0;
        for (const Bytes& value : values)
            before += std::min(value.end, at) - std::min(value.begin, at);
        return at - before;
    };
    std::vector<OwnWord> found;
    for (const haproxy::Word& word : *words) {
        const auto begin = static_cast<std::size_t>(word.written.data() - line.data());
        const std::size_t end = begin + word.written.size();
        const bool is_touched = std::ranges::any_of(
            values, [&](const Bytes& value) { return value.begin < end && value.end > begin; });
        found.push_back({{own_place(begin), own_place(end)}, word.text, is_touched});
    }
    return found;
}

/// Each word that is the template's alone is there, and no other: a word that begins in the
/// template and goes on in a value may be taken apart by the value's blanks.
bool are_same(const std::vector<OwnWord>& expected, const std::vector<OwnWord>& actual) {
    const bool are_there = std::ranges::all_of(expected, [&](const OwnWord& word) {
        return word.is_touched || std::ranges::any_of(actual, [&](const OwnWord& other) {
                   return word.is_same(other);
               });
    });
    return are_there && std::ranges::all_of(actual, [&](const OwnWord& word) {
               return word.is_touched || std::ranges::any_of(expected, [&](const OwnWord& other) {
                          return word.is_same(other) ||
                                 (other.is_touched && other.bytes.begin <= word.bytes.begin &&
                                  other.bytes.end >= word.bytes.end);
                      });
           });
}

Broken broken_words(const ResultLine& line, std::string_view text) {
    std::vector<Bytes> values = value_bytes(line, text);
    if (values.empty())
        return std::nullopt;
    const auto actual = own_words(line.text, values);
    const std::string plain = with_letters(line.text, values);
    const auto expected = own_words(plain, values);
    if (!expected) // the template's own quote isn't closed
        return std::nullopt;
    if (!actual)
        return fmt::format("a value spoils the quoting of the line '{}'",
                           base::printable(line.text));
    if (!are_same(*expected, *actual))
        return fmt::format("a value changes the template's words in the line '{}'",
                           base::printable(line.text));
    return std::nullopt;
}

/// A value may stand behind the word that begins a section, but may bring no byte of that word.
Broken broken_section(const haproxy::Section& section, const Vetter::Vetted& vetted) {
    const std::string_view text = vetted.config.text();
    const std::less<> before;
    if (before(section.kind.data(), text.data()) ||
        !before(section.kind.data(), text.data() + text.size()))
        return std::nullopt; // it begins without a line
    const auto begin = static_cast<std::size_t>(section.kind.data() - text.data());
    const std::size_t end = begin + section.kind.size();
    for (const PrintedPiece& piece : vetted.rendering->output.pieces) {
        if (gotemplate::is_untrusted(piece.source) && piece.begin < end && piece.end > begin)
            return fmt::format("a value begins the section '{} {}'", section.kind, section.name);
    }
    return std::nullopt;
}

} // namespace

std::vector<ResultLine> lines_of(const Vetter::Vetted& vetted) {
    const std::string_view text = vetted.config.text();
    const auto& output = vetted.rendering->output;
    std::vector<ResultLine> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        ResultLine line{base::trim(text.substr(at, end - at)), {}, false};
        if (!line.text.empty()) {
            const auto begin = static_cast<std::size_t>(line.text.data() - text.data());
            for (const PrintedPiece& piece : output.pieces) {
                if (piece.begin > end)
                    break;
                if (piece.end >= at && gotemplate::is_untrusted(piece.source))
                    line.pieces.push_back(&piece);
            }
            line.in_element = std::ranges::any_of(output.elements, [&](const Element& element) {
                return element.begin <= begin && element.end > begin;
            });
            lines.push_back(std::move(line));
        }
        at = end + 1;
    }
    return lines;
}

std::optional<std::string> broken_invariant(const Vetter::Vetted& vetted) {
    const std::string_view text = vetted.config.text();
    if (auto broken = broken_pieces(text, vetted.rendering->output.pieces))
        return broken;
    if (auto broken = broken_elements(text, vetted.rendering->output.elements))
        return broken;
    for (const haproxy::Section& section : vetted.config.sections()) {
        if (auto broken = broken_section(section, vetted))
            return broken;
    }
    for (const ResultLine& line : lines_of(vetted)) {
        if (auto broken = broken_words(line, text))
            return broken;
    }
    return std::nullopt;
}

} // namespace hitless::apply::test
