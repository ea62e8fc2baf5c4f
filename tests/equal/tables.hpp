#pragma once

#include "support/haproxy_server.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace hitless::test {

using Facts = std::map<std::string, std::string>;

/// `show servers state` and `show stat`, without ids, ages and counters: "stat app/s1 weight" →
/// "5".
[[nodiscard]] Facts read_tables(const HaproxyServer& haproxy);

/// The same of what shows that a check or an agent is still on its way to a result: "app/s1 UP
/// 1/3". Empty when there is nothing to wait for.
[[nodiscard]] std::string unsettled(const HaproxyServer& haproxy);

/// Servers whose checks run.
[[nodiscard]] std::size_t checked_servers(const HaproxyServer& haproxy);

/// So many times a server that was up has failed a check or has been told down.
[[nodiscard]] std::int64_t failures_of_checks(const HaproxyServer& haproxy);

/// What is in work now: "scur app/s1" → "4", "qcur …", "served", "in all".
[[nodiscard]] Facts read_load(const HaproxyServer& haproxy);

} // namespace hitless::test
