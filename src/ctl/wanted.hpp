#pragma once

#include "hitless/apply/holds.hpp"
#include "hitless/apply/origins.hpp"
#include "hitless/apply/reports.hpp"
#include "hitless/apply/status_note.hpp"
#include "hitless/base/flags.hpp"
#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/keys/key_tree.hpp"

#include "ctl/options.hpp"
#include "ctl/target.hpp"
#include "ctl/wanted_file.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// A reload that HAProxy needs and has not had yet.
struct OwedReload {
    bool is_owed = false;
    bool runs = false;             ///< hitlessd
    bool is_check_refused = false; ///< check_cmd refuses what the keys make now
    bool is_in_trouble = false;    ///< hitlessd, or it can't be told
    bool is_running = false;       ///< HAProxy is being reloaded now
    std::vector<std::string> why;  ///< some causes; none where they can't be read
    /// When hitlessd tries it next; nullopt: that isn't known.
    std::optional<apply::FollowNote::Time> next_try;

    /// "hitlessd reloads HAProxy at 13:05:07 UTC, in 3 s"
    [[nodiscard]] std::string when(apply::FollowNote::Time now) const;
    /// "backend app: + retries 5; hitlessd reloads HAProxy at 13:05:07 UTC, in 3 s": each cause,
    /// and when. Empty where none is owed.
    [[nodiscard]] std::vector<std::string> in_words(apply::FollowNote::Time now) const;
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
    /// The file is behind HAProxy, but follows. Where it is known what it will say, `file` and
    /// `config` are that.
    std::optional<ComingFile> coming = {};
    /// `config` is the registry's, not the file's.
    bool from_registry = false;
};

/// Takes what hitlessd leaves out, beside what was found here of the same.
void add_left_out(Wanted& wanted, const std::vector<apply::SpoiltPtr>& left_out);

/// Where a server's line of the configuration comes from; nullptr: not known.
[[nodiscard]] const apply::OriginLine* find_origin(const Wanted& wanted,
                                                   const haproxy::ServerLine& line);

/// The first key that this line of the configuration was made from, as far as that is known.
[[nodiscard]] std::optional<std::string> key_of_line(const Wanted& wanted,
                                                     const haproxy::ServerLine& line);

/// The flags that name confd's directory and the registry.
std::vector<base::Flag> wanted_flags(Options& options);

/// With flags of confd: what the template resource for the file makes of the registry's keys.
/// Without any: the file, and the keys that hitlessd keeps beside it, if it does. `process` is
/// HAProxy. Waits for up to a second while hitlessd checks and writes the file.
Result<Wanted> find_wanted(const Options& options, const haproxy::Info& process);

} // namespace hitless::ctl
