#include "registration/address.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"
#include "etcd/node.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

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
    const auto addresses = base::interface_addresses(name);
    if (!addresses)
        return addresses.error();
    if (!*addresses)
        return fail("the interface '{}' isn't there", base::printable(name, 40));
    for (const bool v4 : {true, false}) {
        for (const asio::ip::address& address : **addresses) {
            const bool is_local = address.is_v6() && address.to_v6().is_link_local();
            if (address.is_v4() == v4 && !is_local)
                return address.to_string();
        }
    }
    return fail("the interface '{}' has no address", base::printable(name, 40));
}

} // namespace hitless::registration
