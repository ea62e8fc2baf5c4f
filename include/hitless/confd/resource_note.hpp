#pragma once

#include "hitless/base/file.hpp"
#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"

#include <chrono>
#include <string>
#include <vector>

/// A note beside dest of the template resource that makes it, so that hitlessctl finds the
/// template.
namespace hitless::confd {

struct ResourceNote {
    std::string confdir;
    std::string file;   ///< of the resource
    std::string prefix; ///< the command line's; empty: the resource's own
    bool strict = false;
    std::chrono::milliseconds drain_timeout{}; ///< 0: not noted
    std::vector<std::string> http = {};        ///< where hitlessd tells what it does (-http)
    std::string template_read = {};            ///< state_of_file() when it was read; empty: unknown
};

/// Tells versions of a file apart, by its inode, size and time; empty: it can't be looked at.
/// Blocks.
[[nodiscard]] std::string state_of_file(const std::string& path);

/// The note's file. Who keeps the resource holds it (base::write_held).
[[nodiscard]] std::string note_path(const std::string& dest);

/// Writes ".NAME.resource.json" beside the resource's dest, unless another process holds it.
/// `before` has held it until now. Blocks.
Result<base::Hold> write_note(const std::string& dest, const ResourceNote& note,
                              const base::Hold& before = nullptr);

/// The note beside that file. The Error says that there is none, or what is wrong with it.
Result<ResourceNote> read_note(const std::string& dest);

/// An Error when another build has written the note beside that file. Its lock may be of another
/// kind, so that nobody can tell whether hitlessd runs.
Result<void> expect_note_of_same_build(const std::string& dest);

} // namespace hitless::confd
