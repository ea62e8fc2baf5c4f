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

/// Why a server is to be planned.
enum class Why {
    compared, ///< it is compared with what HAProxy says of it: a difference is one that nobody
              ///< has asked for, and is repaired
    met,      ///< the process is new to us
    retried,  ///< HAProxy has refused it, and its pause is over
    stepping, ///< it is on its way to other options, or waits
    left,     ///< one of its name has been deleted, so that it can be added
    changed,  ///< something else is wanted of it
};

/// Why a server is not planned now.
enum class PutOff {
    no_backend, ///< it comes with the reload that brings its backend
    refused,    ///< HAProxy has refused it lately
    flaps,      ///< it comes and goes too often
    name,       ///< it isn't known yet where its name leads to
};

/// The servers of one HAProxy that something is to be done for: to be planned, or to be read back
/// after that. Says when. Pure: told the time.
class Queue {
  public:
    using Clock = std::chrono::steady_clock;
    using Server = plan::ServerChange;
    using Servers = std::set<Server>;

    /// To be planned. Of two causes the later one in `Why` counts.
    void add(const Server& server, Why why);
    /// Its line has come, or gone: one that does so too often is planned once in a while only.
    /// Returns false when it is not planned now for that.
    bool note_turn(const Server& server, Clock::time_point now) {
        flapping_.note_turn(server, now);
        return flapping_.may_be_planned(server, now) <= now;
    }

    /// A server to be planned now.
    struct Item {
        Server server;
        Why why = Why::changed;
    };
    /// Those that are to be planned now, in order; they are in the queue no more. One for which
    /// `is_possible` is false is dropped, as is one that HAProxy has refused: it comes back when
    /// its pause is over.
    std::vector<Item> take(Clock::time_point now,
                           const std::function<bool(const Server&)>& is_possible,
                           const std::function<void(const Server&, PutOff)>& put_off);

    /// take() has something to do.
    [[nodiscard]] bool has_work(Clock::time_point now) const;
    /// When it has something to do if nothing is added.
    [[nodiscard]] Clock::time_point next(Clock::time_point now) const;
    [[nodiscard]] bool any_queued() const { return !queued_.empty(); }

    /// Commands were carried out for it: it is to be read back.
    void read_back_later(const Server& server) { unverified_.insert(server); }
    /// It is on its way to other options, or waits: it is to be read back, and planned again.
    void go_on_later(const Server& server);
    [[nodiscard]] bool is_stepping(const Server& server) const {
        return stepping_.contains(server);
    }
    /// Its plan says no more that it is on its way.
    void arrive(const Server& server) { stepping_.erase(server); }

    [[nodiscard]] bool any_unverified() const { return !unverified_.empty(); }
    [[nodiscard]] bool any_stepping() const { return !stepping_.empty(); }
    [[nodiscard]] std::set<std::string> unverified_backends() const;
    /// They have been read back: they are to be planned.
    void plan_unverified();
    /// Everything has been read, and is queued: what isn't there any more is on no way.
    void forget_unverified();

    /// HAProxy has refused what was planned for it, in these words. True when they are not those of
    /// the last time.
    bool note_refused(const Server& server, std::string_view words, Clock::time_point now) {
        return refusals_.note(server, words, now);
    }
    [[nodiscard]] int times_refused(const Server& server) const { return refusals_.times(server); }
    void forget_refusal(const Server& server) { refusals_.forget(server); }
    void forget_refusals() { refusals_.forget_all(); }
    /// Some refused server is yet to be tried, so that it may come without a reload.
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
