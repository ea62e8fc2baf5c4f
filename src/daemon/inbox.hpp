#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace hitless::daemon {

/// What has come in for the keeper of a resource since it looked last.
struct Inbox {
    bool changed = false;       ///< the keys, or answers to look-ups, differ from before
    bool store_emptied = false; ///< the keys come from another, empty store now
    bool compare_all = false;   ///< compare all with HAProxy and the disk
    bool confirmed = false;     ///< what the guard holds may go through
    bool say_in_step = false;   ///< say once when all is in step
    /// When the oldest of the changes was received, where that is known.
    std::optional<std::chrono::steady_clock::time_point> since;
    std::vector<std::string> deleted_keys; ///< some of them
    /// A file that the resource's configuration has HAProxy read, and that was written.
    struct UsedFile {
        std::string path;
        bool needs_reload = false; ///< by the keeper of the configuration
    };
    std::vector<UsedFile> used_files;
    /// Of a used file: the keeper of the configuration has the reload in its own note.
    bool is_reload_noted = false;
};

} // namespace hitless::daemon
