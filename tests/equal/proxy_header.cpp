#include "equal/proxy_header.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <vector>

namespace hitless::test {
namespace {

constexpr std::string_view first_version = "PROXY ";
constexpr std::string_view second_version = {"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t fixed_size = 16; // of a header of version 2

unsigned number(std::string_view data, std::size_t at) {
    return static_cast<std::uint8_t>(data[at]);
}

/// Each of the clients has an address of its own, from 127.0.0.10 on (observation.cpp).
std::string source_in_words(std::string_view address) {
    return address.size() > 9 && address.starts_with("127.0.0.") ? "a client"
                                                                 : std::string(address);
}

std::optional<ProxyHeader> parse_first(std::string_view data) {
    const std::size_t end = data.find("\r\n");
    if (end == std::string_view::npos)
        return std::nullopt;
    std::istringstream words(std::string(data.substr(first_version.size(), end)));
    std::string family;
    std::string source;
    words >> family >> source;
    return ProxyHeader{end + 2, family == "UNKNOWN" ? "PROXY UNKNOWN"
                                                    : fmt::format("PROXY {} from {}", family,
                                                                  source_in_words(source))};
}

/// The types of the TLVs, those of TLS with what is in them.
std::string tlv_types(std::string_view data) {
    std::vector<std::string> types;
    while (data.size() >= 3) {
        const std::size_t size = 256 * number(data, 1) + number(data, 2);
        const std::string_view value = data.substr(3, size);
        // ALPN and authority are texts of the connection; a checksum or an id is another each time.
        const bool is_text = number(data, 0) == 1 || number(data, 0) == 2;
        types.push_back(is_text ? fmt::format("{:02x}={}", number(data, 0), value)
                                : fmt::format("{:02x}", number(data, 0)));
        data.remove_prefix(std::min(data.size(), 3 + size));
    }
    return types.empty() ? "" : fmt::format(" tlv={}", fmt::join(types, ","));
}

std::optional<ProxyHeader> parse_second(std::string_view data) {
    if (data.size() < fixed_size)
        return std::nullopt;
    const std::size_t size = fixed_size + 256 * number(data, 14) + number(data, 15);
    if (data.size() < size)
        return std::nullopt;
    if ((number(data, 12) & 0x0f) == 0)
        return ProxyHeader{size,
                           "PROXYv2 LOCAL" + tlv_types(data.substr(fixed_size, size - fixed_size))};
    const unsigned family = number(data, 13);
    const bool v4 = family == 0x11;
    if (!v4 && family != 0x21)
        return ProxyHeader{size, fmt::format("PROXYv2 family={:02x}", family)};
    const std::size_t addresses = v4 ? 12 : 36;
    const std::string_view rest = data.substr(fixed_size, size - fixed_size);
    const std::string source = v4 ? fmt::format("{}.{}.{}.{}", number(rest, 0), number(rest, 1),
                                                number(rest, 2), number(rest, 3))
                                  : "an address";
    return ProxyHeader{size,
                       fmt::format("PROXYv2 {} from {}{}", v4 ? "TCP4" : "TCP6",
                                   source_in_words(source), tlv_types(rest.substr(addresses)))};
}

bool begins(std::string_view data, std::string_view with) {
    return data.substr(0, with.size()) == with.substr(0, data.size());
}

} // namespace

bool may_be_proxy_header(std::string_view data) {
    return begins(data, first_version) || begins(data, second_version);
}

std::optional<ProxyHeader> parse_proxy_header(std::string_view data) {
    return data.starts_with('P') ? parse_first(data) : parse_second(data);
}

} // namespace hitless::test
