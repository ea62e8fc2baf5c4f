#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Which words may come next in a runtime command: pure.
namespace hitless::ctl {

/// A command as HAProxy's `help` shows it: {"show", "servers", "state", "[<backend>]"}.
using CommandPattern = std::vector<std::string>;

/// The patterns in the answer to `help`.
[[nodiscard]] std::vector<CommandPattern> parse_help(std::string_view answer);

/// What servers and backends are called.
struct ProxyNames {
    std::vector<std::string> backends;
    std::vector<std::string> servers; ///< BACKEND/SERVER
};

/// True for a name of those signs that HAProxy allows: it needs no quotes in any shell.
[[nodiscard]] bool is_plain_name(std::string_view name);

/// BACKEND/SERVER in two steps: the backends, each with a slash, then the servers of one.
[[nodiscard]] std::vector<std::string> complete_server(const ProxyNames& names,
                                                       std::string_view word);

/// The words that begin as the last one of `before`, the line up to the cursor, does, and that may
/// stand there; sorted. One that ends in a slash isn't whole yet.
[[nodiscard]] std::vector<std::string> complete_command(std::span<const CommandPattern> patterns,
                                                        const ProxyNames& names,
                                                        std::string_view before);

/// What all words begin with.
[[nodiscard]] std::string common_start(std::span<const std::string> words);

/// The words one below the other in as many columns as there is room for, as lines. Control
/// characters are spelled out.
[[nodiscard]] std::string in_columns(std::span<const std::string> words, std::size_t width);

/// The commands between `;`, without blanks and without empty ones. HAProxy takes an escaped `\;`
/// for a sign of a word.
[[nodiscard]] std::vector<std::string> split_batch(std::string_view line);

} // namespace hitless::ctl
