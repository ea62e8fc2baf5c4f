#pragma once

#include "hitless/plan/plan.hpp"

#include <map>
#include <set>
#include <span>

namespace hitless::converge {

/// Which servers of a running HAProxy only a reload can bring to what is wanted, and why. What is
/// owed stays owed until a plan for the same server, a reload or another process says otherwise.
class OwedReload {
  public:
    /// What a plan says of the servers that it was made for. Returns those that a reload did not
    /// bring any further, and why it was thought to.
    std::map<plan::ServerChange, plan::Cause> note_plan(std::span<const plan::ServerChange> servers,
                                                        const plan::Plan& plan);

    /// Commands can't do it for this server, as its answers have shown. Owed until a plan finds
    /// nothing to do for it. False when a reload was of no use before.
    bool need(const plan::ServerChange& server, const plan::Cause& cause);

    /// Something else is wanted of the server from now on: what was tried before counts no more.
    void note_change(const plan::ServerChange& server);

    /// HAProxy was reloaded; `newer`: how what is wanted now differs from what it was reloaded
    /// with.
    void note_reloaded(const plan::Difference& newer);

    /// Another process answers, of which nothing is known.
    void forget_all();

    [[nodiscard]] plan::Obstacles obstacles() const;
    [[nodiscard]] bool any() const { return !planned_.empty() || !shown_.empty(); }

  private:
    plan::Obstacles planned_; ///< what plans have said
    plan::Obstacles shown_;   ///< what HAProxy's answers have shown
    /// What no reload has mended.
    std::map<plan::ObjectId, std::set<plan::Cause>> hopeless_;
};

} // namespace hitless::converge
