#pragma once

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hitless::test {

/// A terminal with a program in it: tmux, which shows what is really on the screen.
class Terminal {
  public:
    /// Runs the shell script in it. `@DIR@` in the script stands for directory().
    explicit Terminal(std::string script, int columns = 100, int rows = 24);
    ~Terminal();

    [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }

    /// The text on the screen, a line each.
    [[nodiscard]] std::string screen() const;
    /// Waits until the text is there, or gone.
    [[nodiscard]] bool shows(const std::string& text) const;
    [[nodiscard]] bool hides(const std::string& text) const;
    /// Keys as tmux names them: "q", "Down", "Enter", "C-c".
    void press(const std::vector<std::string>& keys) const;
    /// The text as it is.
    void type(const std::string& text) const;
    void resize(int columns, int rows) const;
    /// The program uses the screen beside the usual one.
    [[nodiscard]] bool is_full_screen() const;

  private:
    /// The output of a tmux command.
    [[nodiscard]] std::string tmux(const std::vector<std::string>& words) const;

    TemporaryDirectory directory_;
    std::optional<Process> server_;
};

/// A script for Terminal: runs the command, whose process is then in @DIR@/pid, and tells its exit
/// status as "status N" when it has ended. What `stty -a` says is in @DIR@/before and @DIR@/after.
std::string watched(const std::string& command);

} // namespace hitless::test
