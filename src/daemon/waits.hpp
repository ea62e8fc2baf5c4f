#pragma once

#include "hitless/haproxy/stat.hpp"
#include "hitless/plan/plan.hpp"

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Tells what servers wait for when they have waited for a while. Pure: told the time.
class Waits {
  public:
    using Clock = std::chrono::steady_clock;

    /// These servers were planned; of them those wait that are in `waiting`, which says what for.
    /// Returns what is to be told: each once.
    std::vector<plan::Remark> note(std::span<const plan::ObjectId> planned,
                                   std::span<const plan::Remark> waiting, Clock::time_point now);

    /// How long the longest of them has lasted.
    [[nodiscard]] Clock::duration longest(Clock::time_point now) const;

  private:
    struct Wait {
        std::string what;
        Clock::time_point since;
        bool is_told = false;
    };
    std::map<plan::ObjectId, Wait> waits_;
};

/// The wait in words, with the last answer of the server's check, or of its stand-in's: "…; the
/// last check of app/web1:next answered L7STS/503 (Service Unavailable)". `rows`: the statistics of
/// its backend.
[[nodiscard]] std::string with_check_answer(const plan::Remark& wait,
                                            std::span<const haproxy::StatRow> rows);

} // namespace hitless::daemon
