#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/stat.hpp"

#include "ctl/roles.hpp"
#include "ctl/table.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What HAProxy says, in words: pure.
namespace hitless::ctl {

/// The administrative state of a server, what someone wants of it: "ready", "drain", "maint", with
/// the reason where HAProxy tells one, as in "maint (no address)".
[[nodiscard]] std::string admin_word(const haproxy::RunningServer& server);

/// The operational state of a server, what its checks make of it: "up", "down", "up 1/3" on its way
/// down, "maint"… `status` is that of the statistics.
[[nodiscard]] std::string state_word(std::string_view status);

/// The last check's result: "L7STS/503"; empty when there is none.
[[nodiscard]] std::string check_word(const haproxy::StatRow& row);

/// One row for each server of the statistics. `file`: the configuration, to tell servers that are
/// in it from those that are not, and `roles`: what servers are there for; both may be null.
[[nodiscard]] Table server_table(std::span<const haproxy::StatRow> stat,
                                 const haproxy::Running& running, const haproxy::Config* file,
                                 const Roles* roles = nullptr);

/// Takes out of rows of servers the ages that this version doesn't tell: from 3.0 to 3.4 at least,
/// a server that is drained keeps the time at which it came up (tried).
void leave_out_false_ages(Table& servers, const haproxy::Info& info);

/// One row for each frontend, those of listens too.
[[nodiscard]] Table frontend_table(std::span<const haproxy::StatRow> stat);

/// One row for each backend. `file`: the configuration, for what HAProxy doesn't tell; may be null.
[[nodiscard]] Table backend_table(std::span<const haproxy::StatRow> stat,
                                  const haproxy::Config* file = nullptr);

/// One row for each session in the answer to `show sess`, but for those of the stats sockets.
[[nodiscard]] Table session_table(std::string_view answer);

/// True when the pattern, "BACKEND" or "BACKEND/SERVER" with shell wildcards, names it. A pattern
/// without a slash names all servers of the backend.
[[nodiscard]] bool is_named(std::string_view pattern, std::string_view backend,
                            std::string_view server);

/// True when one of the patterns does.
[[nodiscard]] bool is_named(const std::vector<std::string>& patterns, std::string_view backend,
                            std::string_view server);

/// The Error names a word that is no state, and lists those there are.
Result<void> check_states(std::string_view states);

/// Keeps the rows whose administrative or operational state is among the comma-separated words.
void keep_states(Table& servers, std::string_view states);

} // namespace hitless::ctl
