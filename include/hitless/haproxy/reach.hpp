#pragma once

#include "hitless/haproxy/words.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

/// What may not come from whoever may write a key: words of a `server` line that reach beyond that
/// server.
namespace hitless::haproxy {

/// Why the server option `keyword`, with these arguments, reaches beyond its server, as the rest of
/// a sentence ("sends bytes of its choice to the agent"); nullopt when it doesn't. An option
/// reaches beyond its server when it can make HAProxy send chosen bytes, read a file or its
/// environment, reveal something of other requests, act under another address or name, or tie other
/// servers to this one. docs/security.md has the list for users.
[[nodiscard]] std::optional<std::string> reach_of_option(std::string_view keyword,
                                                         std::span<const std::string> arguments);

/// The same for an address: Unix sockets and file descriptors can be HAProxy's own.
[[nodiscard]] std::optional<std::string> reach_of_address(std::string_view address);

/// A word, or a keyword with its arguments, that reaches beyond its server.
struct Reach {
    std::size_t first = 0; ///< the place of the keyword, or of the address, among the words
    std::size_t count = 1; ///< so many words belong to it
    std::string why;
};

/// All such of a line whose options begin at the word `first`: 3 on a `server` line, whose address
/// is before them, 1 on a `default-server` line. Whether a word comes from a key is for the caller
/// to see.
[[nodiscard]] std::vector<Reach> reaches_of(std::span<const Word> words, std::size_t first = 3);

} // namespace hitless::haproxy
