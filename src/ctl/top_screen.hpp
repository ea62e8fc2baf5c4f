#pragma once

#include "ctl/top_frame.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace hitless::ctl {

/// True when ncurses has a description of the terminal of $TERM.
[[nodiscard]] bool is_known_terminal();

/// The terminal in full-screen mode, as long as this lives.
class TopScreen {
  public:
    /// Null when ncurses doesn't know the terminal of $TERM.
    static std::unique_ptr<TopScreen> open(bool colour);
    ~TopScreen();
    TopScreen(const TopScreen&) = delete;
    TopScreen& operator=(const TopScreen&) = delete;

    /// Takes the terminal's present size.
    void resize();
    [[nodiscard]] FrameSize size() const;
    void show(const std::vector<FrameLine>& frame);
    /// The next key that has come, without waiting.
    std::optional<TopKey> key();

  private:
    explicit TopScreen(void* screen, bool colour);

    void* screen_; ///< ncurses' SCREEN, whose header has too many macros to be here
    bool colour_;
    bool ascii_;
};

} // namespace hitless::ctl
