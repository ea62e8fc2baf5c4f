#pragma once

#include "hitless/daemon/daemon.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/guard.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Holds changes that take too many servers away, until time or a person confirms them.
class Guard {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Guard(const Options& options);

    /// What may replace `before` of `after`; nullopt: all of it. `distrust`: from now on, and for
    /// the delay, every change that takes something away is held, since the store that it comes
    /// from has lost its keys. `gone`: keys that were deleted lately, for the messages.
    std::optional<haproxy::Config> pass(const haproxy::Config& before, const haproxy::Config& after,
                                        bool distrust, const std::vector<std::string>& gone);

    /// What is held goes through at the next pass().
    void confirm();

    /// Logs at once what would be logged together with what is held a moment later.
    void tell_the_rest() { tell_held(Clock::time_point::max()); }

    /// What is held, and until when, in words.
    [[nodiscard]] std::vector<std::string> held() const;

    /// When time lets something through: pass() is to be called again; max() while nothing is held.
    [[nodiscard]] Clock::time_point next() const { return next_; }

  private:
    void note_peaks(const haproxy::Config& before, const haproxy::Config& after);
    std::optional<haproxy::Config> hold_all(const haproxy::Config& before,
                                            const haproxy::Config& after);
    std::optional<haproxy::Config> hold_backends(const haproxy::Config& before,
                                                 const haproxy::Config& after,
                                                 const std::vector<std::string>& gone);
    void note_held(const plan::Hold& hold, Clock::time_point since,
                   std::vector<std::string> missing, const std::vector<std::string>& gone);
    void tell_held(Clock::time_point now);
    [[nodiscard]] static std::string when_applied(Clock::time_point until);

    struct Peak {
        std::size_t servers = 0;
        Clock::time_point fell; ///< when it last had fewer than before
    };

    const Options& options_;
    plan::GuardLimits limits_;
    struct Held {
        Clock::time_point since;
        std::string reason;
        std::vector<std::string> servers; ///< that would go
        std::vector<std::string> keys;    ///< that were deleted when these servers went
        bool is_told = false;
    };
    std::map<std::string, Held, std::less<>> held_; ///< by backend
    std::map<std::string, Peak, std::less<>> peaks_;
    std::optional<Clock::time_point> distrusted_until_;
    bool holds_all_ = false;
    bool confirmed_ = false;
    Clock::time_point next_ = Clock::time_point::max();
};

} // namespace hitless::daemon
