#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hitless::test {

/// A program started without a shell, in a process group of its own. The destructor kills the whole
/// group and reaps it; should the test itself die, the kernel kills the program.
class Process {
  public:
    /// `arguments[0]` is looked up in PATH. Standard output and error are appended to `log_file`.
    /// `environment` holds NAME=VALUE to add to the test's own.
    Process(std::vector<std::string> arguments, std::string log_file,
            const std::vector<std::string>& environment = {});
    ~Process();
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;

    [[nodiscard]] pid_t pid() const { return pid_; }
    void signal(int number) const;

    /// The exit status (128 + n after signal n) once it has ended within `limit`.
    std::optional<int> wait_exit(std::chrono::milliseconds limit = std::chrono::seconds(30));

    [[nodiscard]] bool running() { return !wait_exit(std::chrono::milliseconds(0)); }

    /// SIGTERM, then SIGKILL to the group when it hasn't ended within `limit`. The exit status.
    int stop(std::chrono::milliseconds limit = std::chrono::seconds(5));

    /// SIGKILL to the whole group.
    void kill();

    /// All that it has written so far.
    [[nodiscard]] std::string log() const;

  private:
    pid_t pid_ = -1;
    std::optional<int> status_;
    std::string log_file_;
};

} // namespace hitless::test
