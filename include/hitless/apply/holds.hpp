#pragma once

#include "hitless/base/result.hpp"
#include "hitless/plan/manual.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// A note beside dest of the servers that someone holds in another state than the keys want, for a
/// while (`hitlessctl drain --for`). hitlessctl writes it, and hitlessd goes by it.
namespace hitless::apply {

struct ManualHold {
    using Clock = std::chrono::system_clock;

    plan::ServerId server;
    plan::ManualState state;
    Clock::time_point since;
    Clock::time_point until;
    std::string because; ///< in the words of who holds it; may be empty
    std::string by;      ///< that user's name

    bool operator==(const ManualHold&) const = default;
};

/// The file's name beside dest.
[[nodiscard]] std::string holds_path(const std::string& dest);

/// What the file's text says, by server, or an Error; of a server that is there twice the later
/// one. Pure.
Result<std::vector<ManualHold>> parse_holds(std::string_view text);
[[nodiscard]] std::string to_text(const std::vector<ManualHold>& holds);

/// Those that end after `now`. None when there is no such file. Blocks.
Result<std::vector<ManualHold>> read_holds(const std::string& dest,
                                           ManualHold::Clock::time_point now);

/// Replaces the holds beside dest by what `change` makes of those that are not over for a day, safe
/// against others who do so at the same time. Blocks; `patience`: for whoever has locked them.
Result<void> change_holds(const std::string& dest,
                          const std::function<void(std::vector<ManualHold>&)>& change,
                          std::chrono::milliseconds patience = std::chrono::seconds(3));

/// "drain", "maint", "weight 5".
[[nodiscard]] std::string to_string(const plan::ManualState& state);

/// "drain until 2026-11-26 14:05:00 UTC, by ann: new disk".
[[nodiscard]] std::string describe(const ManualHold& hold);

/// What plans are to go by.
[[nodiscard]] plan::ManualStates states_of(const std::vector<ManualHold>& holds);

} // namespace hitless::apply
