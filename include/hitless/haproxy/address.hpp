#pragma once

#include "hitless/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hitless::haproxy {

/// Where a server listens, as its line says it.
struct Address {
    enum class Kind {
        ip,    ///< host is an IPv4 or IPv6 address in its shortest spelling
        name,  ///< host is a name to resolve
        other, ///< a Unix socket, a port offset, an environment variable…: only HAProxy can tell
    };
    /// Which addresses of a name HAProxy takes: "ipv4@" and "ipv6@" before it say so.
    enum class Family { any, ipv4, ipv6 };

    Kind kind = Kind::ip;
    Family family = Family::any; ///< of a name
    std::string host;
    std::uint16_t port = 0; ///< 0: none given, HAProxy uses the client's
    std::string text;       ///< as written

    friend bool operator==(const Address& a, const Address& b) {
        return a.kind == b.kind && a.family == b.family && a.host == b.host && a.port == b.port &&
               (a.kind != Kind::other || a.text == b.text);
    }
};

/// Parses the address of a `server` line (configuration.txt, 5.1 and "Address formats"). The error
/// says what is wrong with the text and what an address looks like.
Result<Address> parse_address(std::string_view text);

/// host and port in the form `add server` takes: "10.0.0.1:80", "[::1]:80".
[[nodiscard]] std::string to_string(const Address& address);

} // namespace hitless::haproxy
