#pragma once

#include "hitless/apply/holds.hpp"

#include "ctl/change.hpp"
#include "ctl/program.hpp"
#include "ctl/target.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hitless::ctl {

/// Notes, beside the file of the HAProxy, that these servers are held for -for's time, so that
/// hitlessd leaves them so. To be called before HAProxy is told. The Error: nobody keeps the file,
/// or that can't be noted.
Result<void> hold_servers(const Context& context, Channel& channel,
                          const std::vector<std::pair<Name, plan::ManualState>>& servers);

/// Drops the holds of these servers beside that file. Returns them. An Error: that can't be noted.
Result<std::vector<apply::ManualHold>> lift_holds(const ConfigFile& file,
                                                  const std::vector<plan::ServerChange>& servers);

/// Ends the holds of these servers, and brings HAProxy's to what their lines say. Returns what was
/// held.
Result<std::vector<apply::ManualHold>> end_holds(const Context& context, Channel& channel,
                                                 const std::vector<Name>& servers);

/// The servers' names in the configuration: a slot's is that of the server in whose place it is.
[[nodiscard]] std::vector<plan::ServerChange> wanted_names(const haproxy::Running& running,
                                                           const haproxy::Config& file,
                                                           const std::vector<Name>& names);

/// The server's hold, or nullptr.
[[nodiscard]] const apply::ManualHold* find_hold(const std::vector<apply::ManualHold>& holds,
                                                 std::string_view backend, std::string_view server);

} // namespace hitless::ctl
