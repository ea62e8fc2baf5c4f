#pragma once

#include "ctl/top_frame.hpp"

#include <string>
#include <vector>

namespace hitless::ctl {

/// The columns of top's list that fit on the screen.
class TopColumns {
  public:
    explicit TopColumns(FrameSize size);

    /// Their titles; that by which the list is sorted has an arrow.
    [[nodiscard]] FrameLine titles(const TopChoice& choice) const;
    [[nodiscard]] FrameLine row(const TopEntry& entry, const TopChoice& choice,
                                bool selected) const;

  private:
    enum class What { name, state, weight, sessions, queue, requests, errors, age, check };
    struct Shown {
        What what;
        std::size_t width;
    };

    [[nodiscard]] std::string cell(What what, const TopEntry& entry, const TopChoice& choice) const;
    [[nodiscard]] std::string name(const TopEntry& entry, const TopChoice& choice) const;

    FrameSize size_;
    std::vector<Shown> shown_;
    std::size_t bar_;
};

/// `fraction` of `width` filled.
[[nodiscard]] std::string bar(double fraction, std::size_t width, bool ascii);
/// Red when nearly full.
[[nodiscard]] Tone tone_of_load(double fraction);
/// A rate in few signs: "0", "0.5", "12", "3400", "1.2M"; "-" for none.
[[nodiscard]] std::string rate_text(std::optional<double> rate);
/// The first `width` columns of the text, filled up with blanks; on the left for numbers.
[[nodiscard]] std::string fitted(const std::string& text, std::size_t width, bool right = false);

} // namespace hitless::ctl
