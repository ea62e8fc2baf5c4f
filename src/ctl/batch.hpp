#pragma once

#include "hitless/haproxy/command.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// The next line that somebody has typed, without its break; nullopt at the end.
using NextLine = std::function<std::optional<std::string>()>;

/// The commands of a line, with `;` between them. If the line ends in `<<`, the next lines, up to
/// an empty one or the end, are the payload of the last command. Nothing is checked: to_wire() does
/// that.
[[nodiscard]] std::vector<haproxy::Command> read_batch(std::string_view line,
                                                       const NextLine& next_line);

} // namespace hitless::ctl
