#pragma once

#include "hitless/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// A note beside dest of what keeps hitlessd from following the keys now, for hitlessctl. hitlessd
/// holds the file (base::write_held) while it runs.
namespace hitless::apply {

struct StatusNote {
    struct Trouble {
        /// "registry": it can't be followed; "keys": they can't be rendered; "file": what HAProxy
        /// is to run is not what dest says; "haproxy": it can't be asked, or refuses something.
        std::string source;
        std::string message;

        bool operator==(const Trouble&) const = default;
    };
    std::vector<Trouble> troubles;
    std::vector<std::string> held; ///< what a guard holds, and until when

    bool operator==(const StatusNote&) const = default;
};

inline constexpr std::string_view registry_trouble = "registry";
inline constexpr std::string_view keys_trouble = "keys";
inline constexpr std::string_view file_trouble = "file";
inline constexpr std::string_view haproxy_trouble = "haproxy";

/// The note's file beside dest.
[[nodiscard]] std::string status_path(const std::string& dest);

/// Pure.
[[nodiscard]] std::string to_text(const StatusNote& note);
Result<StatusNote> parse_status(std::string_view text);

/// Replaces the note, which is held until what is returned is destroyed. Blocks.
Result<std::shared_ptr<const void>> write_status(const std::string& dest, const StatusNote& note);

/// What the hitlessd that runs has noted: nothing when none runs. An Error: that can't be told.
/// Blocks.
Result<StatusNote> read_status(const std::string& dest);

} // namespace hitless::apply
