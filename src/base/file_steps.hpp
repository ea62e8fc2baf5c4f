#pragma once

#include "hitless/base/file.hpp"
#include "hitless/base/result.hpp"

#include "base/file_descriptor.hpp"

#include <string>
#include <string_view>

/// The single steps of writing a file.
namespace hitless::base {

[[nodiscard]] std::string directory_of(const std::string& path);

/// `path` is for the message.
Result<void> write_all(const FileDescriptor& file, std::string_view content,
                       const std::string& path);
Result<void> sync(const FileDescriptor& file, const std::string& path);

/// A warning where this user may not change the owner.
Result<void> set_access(const FileDescriptor& file, const FileAccess& access,
                        const std::string& path);

/// A rename survives a crash only once the directory is on disk. Some file systems can't sync one,
/// and the file is in place in any case, so that this is no failure.
void sync_directory(const std::string& directory);

} // namespace hitless::base
