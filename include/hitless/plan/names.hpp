#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/plan/difference.hpp"

#include <span>
#include <string>
#include <vector>

namespace hitless::plan {

/// A server whose line has a host name that must be looked up before the server is planned.
struct NamedServer {
    ServerId server;
    std::string name;
};

/// Those of the servers whose lines have a host name. Servers with `resolvers` are left out:
/// HAProxy looks their names up itself.
std::vector<NamedServer> servers_with_names(const haproxy::Config& wanted,
                                            std::span<const ServerId> servers);

} // namespace hitless::plan
