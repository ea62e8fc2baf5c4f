#pragma once

#include "hitless/base/text.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/words.hpp"

#include <optional>
#include <string_view>

namespace hitless::haproxy {

/// Calls `take` with each line of `text` that isn't blank or a comment, trimmed, and its number,
/// until it returns false. The first line has the number `first`.
template <class Take>
void for_each_line(std::string_view text, int first, Take take) {
    for (int number = first; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        const std::string_view line = base::trim(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (!line.empty() && line.front() != '#' && !take(line, number))
            return;
    }
}

/// The trimmed line `text` as a server, or nullopt when it is none whose name can be told.
inline std::optional<ServerLine> server_line(std::string_view text, int number) {
    if (first_word(text) != "server")
        return std::nullopt;
    std::string_view rest = text;
    (void)take_word(rest);
    const ServerLine line{number, text, take_word(rest)};
    if (line.name.find('$') != std::string_view::npos && has_variable(text, 1))
        return std::nullopt;
    return line;
}

} // namespace hitless::haproxy
