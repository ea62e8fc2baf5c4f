#pragma once

#include "hitless/registration/registration.hpp"

#include <string>
#include <string_view>

namespace hitless::registration {

struct HostPort {
    std::string host; ///< a name or an IP address, without brackets
    int port = 0;
};

/// A part of a key or a value. The Error, as in "it holds …", says what hitlessd would leave it out
/// for, or what somebody else would take for a line break.
Result<void> check_text(std::string_view text);

/// A whole key, as in /app/servers/web1.
Result<void> check_key(const std::string& key);

/// The same for a whole value: also for the texts within it, if it is JSON.
Result<void> check_value(std::string_view value);

/// "10.0.0.7:8080", "[::1]:8080", "name:8080".
Result<HostPort> parse_host_port(std::string_view text);

/// "10.0.0.7:8080", of a value that is an address or has one as -json makes it; empty: of any
/// other.
[[nodiscard]] std::string address_in(std::string_view value);

/// True when the value can only be told when the machine's address is known.
[[nodiscard]] bool needs_address(const Content& content);

/// The value of the key. `address` is used when needs_address().
Result<std::string> make_value(const Content& content, const std::string& address);

} // namespace hitless::registration
