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

    /// What is held.
    struct Held {
        std::string backend;              ///< empty: everything
        std::string reason;               ///< empty for everything
        std::vector<std::string> servers; ///< that would go
        std::vector<std::string> keys; ///< that were deleted when these servers went, some of them
        Time until;
    };

    /// What has happened, for the log.
    struct Finding {
        enum class Kind {
            all_held,      ///< the keys come from another, empty store, so all removals are held
            keys_are_back, ///< after all_held: the change takes nothing away any more
            all_due,       ///< after all_held: the delay is over
            held,          ///< these backends would lose too many servers
            due,           ///< after held: the delay is over, and the backend loses them
            released,      ///< after held: enough of the backend's servers are back
        };
        Kind kind = Kind::held;
        std::vector<Held> held; ///< all that the finding is about
    };

    /// What may go on of a change.
    struct Verdict {
        std::optional<haproxy::Config> instead; ///< nullopt: all of it
        std::vector<Finding> findings;
    };

    /// Backends that are held within this time are one finding.
    static constexpr std::chrono::milliseconds burst_time{200};

    /// Judges the change from `before`, which was passed the last time, to `after`. `deleted`: keys
    /// that were deleted since then. `distrust`: the store that the keys come from has just lost
    /// them. So for the delay all that takes something away is held, and a confirmation that was
    /// given before counts for nothing.
    Verdict pass(const haproxy::Config& before, const haproxy::Config& after, bool distrust,
                 const std::vector<std::string>& deleted, Time now);

    /// The findings that pass() keeps back for a moment, to tell several backends at once. For the
    /// end, when no pass() follows.
    [[nodiscard]] std::vector<Finding> rest();

    /// What is held goes through at the next pass(). Nothing while nothing is held.
    void confirm();

    /// When pass() is to be called again: min() when what is held was confirmed, max() while
    /// nothing is held.
    [[nodiscard]] Time next() const { return next_; }
    [[nodiscard]] bool holds() const { return next_ != Time::max(); }

    [[nodiscard]] std::vector<Held> held() const;

  private:
    void note_peaks(const haproxy::Config& before, const haproxy::Config& after, Time now);
    bool hold_all(const haproxy::Config& before, const haproxy::Config& after, Verdict& verdict);
    void hold_backends(const haproxy::Config& before, const haproxy::Config& after,
                       const std::vector<std::string>& deleted, Time now, Verdict& verdict);
    void note_held(const plan::HeldBackend& hold, Time until, std::vector<std::string> servers,
                   const std::vector<std::string>& deleted);
    void find_untold(Time now, std::vector<Finding>& findings);

    struct Peak {
        std::size_t servers = 0;
        Time fell; ///< when it last had fewer than before
    };
    struct Backend {
        Held held;
        bool is_told = false; ///< there was a finding of it
    };

    Options options_;
    std::map<std::string, Backend, std::less<>> held_; ///< by backend
    std::map<std::string, Peak, std::less<>> peaks_;
    std::optional<Time> distrusted_until_;
    bool holds_all_ = false;
    bool confirmed_ = false;
    Time next_ = Time::max();
};

} // namespace hitless::converge
