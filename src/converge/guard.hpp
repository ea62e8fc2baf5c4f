#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/plan/guard.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hitless::converge {

/// Holds a change that takes too many servers away until its delay is over or a person confirms it.
/// Has no clock: the time is told.
class Guard {
  public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;

    struct Options {
        plan::GuardLimits limits;
        Clock::duration delay{}; ///< what is held goes through after this
    };

    explicit Guard(Options options) : options_(options) {}

    /// What pass() has found, for the log.
    struct Finding {
        enum class Kind {
            all_held,      ///< the keys come from another, empty store, so all removals are held
            keys_are_back, ///< after all_held: the change takes nothing away any more
            all_due,       ///< after all_held: the delay is over
            held,          ///< the backend would lose too many servers
            due,           ///< after held: the delay is over, and the backend loses them
            released,      ///< after held: enough of the backend's servers are back
        };
        Kind kind = Kind::held;
        std::string backend;              ///< of held, due and released
        std::string reason;               ///< of held and due, in words
        std::vector<std::string> servers; ///< of held and due: those that the backend would lose
    };

    /// What may go on of a change.
    struct Verdict {
        std::optional<haproxy::Config> instead; ///< nullopt: all of it
        std::vector<Finding> findings;
    };

    /// Judges the change from `before`, which was passed the last time, to `after`. `distrust`: the
    /// store that the keys come from has just lost them. So for the delay all that takes something
    /// away is held, and a confirmation that was given before counts for nothing.
    Verdict pass(const haproxy::Config& before, const haproxy::Config& after, bool distrust,
                 Time now);

    /// What is held goes through at the next pass(). Nothing while nothing is held.
    void confirm();

    /// When pass() is to be called again, since something goes through then: not before the epoch
    /// of the clock where something is confirmed; max() while nothing is held.
    [[nodiscard]] Time next() const { return next_; }
    [[nodiscard]] bool holds() const { return next_ != Time::max(); }

    struct Held {
        std::string backend; ///< empty: everything
        std::string reason;  ///< empty for everything
        Time until;
    };
    [[nodiscard]] std::vector<Held> held() const;

  private:
    void note_peaks(const haproxy::Config& before, const haproxy::Config& after, Time now);
    void hold_all(const haproxy::Config& before, const haproxy::Config& after, Verdict& verdict);
    void hold_backends(const haproxy::Config& before, const haproxy::Config& after, Time now,
                       Verdict& verdict);
    void hold(const plan::Hold& hold, Time since);

    struct Peak {
        std::size_t servers = 0;
        Time fell; ///< when it last had fewer than before
    };
    struct Since {
        Time since;
        std::string reason;
    };

    Options options_;
    std::map<std::string, Since, std::less<>> held_; ///< by backend
    std::map<std::string, Peak, std::less<>> peaks_;
    std::optional<Time> distrusted_until_;
    bool holds_all_ = false;
    bool confirmed_ = false;
    Time next_ = Time::max();
};

} // namespace hitless::converge
