#pragma once

#include "hitless/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::haproxy {

/// The words of one line of a configuration file, by HAProxy's rules (configuration.txt, 2.2
/// "Quoting and escaping"): blanks separate, `#` begins a comment, "…" and '…' quote, `\` escapes.
/// Environment variables ("${NAME}") are left as written. An unfinished quote or escape is an
/// error.
Result<std::vector<std::string>> split_words(std::string_view line);

/// The first word of a line without quotes: enough to tell a section or a keyword.
[[nodiscard]] std::string_view first_word(std::string_view line);

} // namespace hitless::haproxy
