#pragma once

#include "hitless/apply/gate.hpp"
#include "hitless/confd/renderer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::apply {

/// A piece of a rendered line that was made from a source.
struct OriginPiece {
    std::string text;
    std::string source;    ///< "key /app/servers/a"
    std::string described; ///< with the value, as messages have it
    int template_line = 0; ///< of the action that printed it
};

/// A rendered line and where it comes from.
struct OriginLine {
    int number = 0; ///< from 1
    std::string text;
    std::vector<OriginPiece> pieces; ///< in their order; none: the template's own text alone
    int range_line = 0; ///< in the template, of the innermost range that made the line; 0: none

    /// The sources of its pieces, each once.
    [[nodiscard]] std::vector<std::string> sources() const;
};

/// All lines of `text`, which is what the rendering is about.
[[nodiscard]] std::vector<OriginLine> origins_of(std::string_view text,
                                                 const confd::Rendering& rendering,
                                                 const confd::Renderer& renderer,
                                                 const Rules& rules);

} // namespace hitless::apply
