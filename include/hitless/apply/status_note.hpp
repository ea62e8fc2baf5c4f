#pragma once

#include "hitless/apply/spoilt.hpp"
#include "hitless/base/file.hpp"
#include "hitless/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Two notes beside dest of what keeps hitlessd from following the keys now, for hitlessctl: a
/// StatusNote in words, which only its owner may read, and a FollowNote without any value of a key,
/// which everybody may read. hitlessd holds the files (base::write_held) while it runs.
namespace hitless::apply {

struct StatusNote {
    struct Trouble {
        /// "registry": it can't be followed; "keys": they can't be rendered; "confdir": something
        /// in it can't be used, and what was read of it before counts; "file": what HAProxy is to
        /// run is not what dest says; "haproxy": it can't be asked, or refuses something.
        std::string source;
        std::string message;

        bool operator==(const Trouble&) const = default;
    };
    std::vector<Trouble> troubles;
    std::vector<std::string> held; ///< what a guard holds, and until when
    /// What bad values cost, also those that only check_cmd has found; a thousand at most.
    std::vector<SpoiltPtr> left_out;
    std::vector<std::string> reload; ///< why HAProxy is owed a reload, some causes; none: it isn't

    /// One of the troubles is with this source.
    [[nodiscard]] bool has_trouble_with(std::string_view source) const;

    bool operator==(const StatusNote&) const = default;
};

inline constexpr std::string_view registry_trouble = "registry";
inline constexpr std::string_view keys_trouble = "keys";
inline constexpr std::string_view confdir_trouble = "confdir";
inline constexpr std::string_view file_trouble = "file";
inline constexpr std::string_view haproxy_trouble = "haproxy";

/// Whether hitlessd follows the keys, without why not.
struct FollowNote {
    using Time = std::chrono::sys_time<std::chrono::milliseconds>;

    std::vector<std::string> trouble_with; ///< the sources of the troubles, each once; none: it
                                           ///< follows, but for what a guard holds
    bool is_guarded = false;               ///< a guard holds something
    Time since;                            ///< when the troubles or the guard were last otherwise
    std::optional<Time> next_reload;       ///< when the reload is tried; nullopt: that isn't known
    std::size_t left_out = 0;              ///< so many things are left out for bad values
    bool is_reload_owed = false;
    bool is_check_refused = false; ///< check_cmd refuses what the keys make now

    bool operator==(const FollowNote&) const = default;
};

/// The notes' files beside dest.
[[nodiscard]] std::string status_path(const std::string& dest);
[[nodiscard]] std::string follow_path(const std::string& dest);

/// Pure. An Error: it is no such note, or another build wrote it.
[[nodiscard]] std::string to_text(const StatusNote& note);
[[nodiscard]] std::string to_text(const FollowNote& note);
Result<StatusNote> parse_status(std::string_view text);
Result<FollowNote> parse_follow(std::string_view text);

/// Replaces the note, unless another process holds it. `before` has held it until now. Blocks.
Result<base::Hold> write_status(const std::string& dest, const StatusNote& note,
                                const base::Hold& before = nullptr);
Result<base::Hold> write_follow(const std::string& dest, const FollowNote& note,
                                const base::Hold& before = nullptr);

/// What the hitlessd that runs has noted: nothing when none runs. To a user who may not read that,
/// it is the FollowNote in words. An Error: that can't be told. Blocks.
Result<StatusNote> read_status(const std::string& dest);

/// nullopt: no hitlessd runs that has noted it. An Error: that can't be told. Blocks.
Result<std::optional<FollowNote>> read_follow(const std::string& dest);

} // namespace hitless::apply
