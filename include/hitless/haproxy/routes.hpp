#pragma once

#include "hitless/haproxy/config.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::haproxy {

/// A line of a frontend that leads requests to a backend, or may. The views point into the
/// configuration.
struct Route {
    std::string_view frontend;
    int line = 0; ///< in the configuration, from 1; 0: it is a listen, its own backend
    std::string_view text;
    bool is_default = false;    ///< it is for requests that no other line leads elsewhere
    bool is_by_request = false; ///< it names no backend: an expression does for each request
    std::vector<std::string> maps = {}; ///< files of maps that this expression takes the name from
};

/// How requests come to the backend, in the order of the lines: by `default_backend` and
/// `use_backend` of frontends and listens, also those of their defaults. Without conditions, which
/// only HAProxy knows. None: nothing leads to it.
[[nodiscard]] std::vector<Route> routes_to(const Config& config, std::string_view backend);

/// The files of maps, as HAProxy calls them, whose values are names of backends: a `use_backend`
/// takes the name from there, or from a variable that one of these maps has set.
[[nodiscard]] std::set<std::string> maps_of_backends(const Config& config);

/// The frontends and listens that the configuration itself starts disabled.
[[nodiscard]] std::set<std::string> disabled_frontends(const Config& config);

} // namespace hitless::haproxy
