#pragma once

#include "hitless/base/result.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

/// Files written whole or not at all.
namespace hitless::base {

class FileDescriptor;

/// A file that is open, and that this process tells others it is at work on, until this is
/// destroyed or the process ends.
using Hold = std::shared_ptr<const FileDescriptor>;

/// Access rights of a file to be. What is left out: the mode is 0644 or the present file's, the
/// owner and group are the process's own, as in confd.
struct FileAccess {
    std::optional<mode_t> mode;
    std::optional<uid_t> uid;
    std::optional<gid_t> gid;
};

/// The file's content. An Error also where it is anything but a regular file: a fifo would keep us
/// waiting for its other end, and some devices never end.
Result<std::string> read_file(const std::string& path);

/// The same for what a user names who may mean a pipe: `-keys /dev/stdin`. Waits for its end.
Result<std::string> read_input(const std::string& path);

/// As read_file; nullopt when there is no such file. An Error: it is there, or may be, but can't be
/// read now (no descriptor is left, say), so that nobody may take it for missing.
Result<std::optional<std::string>> read_if_present(const std::string& path);

/// The same for a note of a program, in a directory where others may write: an Error also where it
/// has more bytes.
Result<std::optional<std::string>> read_note(const std::string& path, std::size_t most_bytes);
inline constexpr std::size_t most_of_note = 16UL * 1024 * 1024;

/// An Error when `path` is a directory, a fifo, a device…: anything but a regular file, a link to
/// one, or nothing yet.
Result<void> expect_regular(const std::string& path);

/// The first line of the file, which may be a pipe, without its end: a password.
Result<std::string> read_first_line(const std::string& path);

/// ".NAME.SUFFIX" beside the file: where what belongs to it is kept.
[[nodiscard]] std::string companion_path(const std::string& path, std::string_view suffix);

/// A temporary file beside its destination, complete and synced to disk; removed by the destructor
/// unless it was committed or kept.
class StagedFile {
  public:
    /// Writes `content` to ".NAME.staged-" + random beside `destination`, never more readable than
    /// asked for. `may_stay`: keep() may be called; its name has "kept" then.
    static Result<StagedFile> create(const std::string& destination, std::string_view content,
                                     const FileAccess& access, bool may_stay = false);

    StagedFile(StagedFile&& other) noexcept;
    StagedFile& operator=(StagedFile&& other) noexcept;
    ~StagedFile();

    [[nodiscard]] const std::string& path() const { return path_; }

    /// Renames it over the destination and syncs the directory. Nothing can be renamed over a mount
    /// point: such a destination is written in place (base/in_place.hpp).
    Result<void> commit();

    /// Leaves the file where it is, for -keep-stage-file.
    void keep() { path_.clear(); }

  private:
    StagedFile(std::string path, std::string destination, FileAccess access);

    std::string path_;                           ///< empty when there is nothing to remove
    std::shared_ptr<const FileDescriptor> lock_; ///< held as long as someone needs the file
    std::string destination_;
    FileAccess access_;
};

/// Tells others that this process is at work on the file. Who may only read the file can neither do
/// so nor prevent it. On a file system without locks nobody is told.
[[nodiscard]] Hold hold_file(const std::string& path);

/// Writes the file as a StagedFile. It is held from the moment that it is there. `before` is what
/// has held it until now; an Error also where somebody else does, whose file stays as it is.
Result<Hold> write_held(const std::string& path, std::string_view content, mode_t mode,
                        const Hold& before = nullptr);

/// True while what is held is the file at that path: nobody has replaced or removed it.
[[nodiscard]] bool is_of(const Hold& hold, const std::string& path);

/// Somebody holds the file at that path, and not by `own`. False also where that can't be told.
[[nodiscard]] bool is_held_by_another(const std::string& path, const Hold& own);

/// True while a process holds the file. An Error: that can't be told.
Result<bool> is_held(const std::string& path);

/// Removes the staged files for `destination` that programs which were killed have left; those that
/// a running program still needs stay. Returns their paths.
std::vector<std::string> remove_abandoned(const std::string& destination);

} // namespace hitless::base
