#include "hitless/base/text.hpp"

#include "ctl/wanted.hpp"

#include <algorithm>

// Where lines of what is wanted come from.
namespace hitless::ctl {

// Servers of several backends may have the same line. So the third of them comes from the third
// line with that text; where there are more of one than of the other, nobody knows.
const apply::OriginLine* find_origin(const Wanted& wanted, const haproxy::Config& config,
                                     const haproxy::ServerLine& line) {
    std::vector<int> numbers;
    for (const haproxy::Section& section : config.sections()) {
        for (const haproxy::ServerLine& server : section.servers) {
            if (server.text == line.text)
                numbers.push_back(server.number);
        }
    }
    std::vector<const apply::OriginLine*> origins;
    for (const apply::OriginLine& origin : wanted.origins) {
        if (base::trim(origin.text) == line.text)
            origins.push_back(&origin);
    }
    const auto own = std::ranges::find(numbers, line.number);
    if (own == numbers.end() || numbers.size() != origins.size())
        return nullptr;
    return origins[static_cast<std::size_t>(own - numbers.begin())];
}

std::optional<std::string> key_of_line(const Wanted& wanted, const haproxy::Config& config,
                                       const haproxy::ServerLine& line) {
    const apply::OriginLine* const origin = find_origin(wanted, config, line);
    if (origin == nullptr)
        return std::nullopt;
    for (const apply::OriginPiece& piece : origin->pieces) {
        constexpr std::string_view kind = "key ";
        if (piece.source.starts_with(kind))
            return piece.source.substr(kind.size());
    }
    return std::nullopt;
}

} // namespace hitless::ctl
