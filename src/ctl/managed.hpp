#pragma once

#include "hitless/apply/live_note.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/keys/key_tree.hpp"

#include "ctl/change.hpp"
#include "ctl/program.hpp"
#include "ctl/target.hpp"
#include "ctl/wanted.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// Who keeps a configuration file in step with keys.
enum class Keeper {
    none,
    stopped, ///< hitlessd did, and does not run now
    hitlessd,
    unknown, ///< hitlessd does, or did: this user can't tell whether it runs
};
[[nodiscard]] Keeper keeper_of(const std::string& file);
[[nodiscard]] Keeper keeper_of(const ConfigFile& file);

/// What hitlessd has noted beside the file of the servers of this process. Nothing where nobody
/// keeps the file, or where the note can't be read: then the file tells what it can.
[[nodiscard]] apply::LivePlaces noted_places(const ConfigFile& file, const haproxy::Info& process);

/// Tells who has changed the server of this HAProxy by hand what hitlessd makes of that, where it
/// keeps the file: whether it will undo it, and which key to change instead. Silent where it has
/// nothing to undo. `can_hold`: the command has the flag -for.
void remind_of_manager(const Context& context, Channel& channel, const Name& server,
                       bool can_hold = false);

/// "key /a/b, which is 'c'": the key that the server's line was made from, if that is known.
[[nodiscard]] std::string key_of_server(const Wanted& wanted, const Name& server);

/// The same of the key that the weight 0 in its line comes from.
[[nodiscard]] std::string key_of_no_weight(const Wanted& wanted, const Name& server);

/// What a bad value has cost is this server, or may be: what a key's element lost has no server's
/// name, and most templates take the key's.
[[nodiscard]] bool may_be_of(const apply::Spoilt& spoilt, const Name& server);

/// That the template was changed since hitlessd read it, and what to do; nullopt: it wasn't, or
/// nobody can tell.
[[nodiscard]] std::optional<std::string> about_newer_template(const confd::ResourceNote& note,
                                                              const confd::Resource& resource);

/// The keys that hitlessd keeps beside the file, and where.
struct KeptKeys {
    std::string path;
    std::vector<keys::Entry> entries;
};

/// The Error: there are none, or they can't be read.
Result<KeptKeys> read_kept_keys(const std::string& file);

} // namespace hitless::ctl
