#pragma once

#include "ctl/shell_history.hpp"

#include <csignal>
#include <cwchar>
#include <functional>
#include <histedit.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hitless::ctl {

/// Lines from someone at a terminal, with libedit: editing, history, completion. There can be only
/// one at a time. While it lives, SIGINT and the like wait for read().
class LineReader {
  public:
    /// The words that may stand where the text up to the cursor ends; see complete_command().
    using Complete = std::function<std::vector<std::string>(const std::string& before)>;

    /// `history_file`: see ShellHistory.
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
    struct EditEnd {
        void operator()(EditLine* edit) const { ::el_end(edit); }
    };

    static LineReader& of(EditLine* edit);
    static char* show_prompt(EditLine* edit);
    static int read_character(EditLine* edit, wchar_t* character);
    static unsigned char complete_word(EditLine* edit, int key);

    void bind_keys();
    bool wait_for_input();
    void mind_signal();
    void suspend();
    unsigned char complete();
    unsigned char list(const std::vector<std::string>& found);
    [[nodiscard]] std::size_t columns() const;
    void leave_line();

    Complete complete_;
    sigset_t mask_before_{};
    int signals_ = -1;
    int signal_ = 0;
    bool dropped_ = false; ///< what has been typed, by SIGINT
    std::string prompt_;
    std::string completed_; ///< the text up to the cursor after the last Tab
    std::mbstate_t partial_{};
    ShellHistory history_;
    std::unique_ptr<EditLine, EditEnd> edit_;
};

} // namespace hitless::ctl
