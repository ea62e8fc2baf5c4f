#pragma once

#include "hitless/base/result.hpp"

#include <span>
#include <string>
#include <string_view>

/// Texts put into shell commands so that they arrive whole: pure.
namespace hitless::confd {

/// A word that stands for a text in a command.
struct StandIn {
    std::string word;
    std::string text;
};

/// True when the shell takes `text` for itself, with and without quotes: letters, digits and
/// _./@%+=:,- only.
[[nodiscard]] bool is_plain_word(std::string_view text);

/// `stem`, made longer until `command` doesn't hold it. Of letters and digits, if the stem is.
[[nodiscard]] std::string unused_word(std::string_view command, std::string stem);

/// `command`, for a POSIX shell, with each stand-in's word replaced by its text, quoted for the
/// place: outside of quotes, between single or double quotes, after a backslash, in a comment, in
/// `$(…)` within and without double quotes. Plain words are never quoted.
///
/// An error in backquotes, where what is right depends on how deep they are. Not handled: bodies of
/// here-documents (the text is quoted as if it stood in a command; a quote of theirs counts as one
/// of the command), quotes within "${…}", the `)` of `case` within `$(…)`, and $'…'. A command
/// within a command, as of `sh -c '…'`, is text to the shell, so the path is not quoted again
/// within it: give it as an argument, as in `sh -c 'cat "$1"' - WORD`.
Result<std::string> replace_stand_ins(std::string_view command, std::span<const StandIn> stand_ins);

} // namespace hitless::confd
