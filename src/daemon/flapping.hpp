#pragma once

#include "hitless/plan/difference.hpp"

#include <chrono>
#include <map>

namespace hitless::daemon {

/// Tells which servers come and go too often, so that each costs a bounded number of commands.
class Flapping {
  public:
    using Clock = std::chrono::steady_clock;

    /// The keys want another state for this server.
    void note_change(const plan::ServerChange& server, Clock::time_point now);

    /// When it may be planned: `now`, or later for one that flaps and was planned lately.
    [[nodiscard]] Clock::time_point may_be_planned(const plan::ServerChange& server,
                                                   Clock::time_point now) const;

    /// It is being planned.
    void note_plan(const plan::ServerChange& server, Clock::time_point now);

  private:
    struct History {
        Clock::time_point begin;
        int changes = 0;
        Clock::time_point not_before;
    };

    std::map<plan::ServerChange, History> histories_;
    Clock::time_point next_cleaning_;
};

} // namespace hitless::daemon
