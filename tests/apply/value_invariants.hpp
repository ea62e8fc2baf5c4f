#pragma once

#include "hitless/apply/vet.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::apply::test {

/// A line of a result, without the blanks around it.
struct ResultLine {
    std::string_view text;
    std::vector<const gotemplate::PrintedPiece*>
        pieces;              ///< untrusted ones in it, the empty ones too
    bool in_element = false; ///< a range's element made its first byte
};

/// The lines that aren't empty.
[[nodiscard]] std::vector<ResultLine> lines_of(const Vetter::Vetted& vetted);

/// What no template and no value may do to what a Vetter makes, or nullopt when all is well. It is
/// told without the code under test: with the words that the line has when each value is one
/// letter.
/// - The pieces are within the text and in order; elements are too, and nest.
/// - No untrusted piece has a control character, a line separator or a broken character.
/// - No value begins a section.
/// - The words of a line that no value has touched are the same whatever the values are.
[[nodiscard]] std::optional<std::string> broken_invariant(const Vetter::Vetted& vetted);

} // namespace hitless::apply::test
