#include "http/hosts.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace hitless::http {
namespace {

namespace ip = boost::asio::ip;

bool is_ipv6(std::string_view text) {
    boost::system::error_code error;
    (void)ip::make_address_v6(std::string(text), error);
    return !error && text.find('%') == std::string_view::npos;
}

bool is_ipv4(std::string_view text) {
    boost::system::error_code error;
    (void)ip::make_address_v4(std::string(text), error);
    return !error;
}

/// Nothing, or a colon and a port.
bool is_port_part(std::string_view text) {
    return text.empty() || (text.front() == ':' && base::parse_port(text.substr(1)));
}

} // namespace

Hosts::Hosts(const std::vector<std::string>& names) {
    for (const std::string& name : names)
        names_.push_back(boost::algorithm::to_lower_copy(name));
}

bool Hosts::allows(std::string_view host) const {
    constexpr std::size_t longest = 300; // a name has 253 characters at most
    if (host.empty() || host.size() > longest)
        return false;
    if (host.front() == '[') {
        const std::size_t end = host.find(']');
        return end != std::string_view::npos && is_ipv6(host.substr(1, end - 1)) &&
               is_port_part(host.substr(end + 1));
    }
    const std::size_t colon = std::min(host.find(':'), host.size());
    if (!is_port_part(host.substr(colon)))
        return false;
    std::string name = boost::algorithm::to_lower_copy(std::string(host.substr(0, colon)));
    if (name.ends_with('.')) // which says that it is a whole name
        name.pop_back();
    return name == "localhost" || is_ipv4(name) || std::ranges::find(names_, name) != names_.end();
}

} // namespace hitless::http
