#pragma once

#include "equal/backend_servers.hpp"

#include <limits>
#include <map>
#include <string>
#include <vector>

namespace hitless::test {

/// What Hitless is asked to bring a running HAProxy to, and what is expected of it.
///
/// In all texts `@1@` is the address of the first of the BackendServers, `@P1@` its port, `@A1@`
/// its agent's port, `@N1@` its number, and so on; `@X@` is an address that no server of the
/// backend has, with a server that is like the others, `@PX@` its port; `@CERT@` is a PEM file with
/// a certificate and a key, `@DIR@` HAProxy's directory.
struct Scenario {
    /// The servers of the backend `app`: name → the words after it.
    using Servers = std::map<std::string, std::string>;

    std::string name; ///< letters, digits and "_"

    std::string global = {};   ///< lines, as below, each with its end
    std::string defaults = {}; ///< beside timeouts and `mode http`
    std::string frontend = {};
    std::string balance = "roundrobin"; ///< 3.4's own choice is by chance
    std::string backend = {};
    std::string more = {}; ///< sections after the backend's

    /// What HAProxy is started with, then what it is to be brought to, one after the other.
    std::vector<Servers> steps = {};

    std::string agent = "up"; ///< what agents answer
    bool by_key = false;      ///< the balance sends what is alike to one server
    bool keys_move = false;   ///< but not always to the one that a fresh process has for it
    bool random = false;      ///< the spread is by chance
    std::string cookie = {};  ///< the name of the cookie that holds clients
    int parallel = 0;         ///< so many requests at once, to see limits; 0: none

    static constexpr int never = std::numeric_limits<int>::max();
    /// From this version on (206 is 2.6) it is done live; before, a reload with its reason.
    int live_from = 206;
    bool may_reload = false; ///< a reload is as good in all versions
    /// A server is to be replaced by one that doesn't come up: Hitless keeps the old one, and says
    /// what it waits for.
    bool waits = false;
    int since = 0;     ///< older versions don't know what is in it
    int until = never; ///< nor do versions from this one on

    /// Why it is known to be not as expected, where that is so; the version that it is known
    /// from, and the first in which it isn't any more.
    std::string known = {};
    int known_from = 0;
    int known_until = never;

    [[nodiscard]] bool is_known(int version) const {
        return !known.empty() && version >= known_from && version < known_until;
    }
};

/// The configuration file with these servers; `@DIR@` stays for the HaproxyServer to fill in.
[[nodiscard]] std::string configuration(const Scenario& scenario, const Scenario::Servers& servers,
                                        const BackendServers& backends, std::uint16_t port);

/// `text` with the placeholders but `@DIR@` filled in.
[[nodiscard]] std::string filled(std::string text, const BackendServers& backends);

/// Says of those that aren't live in all versions from 2.6 on what is expected (expected.cpp).
void set_expected(std::vector<Scenario>& scenarios);

/// True when it needs TLS, and HAProxy was built without.
[[nodiscard]] bool lacks_tls(const Scenario& scenario);

/// True when the name is that of `pattern`, which may end with `*`.
[[nodiscard]] inline bool is_named(const Scenario& scenario, std::string_view pattern) {
    return pattern.ends_with('*') ? scenario.name.starts_with(pattern.substr(0, pattern.size() - 1))
                                  : scenario.name == pattern;
}

/// Marks those that are known to be not as expected (known.txt).
void mark_known(std::vector<Scenario>& scenarios);

/// All of them (ways.cpp).
[[nodiscard]] std::vector<Scenario> all_scenarios();

} // namespace hitless::test
