#pragma once

#include "hitless/live/kind.hpp"
#include "hitless/plan/plan.hpp"

#include <map>
#include <set>
#include <span>

namespace hitless::converge {

/// Which objects of a running HAProxy only a reload can bring to what is wanted, and why. What is
/// owed stays owed until a plan for the same object, a reload or another process says otherwise.
class ObjectObstacles {
  public:
    /// Takes over the obstacles that a plan for these objects has found. Returns the objects for
    /// which HAProxy was reloaded with the same cause before, and which are no further.
    std::map<plan::ObjectId, plan::Cause> note_plan(std::span<const plan::ObjectId> objects,
                                                    const plan::Plan& plan);

    /// HAProxy's answers have shown that commands don't help this object. A reload is owed until a
    /// plan finds nothing to do for it. False when a reload with the same cause didn't help before.
    bool need(const plan::ObjectId& object, const plan::Cause& cause);

    /// Something else is wanted of the object from now on, so that a reload may help it again.
    void note_change(const plan::ObjectId& object);

    /// HAProxy was reloaded, so that nothing is owed. If the same cause is found again for an
    /// object, the reload didn't help it. `newer`: how what is wanted now differs from what HAProxy
    /// was reloaded with; of that, the reload says nothing.
    void note_reloaded(const live::Changes& newer);

    /// Another process answers, of which nothing is known.
    void forget_all();

    [[nodiscard]] plan::Obstacles obstacles() const;
    [[nodiscard]] bool any() const { return !planned_.empty() || !shown_.empty(); }

  private:
    plan::Obstacles planned_; ///< what plans have said
    plan::Obstacles shown_;   ///< what HAProxy's answers have shown
    using Causes = std::map<plan::ObjectId, std::set<plan::Cause>>;

    [[nodiscard]] bool is_in_vain(const plan::ObjectId& object, const plan::Cause& cause);
    void note_done(const plan::ObjectId& object);

    Causes tried_;    ///< what the last reload was for; whether it has helped isn't known
    Causes hopeless_; ///< what no reload has mended
};

} // namespace hitless::converge
