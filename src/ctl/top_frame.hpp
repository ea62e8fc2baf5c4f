#pragma once

#include "ctl/top_model.hpp"

#include <string>
#include <vector>

/// How `top` looks: pure, so that it is tested without a terminal.
namespace hitless::ctl {

enum class Tone { plain, strong, title, selected, good, warning, bad };

/// Text of one tone; safe for a terminal.
struct Piece {
    std::string text;
    Tone tone = Tone::plain;
};
using FrameLine = std::vector<Piece>;

/// How much a terminal takes.
struct FrameSize {
    std::size_t rows = 24;
    std::size_t columns = 80;
    bool ascii = false; ///< no other signs than those of ASCII
};

/// How many of the rows are left for the list.
[[nodiscard]] std::size_t list_rows(FrameSize size);

/// The whole screen, from the top. A line may be shorter or longer than the screen is wide.
[[nodiscard]] std::vector<FrameLine> draw(const TopModel& model, FrameSize size);

} // namespace hitless::ctl
