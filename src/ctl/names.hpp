#pragma once

#include "ctl/channel.hpp"
#include "ctl/shell_words.hpp"

namespace hitless::ctl {

/// The names that the running HAProxy has, but for those that only a hostile one could have; none
/// when it can't be reached.
[[nodiscard]] ProxyNames ask_names(Channel& channel);

} // namespace hitless::ctl
