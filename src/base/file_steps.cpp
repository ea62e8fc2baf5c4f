#include "base/file_steps.hpp"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>

namespace hitless::base {

std::string directory_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    return parent.empty() ? "." : parent.string();
}

Result<void> write_all(const FileDescriptor& file, std::string_view content,
                       const std::string& path) {
    while (!content.empty()) {
        const auto written = ::write(file.get(), content.data(), content.size());
        if (written >= 0)
            content.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            return system_error("can't write " + path);
    }
    return {};
}

Result<void> sync(const FileDescriptor& file, const std::string& path) {
    if (::fsync(file.get()) != 0)
        return system_error("can't sync " + path + " to disk");
    return {};
}

Result<void> set_access(const FileDescriptor& file, const FileAccess& access,
                        const std::string& path) {
    const auto unchanged = static_cast<uid_t>(-1);
    const uid_t uid = access.uid.value_or(unchanged);
    const gid_t gid = access.gid.value_or(unchanged);
    if (::fchown(file.get(), uid, gid) != 0) {
        if (errno != EPERM)
            return system_error("can't change the owner of " + path);
        // confd says nothing and goes on; so must who runs in its place without being root.
        spdlog::warn(
            "{} keeps its owner, since this user may not give it to uid {} and gid {} (-1: as it "
            "is); run as root, or leave uid and gid out of the template resource",
            path, static_cast<std::int64_t>(static_cast<int>(uid)),
            static_cast<std::int64_t>(static_cast<int>(gid)));
    }
    struct stat status {};
    const bool has_mode = access.mode && ::fstat(file.get(), &status) == 0 &&
                          (status.st_mode & 07777U) == *access.mode;
    if (access.mode && !has_mode && ::fchmod(file.get(), *access.mode) != 0)
        return system_error("can't change the mode of " + path);
    return {};
}

void sync_directory(const std::string& directory) {
    const FileDescriptor file(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!file.is_open() || (::fsync(file.get()) != 0 && errno != EINVAL))
        spdlog::warn("can't sync the directory {} to disk, so that after a power failure an older "
                     "file may be there: {}",
                     directory, std::generic_category().message(errno));
}

} // namespace hitless::base
