#pragma once

#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/server.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::plan {

/// Stands, as an option, for those of a server of which nobody knows the options.
inline constexpr std::string_view options_not_known = "(not known)";

/// What it takes to bring a running server to the wanted options.
struct OptionChanges {
    bool maxconn = false;   ///< another limit of connections, which can be set
    bool check_on = false;  ///< its checks are there and off
    bool check_off = false; ///< its checks are to stop
    bool agent_on = false;  ///< as check_on, of the agent
    bool agent_off = false; ///< as check_off, of the agent
    /// What only a new server in its place can have: "inter 2s → 1s", "port"…; empty: nothing.
    std::vector<std::string> replace;
};

/// `options` with the server's limits of connections.
haproxy::ServerOptions with_limits_of(const haproxy::Server& server,
                                      haproxy::ServerOptions options);

OptionChanges compare_options(const haproxy::Server& wanted, const haproxy::RunningServer& running);

} // namespace hitless::plan
