#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"

#include <optional>
#include <string>

namespace hitless::ctl {

/// A configuration file that is behind HAProxy since hitlessd checks the newest one, or is about
/// to: nobody has to do anything about that.
struct ComingFile {
    std::string text;        ///< that it follows, and what it waits for: a sentence for people
    bool is_checked = false; ///< check_cmd looks at it now
    /// What it will say; nullopt: that can't be read, or HAProxy has been brought further still.
    std::optional<haproxy::Config> config;
};

/// What is beside the file on its way. To be called when hitlessd runs, and has brought the process
/// further than the file says. Blocks.
[[nodiscard]] ComingFile find_coming(const std::string& file);

/// That a new version of the file, which may be any that hitlessd keeps, is being checked; nullopt:
/// none is. Blocks.
[[nodiscard]] std::optional<std::string> being_checked(const std::string& file);

} // namespace hitless::ctl
