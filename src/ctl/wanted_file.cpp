#include "ctl/wanted_file.hpp"

#include "hitless/base/file.hpp"

#include "base/file_descriptor.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>

namespace hitless::ctl {
namespace {

namespace fs = std::filesystem;
using std::chrono::system_clock;

/// A file that is beside another one, and takes its place when check_cmd accepts it.
struct Staged {
    std::string path;
    struct stat status {};
};

/// The program that made it is still at work on it (base::StagedFile).
bool is_worked_on(const base::FileDescriptor& file) {
    return ::flock(file.get(), LOCK_SH | LOCK_NB) != 0;
}

std::optional<Staged> find_staged(const std::string& file) {
    std::error_code error;
    const std::string directory = fs::path(file).parent_path().string();
    fs::directory_iterator at(directory.empty() ? "." : directory, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
        const std::string name = at->path().filename().string();
        const bool is_beside =
            name.starts_with(fs::path(base::companion_path(file, "staged-")).filename().string()) ||
            name.starts_with(fs::path(base::companion_path(file, "kept-")).filename().string());
        if (!is_beside)
            continue;
        const base::FileDescriptor opened(
            ::open(at->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        Staged staged{at->path().string(), {}};
        if (opened.is_open() && ::fstat(opened.get(), &staged.status) == 0 &&
            S_ISREG(staged.status.st_mode) && is_worked_on(opened))
            return staged;
    }
    return std::nullopt;
}

bool is_after(const timespec& one, const timespec& other) {
    return one.tv_sec != other.tv_sec ? one.tv_sec > other.tv_sec : one.tv_nsec > other.tv_nsec;
}

/// It was complete when it was read, and HAProxy has not been brought further since it was made.
bool is_newest(const Staged& staged, const std::string& file, std::size_t bytes) {
    constexpr std::chrono::milliseconds time_to_write{200};
    struct stat now {};
    struct stat note {};
    const bool has_note = ::stat(base::companion_path(file, "live").c_str(), &note) == 0;
    if (::stat(staged.path.c_str(), &now) != 0)
        return false;
    const bool is_same = now.st_ino == staged.status.st_ino &&
                         now.st_size == static_cast<off_t>(bytes) &&
                         !is_after(now.st_mtim, staged.status.st_mtim);
    const auto written = system_clock::from_time_t(now.st_mtim.tv_sec) +
                         std::chrono::nanoseconds(now.st_mtim.tv_nsec);
    return is_same && (!has_note || is_after(now.st_mtim, note.st_mtim)) &&
           system_clock::now() - written > time_to_write;
}

std::optional<haproxy::Config> read_staged(const Staged& staged, const std::string& file) {
    auto text = base::read_file(staged.path);
    if (!text || !is_newest(staged, file, text->size()))
        return std::nullopt;
    auto config = haproxy::Config::parse(std::move(*text));
    return config ? std::optional(std::move(*config)) : std::nullopt;
}

std::string being_checked(const Staged& staged, const std::string& file) {
    return fmt::format("the new {} is being checked (check_cmd) since {:%H:%M:%S} UTC; the file "
                       "follows when it is accepted",
                       file, fmt::gmtime(staged.status.st_mtim.tv_sec));
}

} // namespace

ComingFile find_coming(const std::string& file) {
    const auto staged = find_staged(file);
    if (!staged)
        return {fmt::format("{} follows what hitlessd has changed in HAProxy after the pause that "
                            "there is between two runs of check_cmd",
                            file),
                false, std::nullopt};
    return {being_checked(*staged, file), true, read_staged(*staged, file)};
}

std::optional<std::string> being_checked(const std::string& file) {
    const auto staged = find_staged(file);
    return staged ? std::optional(being_checked(*staged, file)) : std::nullopt;
}

} // namespace hitless::ctl
