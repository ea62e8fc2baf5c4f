#pragma once

#include "hitless/base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Questions to the DNS. Each waits for its answer, as in confd.
namespace hitless::confd {

/// A record of type SRV (RFC 2782).
struct ServiceRecord {
    std::string target; ///< ends in a dot, as in Go
    std::uint16_t port = 0;
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
};

/// The records of that name, by priority; those of the same priority by falling weight.
Result<std::vector<ServiceRecord>> look_up_srv(const std::string& name);

/// The same of a DNS message (RFC 1035, section 4).
Result<std::vector<ServiceRecord>> parse_srv_answer(std::span<const unsigned char> answer);

/// The addresses of a host, sorted as text; none when it has none or can't be asked for.
std::vector<std::string> look_up_addresses(const std::string& host);

/// The first address of a network interface; family is AF_INET or AF_INET6.
Result<std::string> interface_address(const std::string& interface, int family);

} // namespace hitless::confd
