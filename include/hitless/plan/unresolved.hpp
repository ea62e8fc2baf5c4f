#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/object.hpp"

#include <map>
#include <string>

namespace hitless::plan {

/// A server whose host name has no address where HAProxy would be started. HAProxy refuses a
/// configuration with its line ("could not resolve address"), unless the line's `init-addr` says
/// otherwise.
struct UnresolvedServer {
    std::string name; ///< the host name
    /// Where the running HAProxy has the server, without a port; empty: nowhere.
    std::string address = {};

    friend bool operator==(const UnresolvedServer&, const UnresolvedServer&) = default;
};
using UnresolvedServers = std::map<ServerId, UnresolvedServer>;

/// True when the server has a line with that host name, as its address or in an option.
[[nodiscard]] bool has_name(const haproxy::Config& config, const ServerId& server,
                            const std::string& name);

/// True when an IP address can take the name's place in the line: the name is the server's address,
/// and stands in no option (`addr`). With `resolvers`, HAProxy looks up no address that isn't a
/// name.
[[nodiscard]] bool takes_address(const haproxy::Config& config, const ServerId& server,
                                 const std::string& name);

/// `config` as HAProxy can be started with it while those names have no address: their lines have
/// the addresses in the place of the names. A line is left out when no address is known for it, or
/// can't take the name's place (takes_address()). Servers that have another name by now are left as
/// they are.
[[nodiscard]] haproxy::Config without_names(const haproxy::Config& config,
                                            const UnresolvedServers& servers);

/// Where HAProxy has the server, in its own place or in that of a spare one: an IP address; empty:
/// nowhere, or the server leaves.
[[nodiscard]] std::string running_address(const haproxy::Running& running, const ServerId& server);

/// The IP address that the server's line has, without a port; empty: it has none.
[[nodiscard]] std::string written_address(const haproxy::Config& config, const ServerId& server);

} // namespace hitless::plan
