#pragma once

#include "ctl/channel.hpp"
#include "ctl/shell_words.hpp"

namespace hitless::ctl {

/// The names that the running HAProxy has, but for those that only a hostile one could have; none
/// when it can't be reached.
[[nodiscard]] ProxyNames ask_names(Channel& channel);

/// Those of the names that somebody may have meant who has typed another one, the nearest first;
/// three at most. Pure.
[[nodiscard]] std::vector<std::string> near_names(const std::vector<std::string>& names,
                                                  std::string_view typed);

/// What `explain` and others say of a name that is no BACKEND/SERVER: what it is instead, or which
/// ones are like it. Empty: nothing can be said.
[[nodiscard]] std::string hint_of_name(const ProxyNames& names, const std::string& typed);

} // namespace hitless::ctl
