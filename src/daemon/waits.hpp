#pragma once

#include "hitless/haproxy/stat.hpp"

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::daemon {

/// Tells what servers wait for when they have waited for a while. Pure: told the time.
class Waits {
  public:
    using Clock = std::chrono::steady_clock;

    /// These servers ("BACKEND/NAME") were planned; of them those wait for which there is a line
    /// ("BACKEND/NAME: what for"). Returns the lines that are to be told: each once.
    std::vector<std::string> note(const std::vector<std::string>& planned,
                                  const std::vector<std::string>& waiting, Clock::time_point now);

    /// How long the longest of them has lasted.
    [[nodiscard]] Clock::duration longest(Clock::time_point now) const;

  private:
    struct Wait {
        std::string what;
        Clock::time_point since;
        bool is_told = false;
    };
    std::map<std::string, Wait, std::less<>> waits_; ///< by server
};

/// The line with the last answer of the server's check, or of its stand-in's: "…; the last check of
/// app/web1:next answered L7STS/503 (Service Unavailable)". `rows`: the statistics of its backend.
[[nodiscard]] std::string with_check_answer(std::string line,
                                            std::span<const haproxy::StatRow> rows);

} // namespace hitless::daemon
