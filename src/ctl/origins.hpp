#pragma once

#include "hitless/haproxy/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// An option in effect, and the line that it comes from.
struct Origin {
    std::string option; ///< "inter 500ms"
    int line = 0;       ///< in the file
    std::string text;   ///< the line
};

/// The options in effect for the server, each with the nearest line that says it: its own, then the
/// backend's `default-server` lines from the last to the first, then those of its defaults. The
/// weight, an option too, is among them only if some line says it.
Result<std::vector<Origin>> option_origins(const haproxy::Config& config,
                                           const haproxy::Section& backend,
                                           const haproxy::ServerLine& line);

/// The line of the file, from 1, without blanks around it; empty: it has none. Blocks.
[[nodiscard]] std::string line_of_file(const std::string& file, int number);

} // namespace hitless::ctl
