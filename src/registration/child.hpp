#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hitless::registration {

/// The command that is run beside the registration, with its input, output and environment those of
/// this process.
class Child {
  public:
    struct Failure {
        int code = 0; ///< as a shell has it: 127 when there is no such program, 126 otherwise
        std::string text;
    };

    /// Looks `command` up in PATH and runs it. All signals do there what they do by default. It
    /// gets a process group of its own, unless standard input is a terminal, and a SIGTERM when
    /// this process dies.
    std::optional<Failure> start(const std::vector<std::string>& command);

    /// Reaps every child of this process that has ended: as process 1 of a container, it has those
    /// that others have left. To be called at SIGCHLD.
    void reap();

    /// It was started and hasn't ended.
    [[nodiscard]] bool is_running() const { return pid_ > 0 && !exit_code_; }
    /// Of the command; -1: it was never started.
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// 128 + n when signal n ended it.
    [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }

    /// Nothing happens when it isn't running.
    void signal(int number) const;
    /// SIGKILL, to its process group if it has its own.
    void kill() const;

  private:
    pid_t pid_ = -1;
    bool has_group_ = false;
    std::optional<int> exit_code_;
};

} // namespace hitless::registration
