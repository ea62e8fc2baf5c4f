#pragma once

#include "hitless/plan/object.hpp"

#include <chrono>
#include <map>

namespace hitless::converge {

/// Tells which objects come and go too often, so that each costs a bounded number of commands.
/// Changes of an object that stays don't count.
class Flapping {
  public:
    using Clock = std::chrono::steady_clock;

    /// The object has come, or it has gone.
    void note_turn(const plan::ObjectId& object, Clock::time_point now);

    /// When it may be planned: `now`, or later for one that flaps and was planned lately.
    [[nodiscard]] Clock::time_point may_be_planned(const plan::ObjectId& object,
                                                   Clock::time_point now) const;

    /// It is being planned.
    void note_plan(const plan::ObjectId& object, Clock::time_point now);

  private:
    struct History {
        Clock::time_point begin;      ///< of the time in which the turns are counted
        int turns = 0;                ///< how often it has come or gone since then
        Clock::time_point not_before; ///< it isn't planned again before
    };

    std::map<plan::ObjectId, History> histories_;
    Clock::time_point next_cleaning_;
};

} // namespace hitless::converge
