#pragma once

#include "hitless/keys/key_tree.hpp"

#include "ctl/program.hpp"
#include "ctl/target.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// What to say to someone who changes a server by hand that hitlessd keeps in step: that it will be
/// undone, and which key to change instead. Empty when hitlessd keeps no keys beside the file. The
/// keys are readable for hitlessd's user only; without them no key is named.
[[nodiscard]] std::string managed_hint(const ConfigFile& file, std::string_view server);

/// Says so to who has changed the server in this HAProxy.
void remind_of_manager(const Context& context, Channel& channel, std::string_view server);

/// The keys that hitlessd keeps beside the file, and where.
struct KeptKeys {
    std::string path;
    std::vector<keys::Entry> entries;
};

/// nullopt when there are none, or they can't be read.
[[nodiscard]] std::optional<KeptKeys> read_kept_keys(const ConfigFile& file);

} // namespace hitless::ctl
