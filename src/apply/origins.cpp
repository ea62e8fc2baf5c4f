#include "hitless/apply/origins.hpp"

#include "apply/spoilt_output.hpp"

#include <algorithm>

namespace hitless::apply {
namespace {

OriginPiece origin_of(const gotemplate::PrintedPiece& piece, std::string_view text,
                      const confd::Rendering& rendering, const confd::Renderer& renderer,
                      const Rules& rules) {
    OriginPiece origin;
    origin.text = text;
    origin.template_line = renderer.line_of(piece.action);
    if (const auto* const source = rendering.sources->find(piece.source)) {
        origin.source = name_of(*source, rules);
        origin.described = describe(*source, renderer, rules);
    }
    return origin;
}

} // namespace

std::vector<std::string> OriginLine::sources() const {
    std::vector<std::string> all;
    for (const OriginPiece& piece : pieces) {
        if (std::ranges::find(all, piece.source) == all.end())
            all.push_back(piece.source);
    }
    return all;
}

std::vector<OriginLine> origins_of(std::string_view text, const confd::Rendering& rendering,
                                   const confd::Renderer& renderer, const Rules& rules) {
    std::vector<OriginLine> lines;
    int number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        OriginLine line;
        line.number = ++number;
        line.text = text.substr(begin, end - begin);
        const gotemplate::Element* element = nullptr;
        for (const gotemplate::PrintedPiece& piece : pieces_in(rendering.output, {begin, end})) {
            const std::size_t from = std::max<std::size_t>(piece.begin, begin);
            const std::size_t to = std::min<std::size_t>(piece.end, end);
            if (from > to || (from == to && piece.begin != piece.end))
                continue;
            line.pieces.push_back(
                origin_of(piece, text.substr(from, to - from), rendering, renderer, rules));
            if (element == nullptr)
                element = innermost(rendering.output, {from, to});
        }
        if (element != nullptr)
            line.range_line = renderer.line_of(element->action);
        lines.push_back(std::move(line));
        begin = end + 1;
    }
    return lines;
}

} // namespace hitless::apply
