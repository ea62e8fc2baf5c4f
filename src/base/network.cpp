#include "base/network.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <netinet/in.h>
#include <system_error>

namespace hitless::base {

namespace ip = boost::asio::ip;

std::string host_port(std::string_view host, unsigned port) {
    const bool is_v6 = host.find(':') != std::string_view::npos;
    return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0)
        return std::nullopt;
    return port;
}

ip::address address_of(const sockaddr* address) {
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        return ip::address_v4(ntohl(v4.sin_addr.s_addr));
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return ip::address_v6(bytes);
}

Result<std::optional<std::vector<ip::address>>> interface_addresses(const std::string& interface) {
    ifaddrs* found = nullptr;
    if (::getifaddrs(&found) != 0)
        return fail("can't list the network interfaces: {}",
                    std::generic_category().message(errno));
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(found, ::freeifaddrs);
    std::optional<std::vector<ip::address>> addresses;
    for (const ifaddrs* entry = found; entry != nullptr; entry = entry->ifa_next) {
        if (interface != entry->ifa_name)
            continue;
        if (!addresses)
            addresses.emplace();
        const sockaddr* const address = entry->ifa_addr;
        if (address != nullptr && (address->sa_family == AF_INET || address->sa_family == AF_INET6))
            addresses->push_back(address_of(address));
    }
    return addresses;
}

} // namespace hitless::base
