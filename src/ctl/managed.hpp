#pragma once

#include "hitless/haproxy/config.hpp"

#include "ctl/target.hpp"

#include <string>
#include <string_view>

namespace hitless::ctl {

/// What to say to someone who changes a server by hand that hitlessd keeps in step: that it will be
/// undone, and which key to change instead. Empty when hitlessd keeps no keys beside the file. The
/// keys are readable for hitlessd's user only; without them no key is named.
[[nodiscard]] std::string managed_hint(const ConfigFile& file, std::string_view server);

} // namespace hitless::ctl
