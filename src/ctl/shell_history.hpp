#pragma once

#include <histedit.h>
#include <memory>
#include <string>

namespace hitless::ctl {

/// The lines that were typed before, in a file with one line each. Several shells may add to it.
class ShellHistory {
  public:
    /// The file is made if need be, for its owner only; empty: no history is kept.
    explicit ShellHistory(std::string file);
    /// Leaves only the newest lines in the file.
    ~ShellHistory();
    ShellHistory(const ShellHistory&) = delete;
    ShellHistory& operator=(const ShellHistory&) = delete;

    /// Lets Up, Down and Ctrl-R find the lines.
    void serve(EditLine* edit) const;
    /// A line that begins with a blank is not kept, as in bash, nor is one twice in a row.
    void remember(const std::string& line);

  private:
    struct End {
        void operator()(History* history) const { ::history_end(history); }
    };

    void enter(const std::string& line);

    std::string file_;
    std::string last_;
    std::unique_ptr<History, End> lines_;
};

/// $XDG_STATE_HOME/hitlessctl/history, or ~/.local/state/hitlessctl/history; empty when neither is
/// known.
[[nodiscard]] std::string usual_history_file();

} // namespace hitless::ctl
