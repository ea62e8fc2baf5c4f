#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::etcd {

/// One etcd server to talk to.
struct Node {
    bool secure = false; ///< https
    std::string host;    ///< a name or an IP address, without brackets
    std::uint16_t port = 2379;

    /// For the Host header and for messages: "host:port", IPv6 in brackets.
    [[nodiscard]] std::string authority() const;
    /// "http://host:port"
    [[nodiscard]] std::string url() const;

    friend bool operator==(const Node&, const Node&) = default;
};

/// "http://10.0.0.1:2379", "[::1]:2379", "etcd.example.com" (with `scheme`; port 2379 when none is
/// given).
Result<Node> parse_node(std::string_view text, std::string_view scheme);

/// The nodes of the settings, each once; 127.0.0.1:2379 when there are none, as in confd.
Result<std::vector<Node>> nodes_of(const Settings& settings);

} // namespace hitless::etcd
