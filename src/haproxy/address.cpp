#include "hitless/haproxy/address.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace hitless::haproxy {
namespace {

Error bad(std::string_view text, std::string_view why) {
    return fail(
        "'{}' is not an address: {}; write it as 10.0.0.1:8080, [2001:db8::1]:8080 or name:8080",
        base::printable(text, 80), why);
}

bool is_host_name(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    // "10.0.0", "300.1.1.1", "0x0": the C library takes such names for addresses.
    const auto is_number = [](std::string_view part) {
        const bool is_hexadecimal = part.starts_with("0x") || part.starts_with("0X");
        return part.find_first_not_of(is_hexadecimal ? "0123456789abcdefABCDEFxX" : "0123456789") ==
               std::string_view::npos;
    };
    const bool all_digits = std::ranges::all_of(base::split(text, '.'), is_number);
    return !text.empty() && text.size() <= 253 && text.front() != '-' && !all_digits &&
           std::ranges::all_of(text, allowed);
}

/// Separates "host:port"; the port is empty when there is none, and has its colon otherwise.
std::pair<std::string_view, std::string_view> split_port(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close != std::string_view::npos)
            return {text.substr(1, close - 1), text.substr(close + 1)};
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return {text, {}};
    return {text.substr(0, colon), text.substr(colon)};
}

/// Takes a prefix off that says no more than "an IP address" (configuration.txt, 11 "Address
/// formats").
Address::Family take_family(std::string_view& text) {
    using Family = Address::Family;
    constexpr std::array<std::pair<std::string_view, Family>, 6> prefixes = {{
        {"ipv4@", Family::ipv4},
        {"ipv6@", Family::ipv6},
        {"ip@", Family::any},
        {"tcp4@", Family::ipv4},
        {"tcp6@", Family::ipv6},
        {"tcp@", Family::any},
    }};
    for (const auto& [prefix, family] : prefixes) {
        if (text.starts_with(prefix)) {
            text.remove_prefix(prefix.size());
            return family;
        }
    }
    return Family::any;
}

bool only_haproxy_knows(std::string_view text) {
    constexpr std::array<std::string_view, 22> prefixes = {
        "/",       "unix@",   "uxst@",     "uxdg@",   "abns@",  "abnsz@", "fd@",   "rhttp@",
        "rev@",    "quic4@",  "quic6@",    "quic@",   "udp@",   "udp4@",  "udp6@", "mptcp@",
        "mptcp4@", "mptcp6@", "sockpair@", "stream+", "dgram+", "quic+"};
    return text.find('$') != std::string_view::npos ||
           std::ranges::any_of(prefixes, [&](auto prefix) { return text.starts_with(prefix); });
}

/// "+100", "-5": the client's port moved by so much.
bool is_offset(std::string_view port) {
    return port.size() > 1 && port.size() < 7 && (port.front() == '+' || port.front() == '-') &&
           std::ranges::all_of(port.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

Address other(std::string_view text) {
    Address address;
    address.kind = Address::Kind::other;
    address.text = text;
    return address;
}

} // namespace

Result<Address> parse_address(std::string_view text) {
    if (text.empty())
        return bad(text, "it is empty");
    if (only_haproxy_knows(text))
        return other(text);
    Address address;
    address.text = text;
    std::string_view rest = text;
    const auto family = take_family(rest);
    const auto [host, port] = split_port(rest);
    if (!port.empty()) {
        if (port.front() == ':' && is_offset(port.substr(1)))
            return other(text);
        const auto number = port.front() == ':' ? base::parse_port(port.substr(1)) : std::nullopt;
        if (!number)
            return bad(text, "the port must be a number from 1 to 65535");
        address.port = *number;
    }
    boost::system::error_code error;
    const auto ip = boost::asio::ip::make_address(host == "*" ? "0.0.0.0" : host, error);
    if (!error && host.find('%') == std::string_view::npos) { // HAProxy takes no "%eth0"
        address.host = ip.to_string();
        return address;
    }
    if (!is_host_name(host))
        return bad(text, "the host is neither an IP address nor a name");
    address.kind = Address::Kind::name;
    address.family = family;
    address.host = host;
    return address;
}

std::string to_string(const Address& address) {
    if (address.kind == Address::Kind::other)
        return address.text;
    const bool ipv6 = address.host.find(':') != std::string::npos;
    const std::string host = ipv6 ? "[" + address.host + "]" : address.host;
    return address.port == 0 ? host : fmt::format("{}:{}", host, address.port);
}

} // namespace hitless::haproxy
