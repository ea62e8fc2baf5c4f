#pragma once

#include "hitless/apply/status_note.hpp"
#include "hitless/haproxy/running.hpp"

#include "ctl/target.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hitless::ctl {

/// A reload that HAProxy needs and has not had yet.
struct OwedReload {
    bool is_owed = false;
    bool runs = false;             ///< hitlessd
    bool is_check_refused = false; ///< check_cmd refuses what the keys make now
    bool is_in_trouble = false;    ///< hitlessd, or it can't be told
    bool is_running = false;       ///< HAProxy is being reloaded now
    bool is_needless = false;      ///< but nothing needs that any more
    std::vector<std::string> why;  ///< some causes; none where they can't be read
    /// When hitlessd tries it next; nullopt: that isn't known.
    std::optional<apply::FollowNote::Time> next_try;

    /// "hitlessd reloads HAProxy at 13:05:07 UTC, in 3 s"
    [[nodiscard]] std::string when(apply::FollowNote::Time now) const;
    /// "backend app: + retries 5; hitlessd reloads HAProxy at 13:05:07 UTC, in 3 s": each cause,
    /// and when. Empty where none is owed.
    [[nodiscard]] std::vector<std::string> in_words(apply::FollowNote::Time now) const;
};

/// Whether the process is owed a reload, why, and when it comes, by hitlessd's notes beside the
/// file. `told`: the causes that hitlessd tells. `is_in_trouble`: see the member. Blocks.
[[nodiscard]] OwedReload find_owed_reload(const ConfigFile& file, const haproxy::Info& process,
                                          std::vector<std::string> told, bool is_in_trouble);

} // namespace hitless::ctl
