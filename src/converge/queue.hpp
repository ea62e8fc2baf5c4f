#pragma once

#include "hitless/live/kind.hpp"

#include "converge/flapping.hpp"
#include "converge/refusals.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hitless::converge {

/// Why an object is to be planned. The order counts: see Queue::add().
enum class Why {
    compared, ///< it was read again, and nothing else is wanted of it: what differs is a repair
    met,      ///< another process answers, and all its objects are planned
    retried,  ///< HAProxy has refused it, and the pause after that is over
    stepping, ///< its last plan was one step of several, or found it waiting for something
    left,     ///< it was deleted, so that it can be added if it is wanted again; or it stays
    changed,  ///< something else is wanted of it
};

/// Why an object is not planned now.
enum class PutOff {
    comes_with_reload, ///< it comes with the reload that brings the section it belongs to
    refused,           ///< HAProxy has refused it, and the pause after that isn't over
    flaps,             ///< it comes and goes too often
    name,              ///< the addresses of its host name aren't known yet
};

/// The objects of one HAProxy that are to be planned, or to be read back after that, and when. Has
/// no clock: the time is told.
class Queue {
  public:
    using Clock = std::chrono::steady_clock;
    using Object = plan::ObjectId;
    using Objects = std::set<Object>;
    using UnverifiedScopes = std::map<Object::Kind, live::Scopes>;

    /// The object is to be planned. If it is queued already, the cause that stands later in `Why`
    /// counts: so a change that somebody wants is never taken for a repair.
    void add(const Object& object, Why why);
    /// Its line has come, or gone. Returns false when it has done so too often to be planned now.
    bool note_turn(const Object& object, Clock::time_point now) {
        flapping_.note_turn(object, now);
        return flapping_.may_be_planned(object, now) <= now;
    }

    /// An object to be planned now.
    struct Item {
        Object object;
        Why why = Why::changed;
    };
    /// Takes those that are to be planned now out of the queue, sorted by object. One that flaps
    /// stays in the queue. One for which `is_possible` is false is dropped. So is one whose pause
    /// after a refusal isn't over: retry_due() adds it again.
    std::vector<Item> take(Clock::time_point now,
                           const std::function<bool(const Object&)>& is_possible,
                           const std::function<void(const Object&, PutOff)>& put_off);

    /// take() has something to do.
    [[nodiscard]] bool has_work(Clock::time_point now) const;
    /// When take(), or retry_due(), has something to do if nothing is added.
    [[nodiscard]] Clock::time_point next(Clock::time_point now) const;
    [[nodiscard]] bool any_queued() const { return !queued_.empty(); }
    /// All that are to be planned, and why.
    [[nodiscard]] const std::map<Object, Why>& queued() const { return queued_; }

    /// Commands were carried out for it: it is to be read back.
    void read_back_later(const Object& object) { unverified_.insert(object); }
    /// Its plan was one step of several, or found it waiting: it is to be read back and planned
    /// again.
    void step_again_later(const Object& object);
    [[nodiscard]] bool is_stepping(const Object& object) const {
        return stepping_.contains(object);
    }
    /// It is planned anew, so that its last plan counts no more; step_again_later() may follow.
    void forget_step(const Object& object) { stepping_.erase(object); }

    [[nodiscard]] bool any_unverified() const { return !unverified_.empty(); }
    [[nodiscard]] bool any_stepping() const { return !stepping_.empty(); }
    [[nodiscard]] UnverifiedScopes unverified_scopes() const;
    /// The unverified objects have been read back, and are to be planned.
    void plan_unverified();
    /// All objects have been read and queued, so that none is to be read back. One that isn't
    /// queued is neither wanted nor there, so that no step of it is left.
    void forget_unverified();

    /// HAProxy has refused what was planned for it, in these words. True when it used other words
    /// the last time.
    bool note_refused(const Object& object, std::string_view words, Clock::time_point now) {
        return refusals_.note(object, words, now);
    }
    [[nodiscard]] int times_refused(const Object& object) const { return refusals_.times(object); }
    void forget_refusal(const Object& object) { refusals_.forget(object); }
    void forget_refusals() { refusals_.forget_all(); }
    /// Some object was refused, but less often than that, so that it may come without a reload.
    [[nodiscard]] bool any_refused_below(int times) const { return refusals_.any_below(times); }
    [[nodiscard]] bool any_refused() const { return refusals_.next() != Clock::time_point::max(); }

    /// Adds those that were refused and whose pause is over.
    void retry_due(Clock::time_point now);

  private:
    std::map<Object, Why> queued_;
    Objects unverified_;
    Objects stepping_;
    Flapping flapping_;
    Refusals refusals_;
};

} // namespace hitless::converge
