#pragma once

#include "hitless/base/result.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace hitless::base {

/// "host:port", with brackets around an IPv6 address, as in URLs.
[[nodiscard]] std::string host_port(std::string_view host, unsigned port);

/// A port as it stands behind a host: digits and nothing else; nullopt unless it is 1 to 65535.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text);

/// An IPv4 or IPv6 address without port and zone.
[[nodiscard]] boost::asio::ip::address address_of(const sockaddr* address);

/// The IPv4 and IPv6 addresses of a network interface, in the kernel's order; nullopt when there is
/// no such interface. An Error: the interfaces can't be listed.
Result<std::optional<std::vector<boost::asio::ip::address>>>
interface_addresses(const std::string& interface);

} // namespace hitless::base
