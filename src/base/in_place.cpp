#include "base/in_place.hpp"

#include "base/file_descriptor.hpp"
#include "base/file_steps.hpp"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>

namespace hitless::base {
namespace {

void warn_once(const std::string& destination) {
    static std::mutex mutex;
    static std::set<std::string> warned;
    const std::scoped_lock lock(mutex);
    if (warned.insert(destination).second)
        spdlog::warn("{} is a mount point, so that no other file can take its place: it is written "
                     "in place, and who reads it at that moment may find half of it. Mount its "
                     "directory instead of the file",
                     destination);
}

/// An Error, while nothing is changed yet, when the disk has no room for so many bytes. Not every
/// file system can tell.
Result<void> reserve(const FileDescriptor& file, std::size_t size, const std::string& path) {
    if (::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0 ||
        (errno != ENOSPC && errno != EDQUOT))
        return {};
    return system_error(fmt::format("can't write {}, which stays as it is", path));
}

/// The file, with room for so many bytes. On an Error nothing is changed.
Result<FileDescriptor> open_with_room(const std::string& path, std::size_t size) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open())
        return system_error("can't write " + path);
    if (auto reserved = reserve(file, size, path); !reserved)
        return reserved.error();
    return file;
}

/// Writes over what is there, so that the file is never empty.
Result<void> overwrite(const FileDescriptor& file, const std::string& path,
                       std::string_view content, const FileAccess& access) {
    if (auto set = set_access(file, access, path); !set)
        return set;
    if (auto written = write_all(file, content, path); !written)
        return written;
    if (::ftruncate(file.get(), static_cast<off_t>(content.size())) != 0)
        return system_error("can't cut off the old end of " + path);
    return sync(file, path);
}

/// Copies `unfinished` into the open file.
Result<void> copy_and_remove(const std::string& unfinished, const FileDescriptor& file,
                             const std::string& destination, const FileAccess& access) {
    const auto content = read_file(unfinished);
    if (!content)
        return content.error();
    if (auto written = overwrite(file, destination, *content, access); !written)
        return written;
    ::unlink(unfinished.c_str());
    return {};
}

/// An Error when somebody else may have put the file there: it would be copied to a place that only
/// this program may write to.
Result<void> expect_own(const struct stat& file, const std::string& path,
                        const std::string& destination) {
    struct stat present {};
    const bool is_owners = ::stat(destination.c_str(), &present) == 0 &&
                           (file.st_uid == present.st_uid || file.st_uid == ::geteuid());
    if (S_ISREG(file.st_mode) && file.st_nlink == 1 && is_owners)
        return {};
    return fail("{} is not taken for what {} was to become, since it isn't a file of this program "
                "or of the owner of {}; look at it and remove it",
                path, destination, destination);
}

} // namespace

std::string unfinished_path(const std::string& destination) {
    return companion_path(destination, "unfinished");
}

Result<void> write_in_place(const std::string& staged, const std::string& destination,
                            const FileAccess& access) {
    warn_once(destination);
    const std::string unfinished = unfinished_path(destination);
    std::error_code error;
    const auto size = std::filesystem::file_size(staged, error);
    if (error)
        return fail("can't read {}: {}", staged, error.message());
    // What can't be written must not be found as unfinished, and be written later.
    const auto file = open_with_room(destination, size);
    if (!file)
        return file.error();
    if (::rename(staged.c_str(), unfinished.c_str()) != 0)
        return system_error(fmt::format("can't rename {} to {}", staged, unfinished));
    sync_directory(directory_of(destination));
    return copy_and_remove(unfinished, *file, destination, access);
}

Result<bool> finish_in_place(const std::string& destination) {
    const std::string unfinished = unfinished_path(destination);
    const FileDescriptor file(
        ::open(unfinished.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file.is_open() && (errno == ENOENT || errno == ENOTDIR))
        return false;
    if (file.is_open() && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
        return false;
    struct stat status {};
    if (!file.is_open() || ::fstat(file.get(), &status) != 0)
        return system_error("can't read " + unfinished);
    if (status.st_nlink == 0)
        return false; // a running program was done with it just now
    if (auto own = expect_own(status, unfinished, destination); !own)
        return own.error();
    const auto wanted = read_file(unfinished);
    const auto present = read_file(destination);
    if (!wanted)
        return wanted.error();
    const bool is_whole = present && *present == *wanted;
    const FileAccess access{status.st_mode & 07777U, {}, {}};
    const auto destination_file = open_with_room(destination, wanted->size());
    if (!destination_file)
        return destination_file.error();
    if (auto copied = copy_and_remove(unfinished, *destination_file, destination, access); !copied)
        return copied.error();
    return !is_whole;
}

void forget_unfinished(const std::string& destination) {
    ::unlink(unfinished_path(destination).c_str());
}

} // namespace hitless::base
