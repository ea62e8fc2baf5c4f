#pragma once

#include "hitless/base/file.hpp"
#include "hitless/base/result.hpp"

#include <string>

/// A file that is a mount point itself, such as one that a container is given: nothing can be
/// renamed over it, so that it must be written in place.
namespace hitless::base {

/// ".NAME.unfinished": the whole content of a file that is being written in place.
[[nodiscard]] std::string unfinished_path(const std::string& destination);

/// Renames the complete file `staged`, which is beside `destination`, to ".NAME.unfinished"; copies
/// it into the destination; and removes it when the copy is on disk. The first time for each
/// destination, the log says what that means.
Result<void> write_in_place(const std::string& staged, const std::string& destination,
                            const FileAccess& access);

/// Finishes what a program that was killed in write_in_place() has begun. True: the destination was
/// not as it should be, and is now. A file that a running program is writing is left to that.
Result<bool> finish_in_place(const std::string& destination);

/// After another file has taken the destination's place: what was unfinished is out of date.
void forget_unfinished(const std::string& destination);

} // namespace hitless::base
