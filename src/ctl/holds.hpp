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

/// Drops the holds of these servers beside that file. Returns those that were held. An Error: that
/// can't be noted.
Result<std::vector<Name>> lift_holds(const ConfigFile& file, const std::vector<Name>& servers);

/// The weight that `set weight` makes of "50%" or "5".
[[nodiscard]] int absolute_weight(const std::string& value, const haproxy::RunningServer& server);

/// The server's hold, or nullptr.
[[nodiscard]] const apply::ManualHold* find_hold(const std::vector<apply::ManualHold>& holds,
                                                 std::string_view backend, std::string_view server);

} // namespace hitless::ctl
