#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/look_up.hpp"

#include <span>
#include <string>
#include <vector>

/// The DNS and the network's interfaces.
namespace hitless::confd {

/// The records of that name, by priority; those of the same priority by falling weight. Waits for
/// the answer.
Result<std::vector<ServiceRecord>> look_up_srv(const std::string& name);

/// The same of a DNS message (RFC 1035, section 4).
Result<std::vector<ServiceRecord>> parse_srv_answer(std::span<const unsigned char> answer);

/// The addresses of an answer as Go prints them, sorted as text.
std::vector<std::string> sorted_addresses(const Answer& answer);

/// The first address of a network interface; family is AF_INET or AF_INET6.
Result<std::string> interface_address(const std::string& interface, int family);

} // namespace hitless::confd
