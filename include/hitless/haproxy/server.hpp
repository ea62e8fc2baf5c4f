#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/address.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/server_options.hpp"

#include <string>
#include <vector>

namespace hitless::haproxy {

/// A server as the configuration wants it, with everything that is in effect for it: what
/// `default-server` lines of its defaults section and of its backend say, then its own line.
struct Server {
    std::string name;
    Address address;
    int weight = 1;        ///< 0 to 256
    bool disabled = false; ///< starts in maintenance
    ServerOptions options; ///< all others

    friend bool operator==(const Server&, const Server&) = default;
};

/// The longest server name Hitless accepts, in bytes. HAProxy has no limit of its own, but a name
/// comes back in logs, statistics and one-line commands.
inline constexpr std::size_t max_server_name = 255;

/// The server of one line, options in effect included. The error says what is wrong with the line;
/// it has neither its number nor its backend.
Result<Server> effective_server(const Config& config, const Section& backend,
                                const ServerLine& line);

/// Those of the server's options that no HAProxy from 2.0 to 3.4 has.
[[nodiscard]] std::vector<std::string> unknown_options(const Server& server);

} // namespace hitless::haproxy
