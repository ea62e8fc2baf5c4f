#pragma once

#include "equal/scenario.hpp"
#include "support/haproxy_server.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hitless::test {

/// What can be told of a running HAProxy, from its tables, its servers and its clients.
struct Observation {
    /// "stat app/s1 weight" → "5": what must be the same in another one.
    std::map<std::string, std::string> facts;
    /// Numbers that only have to be about the same: requests by server, milliseconds.
    std::map<std::string, int> counts;
    std::map<std::string, int> gaps;
};

/// Waits until checks have come to their results, and looks at all there is. `port` is that of the
/// frontend.
[[nodiscard]] Observation observe(const Scenario& scenario, const HaproxyServer& haproxy,
                                  BackendServers& backends, std::uint16_t port);

/// Waits until checks and agents have come to their results; false when they don't.
bool wait_checks(const HaproxyServer& haproxy);

/// A line for each difference: "stat app/s1 weight: 5 instead of 7".
[[nodiscard]] std::vector<std::string>
differences(const Scenario& scenario, const Observation& fresh, const Observation& live);

} // namespace hitless::test
