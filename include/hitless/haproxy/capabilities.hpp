#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/server.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hitless::haproxy {

/// Why the running HAProxy can't take servers of this backend by `add server`, or nullopt when it
/// can: its version, or a load-balancing algorithm that is static (configuration.txt, "balance",
/// "hash-type").
[[nodiscard]] std::optional<std::string> no_dynamic_servers(const Info& info, const Config& config,
                                                            const Section& backend);

/// The word of the `balance` line in effect, as it stands there: "random(2)", "hdr(host)"; empty:
/// there is none, and HAProxy takes its default (roundrobin, and random since 3.3).
[[nodiscard]] std::string balance_of(const Config& config, const Section& backend);

/// The proxy section is disabled: of its lines `disabled` and `enabled`, the last one counts, and
/// those of its defaults where it has none.
[[nodiscard]] bool is_disabled(const Config& config, const Section& section);

/// What the place of a server among the others of its backend decides.
struct OrderMatters {
    /// Where requests go depends on the servers' numbers (`id`): `balance random`, `first`, and
    /// hashes with `hash-type consistent`.
    bool by_id = false;
    bool first = false; ///< `balance first`: the lowest number comes first
    bool keyed = false; ///< a consistent hash: the numbers decide which keys go to which server
    /// Hashes without `hash-type consistent` count the servers in the order of their lines.
    bool by_line = false;
    /// Of several servers with `backup`, the first one that is up takes all requests.
    bool one_backup = false;
};
/// Without a `balance` line, the default of the HAProxy that has the backend decides, if it is
/// given: random since 3.3, roundrobin before.
[[nodiscard]] OrderMatters order_matters(const Config& config, const Section& backend,
                                         const Info* info = nullptr);

/// True when the backend's health checks run a program (`option external-check`).
[[nodiscard]] bool has_external_checks(const Config& config, const Section& backend);
/// Why a server with such a check can't be added.
inline constexpr std::string_view no_external_checks =
    "HAProxy runs no external checks of servers that are added at runtime";

/// True when servers get cookies that are made from their addresses (`cookie … dynamic`), and
/// `add server` has to be followed by `enable dynamic-cookie`.
[[nodiscard]] bool needs_dynamic_cookies(const Info& info, const Config& config,
                                         const Section& backend);

/// True when a fresh process takes a server's agent for one that says "up" until it answers. Since
/// 3.3 it does so only where there is a `default-server` line (srv_settings_cpy); without that, a
/// server is up all the same, but once its check has had it down, it waits for its agent. Servers
/// that are added have to be told (`set server … agent up`).
[[nodiscard]] bool agents_begin_up(const Info& info, const Config& config, const Section& backend);

/// Why `add server` would refuse this server for one of its options, or nullopt.
[[nodiscard]] std::optional<std::string> no_dynamic_option(const Info& info, const Server& server);

/// How this server, if it is added at runtime, will behave otherwise than one of the file, in
/// words; nullopt: it won't. Before 3.0 its HTTP/2 connections are not used again.
[[nodiscard]] std::optional<std::string> inexact_addition(const Info& info, const Server& server);

/// The server with more options, so that `add server` makes of it what a line of the file would.
/// Before 3.0 (and its backports) a dynamic server keeps no idle connections to use again and has
/// no limit of errors to `observe`; before 2.8 one with `maxconn` but no `minconn` may serve
/// nothing. These options are the defaults of servers of the file, so they are right on every
/// version.
[[nodiscard]] Server as_dynamic(const Info& info, Server server);

/// True when the server's weight can be set to any number while it runs; if not, only to 0 and back
/// to the one of the file.
[[nodiscard]] bool has_dynamic_weights(const Config& config, const Section& backend);

/// True when `del server` takes a server that was in the configuration file (`in_file`) or has been
/// added since.
[[nodiscard]] bool can_delete(const Info& info, bool in_file);

} // namespace hitless::haproxy
