#pragma once

#include "hitless/keys/key_tree.hpp"

#include <string_view>
#include <vector>

namespace hitless::registry {

/// The environment variables as keys, as in confd: APP_SERVERS_WEB1 is /app/servers/web1. Those at
/// and below `root`.
[[nodiscard]] std::vector<keys::Entry> read_environment(std::string_view root);

} // namespace hitless::registry
