#pragma once

#include "hitless/gotemplate/output.hpp"
#include "hitless/haproxy/brought.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Taking things out of a rendered text, with all that is known of its pieces.
namespace hitless::apply {

/// The bytes of a text from `begin` up to `end`.
struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;

    friend auto operator<=>(const Range&, const Range&) = default;
};

/// `text` without the ranges, which may overlap; `output` is brought in line.
[[nodiscard]] std::string cut(std::string_view text, gotemplate::Output& output,
                              std::vector<Range> ranges);

/// The pieces with a byte in the range, and the empty ones in it or at its ends.
[[nodiscard]] std::span<const gotemplate::PrintedPiece> pieces_in(const gotemplate::Output& output,
                                                                  Range range);

/// What untrusted sources brought to the line at that range, and which pieces these are.
struct Brought {
    std::vector<haproxy::Brought> bytes; ///< counted from the line's begin
    std::vector<const gotemplate::PrintedPiece*> pieces;
};
[[nodiscard]] Brought brought_to(const gotemplate::Output& output, Range line);

/// What they brought to the line of `text` in which `words` lies, counted from that. An empty value
/// at the end of the line stands behind its last word.
[[nodiscard]] Brought brought_to_line(const gotemplate::Output& output, std::string_view text,
                                      Range words);

/// The bytes of the lines that have a byte of the range, without the last line break.
[[nodiscard]] Range whole_lines(std::string_view text, Range range);

/// The piece to blame for what is bad, counted from the line's begin: one that has bytes of it,
/// else one that is empty, else the last; nullptr: there is none.
[[nodiscard]] const gotemplate::PrintedPiece* to_blame(const Brought& brought, const Range& bad);

/// The innermost element whose output has all of the piece and which was made from the same source,
/// or nullptr: then the piece is none of any element's own.
[[nodiscard]] const gotemplate::Element* owner_of(const gotemplate::Output& output,
                                                  const gotemplate::PrintedPiece& piece);

/// The innermost element whose output has all of the range, or nullptr.
[[nodiscard]] const gotemplate::Element* innermost(const gotemplate::Output& output, Range range);

} // namespace hitless::apply
