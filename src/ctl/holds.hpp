#pragma once

#include "hitless/apply/holds.hpp"

#include "ctl/change.hpp"
#include "ctl/meant.hpp"
#include "ctl/program.hpp"

#include <string>
#include <vector>

namespace hitless::ctl {

/// Notes, beside the file of the HAProxy, that these servers are held for -for's time, so that
/// hitlessd leaves them so. To be called before HAProxy is told. The Error: nobody keeps the file,
/// or that can't be noted.
Result<void> hold_servers(const Context& context, const Meant& meant,
                          const std::vector<std::pair<Name, plan::ManualState>>& servers);

/// Ends the holds of these servers, and brings HAProxy's to what their lines say. Returns what was
/// held.
Result<std::vector<apply::ManualHold>> end_holds(Channel& channel, const Meant& meant,
                                                 const std::vector<Name>& servers);

/// Ends the hold of one server, by the name that HAProxy has it under, and leaves HAProxy as it is.
/// False when there is none.
Result<bool> end_hold(const ConfigFile& file, const haproxy::Running& running,
                      const haproxy::Info& process, const Name& name);

/// The server's hold among those in the order of read_holds(), or nullptr.
[[nodiscard]] const apply::ManualHold* find_hold(const std::vector<apply::ManualHold>& holds,
                                                 std::string_view backend, std::string_view server);

} // namespace hitless::ctl
