#pragma once

#include "hitless/base/result.hpp"

#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace hitless::base {

/// Owns a file descriptor.
class FileDescriptor {
  public:
    explicit FileDescriptor(int fd = -1) : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~FileDescriptor() {
        if (fd_ >= 0)
            ::close(fd_);
    }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

/// "can't DO THING: No such file or directory", from errno.
Error system_error(std::string_view what);

/// Opens a note of this program for writing, as open() does with these flags; a new one has the
/// mode 0600. A fifo or a link, which somebody else must have put there, is removed first: it must
/// neither keep us waiting nor lead us to another file.
Result<FileDescriptor> open_note(const std::string& path, int flags);

} // namespace hitless::base
