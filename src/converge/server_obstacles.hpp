#pragma once

#include "hitless/plan/plan.hpp"

#include <map>
#include <set>
#include <span>

namespace hitless::converge {

/// Which servers of a running HAProxy only a reload can bring to what is wanted, and why. What is
/// owed stays owed until a plan for the same server, a reload or another process says otherwise.
class ServerObstacles {
  public:
    /// Takes over the obstacles that a plan for these servers has found. Returns the servers for
    /// which HAProxy was reloaded with the same cause before, and which are no further.
    std::map<plan::ServerId, plan::Cause> note_plan(std::span<const plan::ServerId> servers,
                                                    const plan::Plan& plan);

    /// HAProxy's answers have shown that commands don't help this server. A reload is owed until a
    /// plan finds nothing to do for it. False when a reload with the same cause didn't help before.
    bool need(const plan::ServerId& server, const plan::Cause& cause);

    /// Something else is wanted of the server from now on, so that a reload may help it again.
    void note_change(const plan::ServerId& server);

    /// HAProxy was reloaded, so that nothing is owed. If the same cause is found again for a
    /// server, the reload didn't help it. `newer`: how what is wanted now differs from what HAProxy
    /// was reloaded with; of that, the reload says nothing.
    void note_reloaded(const plan::Difference& newer);

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
