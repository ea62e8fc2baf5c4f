#include "registration/address.hpp"

#include "hitless/base/text.hpp"

#include "etcd/node.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <netinet/in.h>
#include <system_error>

namespace hitless::registration {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;

/// Connecting a UDP socket sends nothing, but has the kernel choose the route and the address.
Result<std::string> local_address(const asio::any_io_executor& executor,
                                  const udp::endpoint& remote) {
    boost::system::error_code error;
    udp::socket socket(executor);
    socket.connect(remote, error);
    const auto local = error ? udp::endpoint() : socket.local_endpoint(error);
    if (error)
        return fail("{}", error.message());
    return local.address().to_string();
}

std::string text_of(const sockaddr* address) {
    if (address->sa_family == AF_INET) {
        in_addr ip = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
        return asio::ip::address_v4(ntohl(ip.s_addr)).to_string();
    }
    asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr,
                bytes.size());
    const asio::ip::address_v6 ip(bytes);
    return ip.is_link_local() ? "" : ip.to_string();
}

} // namespace

asio::awaitable<Result<std::string>> address_towards(etcd::Settings settings) {
    const auto nodes = etcd::nodes_of(settings);
    if (!nodes)
        co_return nodes.error();
    const auto executor = co_await asio::this_coro::executor;
    std::string troubles;
    for (const etcd::Node& node : *nodes) {
        udp::resolver resolver(executor);
        const auto [unknown, found] = co_await resolver.async_resolve(
            node.host, std::to_string(node.port), asio::as_tuple(asio::use_awaitable));
        std::string why = unknown ? unknown.message() : "";
        for (const auto& entry : found) {
            auto address = local_address(executor, entry.endpoint());
            if (address)
                co_return address;
            why = address.error().message;
        }
        troubles += fmt::format("{}{}: {}", troubles.empty() ? "" : "; ", node.host, why);
    }
    co_return fail("can't find this machine's address on the route to etcd ({}); --value or "
                   "--interface tells it",
                   troubles);
}

Result<std::string> address_of_interface(const std::string& name) {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0)
        return fail("can't list this machine's addresses: {}",
                    std::generic_category().message(errno));
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(all, ::freeifaddrs);
    bool exists = false;
    for (const int family : {AF_INET, AF_INET6}) {
        for (const ifaddrs* entry = all; entry != nullptr; entry = entry->ifa_next) {
            if (entry->ifa_name != name)
                continue;
            exists = true;
            if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != family)
                continue;
            if (std::string address = text_of(entry->ifa_addr); !address.empty())
                return address;
        }
    }
    return fail("the interface '{}' {}", base::printable(name, 40),
                exists ? "has no address" : "isn't there");
}

} // namespace hitless::registration
