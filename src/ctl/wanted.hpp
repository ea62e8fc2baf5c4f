#pragma once

#include "hitless/apply/holds.hpp"
#include "hitless/apply/live_note.hpp"
#include "hitless/apply/origins.hpp"
#include "hitless/apply/reports.hpp"
#include "hitless/apply/status_note.hpp"
#include "hitless/base/flags.hpp"
#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/keys/key_tree.hpp"

#include "ctl/options.hpp"
#include "ctl/owed_reload.hpp"
#include "ctl/target.hpp"
#include "ctl/wanted_file.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// Tells states of the configuration file, and of hitlessd's note of what HAProxy has more than it,
/// apart.
struct Stamp {
    std::string file;
    std::string note;

    bool operator==(const Stamp&) const = default;
};

/// What HAProxy should run, and where that comes from.
struct Wanted {
    ConfigFile file;        ///< as it is on disk
    haproxy::Config config; ///< what the template makes of the keys; or the file
    std::optional<confd::Resource> resource;
    keys::KeyTree keys;
    std::string keys_from; ///< "the registry", or the file that they were read from; empty: none
    std::vector<apply::OriginLine> origins =
        {};                                    ///< of the lines that the template makes of the keys
    std::vector<apply::SpoiltPtr> spoilt = {}; ///< what bad values cost
    std::string template_name = {};
    std::string no_origins = {}; ///< why it isn't known where lines come from; empty: it is
    std::vector<apply::ManualHold> holds = {}; ///< servers that someone holds by hand
    /// What keeps hitlessd from following the keys, and what its guard holds.
    apply::StatusNote status = {};
    std::string no_status = {}; ///< why what hitlessd says of that isn't known; empty: it is
    OwedReload owed = {};
    /// What the template makes of the keys that hitlessd keeps, if that can be told; `config` may
    /// lack some of it, since check_cmd refuses it, a reload fails, or a guard holds it.
    std::optional<haproxy::Config> made = {};
    /// The file is behind HAProxy, but follows. Where it is known what it will say, `file` and
    /// `config` are that, and `on_disk` is what it says now.
    std::optional<ComingFile> coming = {};
    std::optional<haproxy::Config> on_disk = {};
    /// `config` is the registry's, not the file's.
    bool from_registry = false;
    /// Of a comparison with the registry, where the file is behind HAProxy: what the servers were
    /// brought to, if that can be read, or else the objects that nobody can compare.
    std::optional<haproxy::Config> brought = {};
    std::set<plan::ObjectId> in_doubt = {};
    apply::LivePlaces places = {};                ///< that hitlessd has noted of the process
    std::optional<long> frontend_limit_flag = {}; ///< see apply::PreviewInput
    bool is_read_by_haproxy = false;              ///< see apply::has_read()
    Stamp stamp = {};                             ///< of when all this was looked at
};

/// hitlessd has changed HAProxy or the file since: what is said of them here is of different
/// moments.
[[nodiscard]] bool has_moved_on(const Wanted& wanted);

/// Takes what hitlessd leaves out, beside what was found here of the same.
void add_left_out(Wanted& wanted, const std::vector<apply::SpoiltPtr>& left_out);

/// Where a server's line comes from; nullptr: not known. `config` is that of the line,
/// `wanted.config` or what was made of the keys.
[[nodiscard]] const apply::OriginLine*
find_origin(const Wanted& wanted, const haproxy::Config& config, const haproxy::ServerLine& line);

/// The first key that this line was made from, as far as that is known.
[[nodiscard]] std::optional<std::string>
key_of_line(const Wanted& wanted, const haproxy::Config& config, const haproxy::ServerLine& line);

/// The flags that name confd's directory and the registry.
std::vector<base::Flag> wanted_flags(Options& options);

/// With flags of confd: what the template resource for the file makes of the registry's keys.
/// Without any: the file, and the keys that hitlessd keeps beside it, if it does. `process` is
/// HAProxy. Waits for up to a second while hitlessd checks and writes the file.
Result<Wanted> find_wanted(const Options& options, const haproxy::Info& process);

} // namespace hitless::ctl
