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
    bool name_is_lost = false;  ///< the name of a server has no address
    bool confirmed = false;     ///< what the guard holds may go through
    bool say_in_step = false;   ///< say once when all is in step
    /// When the oldest of the changes was received, where that is known.
    std::optional<std::chrono::steady_clock::time_point> since;
    std::vector<std::string> deleted_keys; ///< some of them
    /// A file that the resource's configuration has HAProxy read, and that was written.
    struct UsedFile {
        std::string path;
        /// By the keeper of the configuration, which has the same reload_cmd.
        bool needs_reload = false;
        /// None is needed if the HAProxies can be told; that decides who reloads, if anybody does.
        bool is_live = false;
    };
    std::vector<UsedFile> used_files;
    /// What files that the configuration uses are to have is to be asked for again.
    bool has_live_files = false;
    std::optional<std::chrono::steady_clock::time_point> live_files_since;
    /// Of a used file: the keeper of the configuration has the reload in its own note, or does
    /// without one.
    bool is_reload_noted = false;
    /// Of a used file: the keeper of the configuration leaves the reload to the file's own keeper.
    bool is_reload_left = false;
    /// The kept keys are gone, or there is a note of an owed reload, which may be somebody else's.
    bool look_at_notes = false;
};

} // namespace hitless::daemon
