#pragma once

#include <filesystem>
#include <string>

namespace hitless::test {

/// A new, empty directory that goes away, with all that is in it, at the end of its scope.
class TemporaryDirectory {
  public:
    /// Below $TMPDIR or /tmp.
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// The path of `name` inside it.
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return (path_ / name).string();
    }

    /// Writes a file in it, making the directories on the way; returns its path.
    std::string write(const std::string& name, const std::string& content) const;

  private:
    std::filesystem::path path_;
};

/// The whole content of a file; empty when it can't be read.
std::string read_text(const std::string& path);

} // namespace hitless::test
