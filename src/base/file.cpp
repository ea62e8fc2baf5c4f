#include "hitless/base/file.hpp"

#include "base/file_descriptor.hpp"
#include "base/file_steps.hpp"
#include "base/in_place.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>

namespace hitless::base {
namespace {

/// The mode a new file gets when none is asked for.
mode_t default_mode(const std::string& destination) {
    struct stat present {};
    if (::stat(destination.c_str(), &present) == 0)
        return present.st_mode & 07777U;
    return 0644;
}

} // namespace

Error system_error(std::string_view what) {
    return fail("{}: {}", what, std::generic_category().message(errno));
}

namespace {

Result<std::string> read_all(const FileDescriptor& file, const std::string& path) {
    std::string content;
    std::array<char, 65'536> buffer;
    for (;;) {
        const auto size = ::read(file.get(), buffer.data(), buffer.size());
        if (size == 0)
            return content;
        if (size > 0)
            content.append(buffer.data(), static_cast<std::size_t>(size));
        else if (errno != EINTR)
            return system_error("can't read " + path);
    }
}

std::string_view kind_of(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a fifo";
    case S_IFSOCK:
        return "a socket";
    case S_IFLNK:
        return "a symbolic link";
    default:
        return "a device";
    }
}

/// Never waits: opening a fifo would, for its other end.
FileDescriptor open_to_read(const std::string& path) {
    return FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

/// After a failed open().
bool is_missing() {
    return errno == ENOENT || errno == ENOTDIR;
}

/// What fstat() says of a regular file. An Error: it is none.
Result<struct stat> stat_regular(const FileDescriptor& file, const std::string& path) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0)
        return system_error("can't read " + path);
    if (!S_ISREG(status.st_mode))
        return fail("can't read {}: it is {}, and no regular file", path, kind_of(status.st_mode));
    return status;
}

} // namespace

Result<std::string> read_file(const std::string& path) {
    const FileDescriptor file = open_to_read(path);
    if (!file.is_open())
        return system_error("can't read " + path);
    if (const auto regular = stat_regular(file, path); !regular)
        return regular.error();
    return read_all(file, path);
}

Result<std::string> read_input(const std::string& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open())
        return system_error("can't read " + path);
    return read_all(file, path);
}

Result<std::optional<std::string>> read_if_present(const std::string& path) {
    return read_note(path, std::numeric_limits<std::size_t>::max());
}

Result<std::optional<std::string>> read_note(const std::string& path, std::size_t most_bytes) {
    const FileDescriptor file = open_to_read(path);
    if (!file.is_open() && is_missing())
        return std::optional<std::string>();
    if (!file.is_open())
        return system_error("can't read " + path);
    const auto status = stat_regular(file, path);
    if (!status)
        return status.error();
    if (static_cast<std::size_t>(status->st_size) > most_bytes)
        return fail("{} has more than {} bytes", path, most_bytes);
    auto content = read_all(file, path);
    if (!content)
        return content.error();
    return std::optional(std::move(*content));
}

Result<FileDescriptor> open_note(const std::string& path, int flags) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
        ::unlink(path.c_str()) == 0)
        spdlog::warn("removed {}, which was {}: a note of this program belongs there", path,
                     kind_of(status.st_mode));
    FileDescriptor file(::open(
        path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0600));
    if (!file.is_open())
        return system_error("can't write " + path);
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return fail("can't write {}: it is no regular file", path);
    return file;
}

Result<void> expect_regular(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode))
        return {};
    return fail("{} is {}, and no regular file can take its place", path, kind_of(status.st_mode));
}

Result<std::string> read_first_line(const std::string& path) {
    auto text = read_input(path);
    if (text)
        text->resize(std::min(text->find_first_of("\r\n"), text->size()));
    return text;
}

StagedFile::StagedFile(std::string path, std::string destination, FileAccess access)
    : path_(std::move(path)), destination_(std::move(destination)), access_(access) {}

StagedFile::StagedFile(StagedFile&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::move(other.lock_)),
      destination_(std::move(other.destination_)),
      access_(other.access_) {}

StagedFile& StagedFile::operator=(StagedFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_, other.lock_);
    std::swap(destination_, other.destination_);
    std::swap(access_, other.access_);
    return *this;
}

StagedFile::~StagedFile() {
    if (!path_.empty())
        ::unlink(path_.c_str());
}

std::string companion_path(const std::string& path, std::string_view suffix) {
    const std::size_t slash = path.rfind('/');
    const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
    return fmt::format("{}.{}.{}", path.substr(0, name), path.substr(name), suffix);
}

namespace {

constexpr std::string_view staged_label = "staged-";
constexpr std::string_view kept_label = "kept-";
constexpr std::string_view random_part = "XXXXXX"; // as mkostemp wants it

/// True for the name of a staged file that begins with `prefix`.
bool is_staged(std::string_view name, std::string_view prefix) {
    constexpr auto is_random = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    };
    return name.starts_with(prefix) && name.size() == prefix.size() + random_part.size() &&
           std::ranges::all_of(name.substr(prefix.size()), is_random);
}

