#pragma once

#include "hitless/base/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::haproxy {

/// One option of a `server` or `default-server` line: the keyword and its arguments.
struct ServerOption {
    std::string keyword;
    std::vector<std::string> arguments;

    friend bool operator==(const ServerOption&, const ServerOption&) = default;
};

/// What is known of a server keyword (configuration.txt, 5.2, and the keyword tables of each
/// version's source).
struct ServerKeyword {
    std::string_view name;
    int arguments = 0; ///< -1: a list of its own rules (`source`)
    /// The first version whose `add server` takes it, as 100 × major + minor (206 is 2.6); 0: none.
    int dynamic_since = 0;
    /// It has a meaning at start only; leaving it out of `add server` loses nothing.
    bool start_only = false;
    std::string_view group;      ///< keywords of a group replace each other; empty: only itself
    std::string_view takes_away; ///< all it does is to take this keyword's effect away (`no-check`)
};

/// The keyword, or nullptr when no version from 2.0 to 3.4 has it.
[[nodiscard]] const ServerKeyword* find_server_keyword(std::string_view name);

/// True for a word that a `server` line may have as an option: "check",
/// "set-proxy-v2-tlv-fmt(0x20)".
[[nodiscard]] bool is_server_keyword(std::string_view word);

/// How many of `words`, which follow `keyword`, are its arguments; an error when one is missing.
Result<std::size_t> count_arguments(const ServerKeyword& keyword,
                                    std::span<const std::string> words);

/// Options in effect, in order, each at most once: the last word said wins, `no-X` takes X away,
/// and `proxy-v2-options` and `source` add to what was said before. Two are equal when they have
/// the same options in any order.
class ServerOptions {
  public:
    /// Adds the options in `words` (those of a line after its address, or after `default-server`).
    /// Unknown keywords are taken as having no argument and remembered. An argument that is missing
    /// is an error.
    Result<void> merge(std::span<const std::string> words);

    [[nodiscard]] const std::vector<ServerOption>& all() const { return options_; }
    [[nodiscard]] const ServerOption* find(std::string_view keyword) const;
    [[nodiscard]] bool has(std::string_view keyword) const { return find(keyword) != nullptr; }
    /// The keyword's only argument, or "" when it isn't there.
    [[nodiscard]] std::string_view argument(std::string_view keyword) const;
    /// Takes the option away.
    void erase(std::string_view keyword);

    friend bool operator==(const ServerOptions& a, const ServerOptions& b);

  private:
    void put(ServerOption option, std::string_view group);

    std::vector<ServerOption> options_;
};

} // namespace hitless::haproxy
