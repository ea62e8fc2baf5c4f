#pragma once

#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hitless::ctl {

/// Lines from someone at a terminal, with GNU readline: editing, history, completion. There can be
/// only one at a time. While it lives, SIGINT and the like wait for read().
class LineReader {
  public:
    /// The words that may stand where the text up to the cursor ends; see complete_command().
    using Complete = std::function<std::vector<std::string>(const std::string& before)>;

    /// `history_file` is made if need be, for its owner only; empty: no history is kept.
    LineReader(std::string history_file, Complete complete);
    ~LineReader();
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;

    /// The next line; nullopt at the end of input and after a signal. SIGINT only drops what has
    /// been typed.
    std::optional<std::string> read(const std::string& prompt);

    /// The signal that ended it, or 0.
    [[nodiscard]] int signal() const { return signal_; }
    /// There is something to read from this file when a signal waits for read().
    [[nodiscard]] int signals_file() const { return signals_; }

  private:
    static void take_line(char* line);
    static char** complete_word(const char* text, int start, int end);

    void mind_signal();
    void suspend();
    void remember(const std::string& line);

    std::string history_file_;
    Complete complete_;
    sigset_t mask_before_{};
    int signals_ = -1;
    int signal_ = 0;
    bool finished_ = false; ///< with this line
    std::optional<std::string> line_;
};

/// $XDG_STATE_HOME/hitlessctl/history, or ~/.local/state/hitlessctl/history; empty when neither is
/// known.
[[nodiscard]] std::string usual_history_file();

} // namespace hitless::ctl
