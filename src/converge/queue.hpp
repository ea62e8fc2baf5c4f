#pragma once

#include "hitless/plan/difference.hpp"

#include "converge/flapping.hpp"
#include "converge/refusals.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hitless::converge {

/// Why a server is to be planned. The order counts: see Queue::add().
enum class Why {
    compared, ///< it was read again, and nothing else is wanted of it: what differs is a repair
    met,      ///< another process answers, and all its servers are planned
    retried,  ///< HAProxy has refused it, and the pause after that is over
    stepping, ///< its last plan was one step of several, or found it waiting for something
    left,     ///< it was deleted, so that it can be added if it is wanted again; or it stays
    changed,  ///< something else is wanted of it
};

/// Why a server is not planned now.
enum class PutOff {
    no_backend, ///< it comes with the reload that brings its backend
    refused,    ///< HAProxy has refused it, and the pause after that isn't over
    flaps,      ///< it comes and goes too often
    name,       ///< the addresses of its host name aren't known yet
};

/// The server that this one stands in for; itself, where it stands in for none.
[[nodiscard]] plan::ServerId original_of(const plan::ServerId& server);

/// The servers of one HAProxy that are to be planned, or to be read back after that, and when. Has
/// no clock: the time is told.
class Queue {
  public:
    using Clock = std::chrono::steady_clock;
    using Server = plan::ServerId;
    using Servers = std::set<Server>;

    /// The server is to be planned. If it is queued already, the cause that stands later in `Why`
    /// counts: so a change that somebody wants is never taken for a repair.
    void add(const Server& server, Why why);
    /// Its line has come, or gone. Returns false when it has done so too often to be planned now.
    bool note_turn(const Server& server, Clock::time_point now) {
        flapping_.note_turn(server, now);
        return flapping_.may_be_planned(server, now) <= now;
    }

    /// A server to be planned now.
    struct Item {
        Server server;
        Why why = Why::changed;
    };
    /// Takes those that are to be planned now out of the queue, sorted by server. One that flaps
    /// stays in the queue. One for which `is_possible` is false is dropped. So is one whose pause
    /// after a refusal isn't over: retry_due() adds it again.
    std::vector<Item> take(Clock::time_point now,
                           const std::function<bool(const Server&)>& is_possible,
                           const std::function<void(const Server&, PutOff)>& put_off);

    /// take() has something to do.
    [[nodiscard]] bool has_work(Clock::time_point now) const;
    /// When take(), or retry_due(), has something to do if nothing is added.
    [[nodiscard]] Clock::time_point next(Clock::time_point now) const;
    [[nodiscard]] bool any_queued() const { return !queued_.empty(); }
    /// All that are to be planned, and why.
    [[nodiscard]] const std::map<Server, Why>& queued() const { return queued_; }

    /// Commands were carried out for it: it is to be read back.
    void read_back_later(const Server& server) { unverified_.insert(server); }
    /// Its plan was one step of several, or found it waiting: it is to be read back and planned
    /// again.
    void step_again_later(const Server& server);
    [[nodiscard]] bool is_stepping(const Server& server) const {
        return stepping_.contains(server);
    }
    /// It is planned anew, so that its last plan counts no more; step_again_later() may follow.
    void forget_step(const Server& server) { stepping_.erase(server); }

    [[nodiscard]] bool any_unverified() const { return !unverified_.empty(); }
    [[nodiscard]] bool any_stepping() const { return !stepping_.empty(); }
    [[nodiscard]] std::set<std::string> unverified_backends() const;
    /// The unverified servers have been read back, and are to be planned.
    void plan_unverified();
    /// All servers have been read and queued, so that none is to be read back. One that isn't
    /// queued is neither wanted nor there, so that no step of it is left.
    void forget_unverified();

    /// HAProxy has refused what was planned for it, in these words. True when it used other words
    /// the last time.
    bool note_refused(const Server& server, std::string_view words, Clock::time_point now) {
        return refusals_.note(server, words, now);
    }
    [[nodiscard]] int times_refused(const Server& server) const { return refusals_.times(server); }
    void forget_refusal(const Server& server) { refusals_.forget(server); }
    void forget_refusals() { refusals_.forget_all(); }
    /// Some server was refused, but less often than that, so that it may come without a reload.
    [[nodiscard]] bool any_refused_below(int times) const { return refusals_.any_below(times); }
    [[nodiscard]] bool any_refused() const { return refusals_.next() != Clock::time_point::max(); }

    /// Adds those that were refused and whose pause is over.
    void retry_due(Clock::time_point now);

  private:
    std::map<Server, Why> queued_;
    Servers unverified_;
    Servers stepping_;
    Flapping flapping_;
    Refusals refusals_;
};

} // namespace hitless::converge
