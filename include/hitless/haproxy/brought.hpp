#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Judges lines of a configuration that were made in part from values that nobody has checked: each
/// value has brought some bytes of the line.
namespace hitless::haproxy {

/// The bytes of a line from `begin` up to `end` that one value brought. They may be none: the value
/// was empty.
struct Brought {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint32_t source = 0; ///< the same number for the same source

    friend bool operator==(const Brought&, const Brought&) = default;
};

/// What values may bring to a line.
struct LineRules {
    bool trusted = false;  ///< they may bring whatever stays within the line
    bool one_word = false; ///< no value brings a blank
    /// Lines that are in effect for this one say how TLS protects its servers: a value may not take
    /// that away.
    bool protects_tls = false;
};

/// What a value did to a line that no value may do.
struct LineFlaw {
    Brought where; ///< the bytes to blame
    std::string why;
};

/// What is wrong with what values brought to `line`, the words of which are HAProxy's
/// (configuration.txt, 2.2); nothing when all is well. Takes time in proportion to the line. Pure;
/// `brought` is in the order of the begins. A value may not
/// - change the quoting of what the template wrote, nor begin a comment;
/// - bring an environment variable;
/// - begin a section, a condition (.if) or a scope;
/// - on a `server`, `server-template`, `peer` or `default-server` line, bring options that reach
///   beyond the server (haproxy/reach.hpp), end the line by an empty word, or take the next word of
///   somebody else for an option's argument;
/// - on other lines, unless the value is the whole line, bring an acl's flag (-f, -m, …), an
///   expression (%[…]), or words that change the template's condition.
[[nodiscard]] std::vector<LineFlaw>
flaws_of_line(std::string_view line, std::span<const Brought> brought, const LineRules& rules);

/// True when the line has words of the template's own that say how TLS protects a server.
[[nodiscard]] bool says_tls(std::string_view line, std::span<const Brought> brought);

} // namespace hitless::haproxy
