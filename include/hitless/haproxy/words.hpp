#pragma once

#include "hitless/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::haproxy {

/// One word of a configuration line.
struct Word {
    std::string text;         ///< quotes and escapes taken away
    std::string_view written; ///< as it stands in the line
    /// An environment variable in double quotes is HAProxy's to expand; `text` has it as written.
    bool environment = false;
};

/// The words of one line of a configuration file, by HAProxy's rules (configuration.txt, 2.2
/// "Quoting and escaping"): blanks separate, `#` begins a comment, "…" and '…' quote, `\` escapes a
/// few characters and stands for itself before others. A quote that isn't closed and a broken `\x`
/// are errors. The views point into `line`.
Result<std::vector<Word>> parse_words(std::string_view line);

/// The texts of parse_words().
Result<std::vector<std::string>> split_words(std::string_view line);

/// The first word of a line as HAProxy reads it, which tells a section or a keyword; as written
/// where the line can't be taken apart.
[[nodiscard]] std::string first_word(std::string_view line);

/// True when the line's word at that place, 0 for the first, has an environment variable, so that
/// only HAProxy can tell it.
[[nodiscard]] bool has_variable(std::string_view line, std::size_t place);

/// Takes the next word off the front of `text`, as written but without quotes around it: enough for
/// names, which have no blanks and no escapes. Empty at the end of the line or at a comment.
[[nodiscard]] std::string_view take_word(std::string_view& text);

/// HAProxy takes so many words on a line of its file and in a runtime command (MAX_LINE_ARGS,
/// MAX_CLI_ARGS).
inline constexpr std::size_t most_words = 64;

} // namespace hitless::haproxy
