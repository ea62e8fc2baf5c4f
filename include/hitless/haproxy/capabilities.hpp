#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/server.hpp"

#include <optional>
#include <string>

namespace hitless::haproxy {

/// Why the running HAProxy can't take servers of this backend by `add server`, or nullopt when it
/// can: its version, or a load-balancing algorithm that is static (configuration.txt, "balance",
/// "hash-type").
[[nodiscard]] std::optional<std::string> no_dynamic_servers(const Info& info, const Config& config,
                                                            const Section& backend);

/// Why `add server` would refuse this server for one of its options, or nullopt.
[[nodiscard]] std::optional<std::string> no_dynamic_option(const Info& info, const Server& server);

/// True when the server's weight can be set to any number while it runs.
[[nodiscard]] bool has_dynamic_weights(const Config& config, const Section& backend);

} // namespace hitless::haproxy
