#include "render/origins.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace hitless::render {
namespace {

using apply::OriginLine;
using apply::OriginPiece;
using nlohmann::json;

/// The keys without the word "key": this is a column of keys, mostly.
std::string short_sources(const OriginLine& line) {
    std::vector<std::string> names;
    for (std::string name : line.sources()) {
        if (name.starts_with("key "))
            name.erase(0, 4);
        names.push_back(std::move(name));
    }
    return fmt::format("{}", fmt::join(names, " "));
}

} // namespace

void print_origins(std::span<const OriginLine> lines, std::ostream& output) {
    constexpr std::size_t widest = 48;
    std::size_t width = 0;
    for (const OriginLine& line : lines)
        width = std::max(width, std::min(widest, short_sources(line).size()));
    const std::size_t digits = std::to_string(lines.size()).size();
    for (const OriginLine& line : lines)
        output << fmt::format("{:<{}}  {:>{}}  {}\n", base::printable(short_sources(line), 1'000),
                              width, line.number, digits, line.text);
}

void explain_line(const OriginLine& line, const std::string& template_name, std::ostream& output) {
    output << fmt::format("line {}: {}\n", line.number, base::trim(line.text));
    if (line.pieces.empty())
        output << fmt::format("  all of it is the text of {}\n", template_name);
    for (const OriginPiece& piece : line.pieces)
        output << fmt::format("  '{}' comes from {}, printed by {}, line {}\n",
                              base::printable(piece.text, 100), piece.described, template_name,
                              piece.template_line);
    if (line.range_line != 0)
        output << fmt::format("  made by the range at {}, line {}\n", template_name,
                              line.range_line);
}

json to_json(std::span<const OriginLine> lines) {
    json all = json::array();
    for (const OriginLine& line : lines) {
        json pieces = json::array();
        for (const OriginPiece& piece : line.pieces)
            pieces.push_back({{"text", piece.text},
                              {"source", piece.source},
                              {"template_line", piece.template_line}});
        json one = {{"line", line.number},
                    {"text", line.text},
                    {"sources", line.sources()},
                    {"pieces", std::move(pieces)}};
        one["range_line"] = line.range_line == 0 ? json() : json(line.range_line);
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace hitless::render
