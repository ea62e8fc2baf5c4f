#pragma once

#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/server.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::plan {

/// The one option of a running server whose options nobody knows. No line has it, so that such a
/// server is replaced.
inline constexpr std::string_view options_not_known = "(not known)";

/// What it takes to bring a running server to the wanted options.
struct OptionChanges {
    bool maxconn = false;   ///< its limit of connections is to be set
    bool check_on = false;  ///< its check is to run again, which HAProxy has and doesn't run
    bool check_off = false; ///< its check is to stop
    bool agent_on = false;  ///< the same for its agent
    bool agent_off = false;
    /// What can't be changed in a server, so that a new one must take its place: "inter 2s → 1s",
    /// "port"…
    std::vector<std::string> replace;
};

/// `options` with the server's limits of connections.
haproxy::ServerOptions with_limits_of(const haproxy::Server& server,
                                      haproxy::ServerOptions options);

OptionChanges compare_options(const haproxy::Server& wanted, const haproxy::RunningServer& running);

} // namespace hitless::plan