/// Locks the file until the descriptor is closed, at the latest by the end of the process. It can't
/// be the one that writes: a check_cmd that runs the file would find it busy. On a file system
/// without locks nothing is removed as abandoned either.
std::shared_ptr<const FileDescriptor> lock(const std::string& path) {
    auto file = std::make_shared<const FileDescriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file->is_open())
        ::flock(file->get(), LOCK_EX | LOCK_NB);
    return file;
}

/// True when no process has the file locked: the one that made it has ended.
bool is_abandoned(const std::string& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status {};
    return file.is_open() && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

} // namespace

Result<StagedFile> StagedFile::create(const std::string& destination, std::string_view content,
                                      const FileAccess& access, bool may_stay) {
    const std::filesystem::path target(destination);
    if (!target.has_filename())
        return fail("'{}' is not the name of a file", destination);
    std::string path = companion_path(
        destination, fmt::format("{}{}", may_stay ? kept_label : staged_label, random_part));
    // Created with mode 0600: only the owner can look until the mode is set.
    const FileDescriptor file(::mkostemp(path.data(), O_CLOEXEC));
    if (!file.is_open())
        return system_error(fmt::format("can't create a file beside {}", destination));
    FileAccess complete = access;
    if (!complete.mode)
        complete.mode = default_mode(destination);
    StagedFile staged(path, destination, complete);
    staged.lock_ = lock(path);
    if (auto set = set_access(file, complete, path); !set)
        return set.error();
    if (auto written = write_all(file, content, path); !written)
        return written.error();
    if (auto synced = sync(file, path); !synced)
        return synced.error();
    return staged;
}

Result<void> StagedFile::commit() {
    if (::rename(path_.c_str(), destination_.c_str()) == 0) {
        path_.clear();
        forget_unfinished(destination_);
        sync_directory(directory_of(destination_));
        return {};
    }
    if (errno != EBUSY)
        return system_error(fmt::format("can't rename {} to {}", path_, destination_));
    return write_in_place(path_, destination_, access_);
}

namespace {

/// A lock on the whole file. Unlike that of flock(), one that excludes others needs a descriptor
/// that may write, and asking who has one takes none.
struct ::flock whole_file(short type) {
    struct ::flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

Hold hold(const std::string& path) {
    auto file = std::make_shared<const FileDescriptor>(
        ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    auto lock = whole_file(F_WRLCK);
    if (!file->is_open() || ::fcntl(file->get(), F_OFD_SETLK, &lock) != 0)
        spdlog::warn("can't lock {}, so that other programs don't know that this one runs: {}",
                     path, std::generic_category().message(errno));
    return file;
}

/// The file of this status is the one at that path.
bool is_at(const struct stat& status, const std::string& path) {
    struct stat now {};
    return ::stat(path.c_str(), &now) == 0 && now.st_dev == status.st_dev &&
           now.st_ino == status.st_ino;
}

} // namespace

Hold hold_file(const std::string& path) {
    return hold(path);
}

Result<Hold> write_held(const std::string& path, std::string_view content, mode_t mode,
                        const Hold& before) {
    // Where that can't be told, the file is written: this user may replace it.
    if (is_held_by_another(path, before))
        return fail("another process holds {}", path);
    auto staged = StagedFile::create(path, content, {0600, {}, {}});
    if (!staged)
        return staged.error();
    // While nobody else can open it, so that nobody has locked it.
    Hold held = hold(staged->path());
    if (held->is_open() && ::fchmod(held->get(), mode) != 0)
        return system_error("can't change the mode of " + staged->path());
    if (auto committed = staged->commit(); !committed)
        return committed.error();
    return held;
}

bool is_of(const Hold& hold, const std::string& path) {
    struct stat held {};
    return hold && hold->is_open() && ::fstat(hold->get(), &held) == 0 && is_at(held, path);
}

bool is_held_by_another(const std::string& path, const Hold& own) {
    const auto held = is_held(path);
    return held && *held && !is_of(own, path);
}

Result<bool> is_held(const std::string& path) {
    constexpr int most_tries = 100;
    for (int tries = 0; tries < most_tries; ++tries) {
        const FileDescriptor file = open_to_read(path);
        if (!file.is_open() && is_missing())
            return false;
        if (!file.is_open())
            return system_error("can't read " + path);
        const auto opened = stat_regular(file, path);
        if (!opened)
            return opened.error();
        auto lock = whole_file(F_RDLCK);
        if (::fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
            return true;
        // Who holds it may have replaced it meanwhile.
        if (is_at(*opened, path))
            return false;
    }
    return fail("can't read {}: it is replaced again and again", path);
}

std::vector<std::string> remove_abandoned(const std::string& destination) {
    namespace fs = std::filesystem;
    const fs::path pattern(companion_path(destination, staged_label));
    std::vector<std::string> removed;
    std::error_code error;
    fs::directory_iterator at(directory_of(destination), error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
        const std::string path = at->path().string();
        if (is_staged(at->path().filename().string(), pattern.filename().string()) &&
            is_abandoned(path) && ::unlink(path.c_str()) == 0)
            removed.push_back(path);
    }
    return removed;
}

} // namespace hitless::base
