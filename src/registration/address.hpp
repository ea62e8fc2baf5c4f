#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/settings.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

/// Finding the address under which others reach this machine.
namespace hitless::registration {

/// The address that packets to etcd leave from, by the first node that has a route.
boost::asio::awaitable<Result<std::string>> address_towards(etcd::Settings settings);

/// The interface's address: IPv4 if it has one, otherwise an IPv6 one that isn't link-local.
Result<std::string> address_of_interface(const std::string& name);

} // namespace hitless::registration
