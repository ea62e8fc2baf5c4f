#pragma once

#include "hitless/plan/difference.hpp"

#include <chrono>
#include <map>
#include <span>
#include <vector>

namespace hitless::converge {

/// Tells which servers come and go too often, so that each costs a bounded number of commands.
/// Changes of a server that stays don't count.
class Flapping {
  public:
    using Clock = std::chrono::steady_clock;

    /// The server has come, or it has gone.
    void note_turn(const plan::ServerId& server, Clock::time_point now);

    /// When it may be planned: `now`, or later for one that flaps and was planned lately.
    [[nodiscard]] Clock::time_point may_be_planned(const plan::ServerId& server,
                                                   Clock::time_point now) const;

    /// It is being planned.
    void note_plan(const plan::ServerId& server, Clock::time_point now);

  private:
    struct History {
        Clock::time_point begin;      ///< of the time in which the turns are counted
        int turns = 0;                ///< how often it has come or gone since then
        Clock::time_point not_before; ///< it isn't planned again before
    };

    std::map<plan::ServerId, History> histories_;
    Clock::time_point next_cleaning_;
};

/// Those of `servers` that only one of the two configurations has.
std::vector<plan::ServerId> come_or_gone(const haproxy::Config& before,
                                         const haproxy::Config& after,
                                         std::span<const plan::ServerId> servers);

} // namespace hitless::converge
