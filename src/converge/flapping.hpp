#pragma once

#include "hitless/plan/difference.hpp"

#include <chrono>
#include <map>
#include <span>
#include <vector>

namespace hitless::converge {

/// Tells which servers come and go too often, so that each costs a bounded number of commands. A
/// server that stays and is changed, however often, is none of them.
class Flapping {
  public:
    using Clock = std::chrono::steady_clock;

    /// The server has come, or it has gone.
    void note_turn(const plan::ServerChange& server, Clock::time_point now);

    /// When it may be planned: `now`, or later for one that flaps and was planned lately.
    [[nodiscard]] Clock::time_point may_be_planned(const plan::ServerChange& server,
                                                   Clock::time_point now) const;

    /// It is being planned.
    void note_plan(const plan::ServerChange& server, Clock::time_point now);

  private:
    struct History {
        Clock::time_point begin;
        int turns = 0;
        Clock::time_point not_before;
    };

    std::map<plan::ServerChange, History> histories_;
    Clock::time_point next_cleaning_;
};

/// Those of `servers` that one of the two configurations has and the other one has not.
std::vector<plan::ServerChange> come_or_gone(const haproxy::Config& before,
                                             const haproxy::Config& after,
                                             std::span<const plan::ServerChange> servers);

} // namespace hitless::converge
