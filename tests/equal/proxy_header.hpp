#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hitless::test {

/// A PROXY header at the start of a connection (proxy-protocol.txt).
struct ProxyHeader {
    std::size_t size = 0; ///< in bytes
    /// What it says but for ports: "PROXY TCP4 from 127.0.0.1", "PROXYv2 LOCAL",
    /// "PROXYv2 TCP4 from a client tlv=01=h2,05".
    std::string text;
};

/// True when `data` may be the beginning of one.
[[nodiscard]] bool may_be_proxy_header(std::string_view data);

/// The header that `data` begins with; nullopt when it isn't all there.
[[nodiscard]] std::optional<ProxyHeader> parse_proxy_header(std::string_view data);

} // namespace hitless::test
