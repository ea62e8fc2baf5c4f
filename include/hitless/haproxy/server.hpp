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
    /// The line, or a `default-server` line, uses environment variables: what they stand for is
    /// HAProxy's to know. `weight` and `disabled` are then left at their defaults, and the words
    /// for them among the options.
    bool environment = false;

    friend bool operator==(const Server&, const Server&) = default;
};

/// The longest server name Hitless accepts, in bytes. HAProxy has no limit of its own, but a name
/// comes back in logs, statistics and one-line commands.
inline constexpr std::size_t max_server_name = 255;

/// The servers of one backend. What its `default-server` lines say is worked out once.
class BackendServers {
  public:
    /// The sections must outlive this object.
    BackendServers(const Config& config, const Section& backend);

    /// The server of one of the backend's lines. The error says what is wrong with the line; it has
    /// neither its number nor its backend.
    [[nodiscard]] Result<Server> get(const ServerLine& line) const;

  private:
    /// The options in effect after a `default-server` line.
    struct Stage {
        int line_number = 0;
        ServerOptions options;
        bool environment = false;
        std::string error; ///< what is wrong with the line, or empty
    };
    void merge(const Section& section, int number_of_inherited);

    std::vector<Stage> stages_;
};

/// True for the name of a server or backend: letters, digits and . : _ - only (configuration.txt,
/// "server", "backend").
[[nodiscard]] bool is_name(std::string_view text);

/// The server of one line, options in effect included. The error says what is wrong with the line;
/// it has neither its number nor its backend.
Result<Server> effective_server(const Config& config, const Section& backend,
                                const ServerLine& line);

/// True when a running server with the options `a` is as one with the options `b`: options that
/// have a meaning only when HAProxy starts make no difference.
[[nodiscard]] bool same_at_runtime(const ServerOptions& a, const ServerOptions& b);

/// How many connections a server may have; 0: no limit. The limit in force rises from `minconn` to
/// `maxconn` with the load of the backend.
struct Limits {
    long minconn = 0;
    long maxconn = 0;

    friend bool operator==(const Limits&, const Limits&) = default;
};

/// The limits that HAProxy makes of `minconn` and `maxconn`: one that is said alone counts for
/// both, and `minconn` for `maxconn` where it is higher (srv_minmax_conn_apply).
[[nodiscard]] Limits limits_of(const ServerOptions& options);

/// Those of the server's options that no HAProxy from 2.0 to 3.4 has.
[[nodiscard]] std::vector<std::string> unknown_options(const Server& server);

} // namespace hitless::haproxy
