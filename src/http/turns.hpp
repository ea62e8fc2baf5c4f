#pragma once

#include <algorithm>
#include <chrono>

namespace hitless::http {

/// Shares the event loop: all clients together get a tenth of its time at most, whatever they do,
/// so that a change never waits for more than the piece of work that is being done for one of them.
/// Pure: told the time.
class Turns {
  public:
    using Clock = std::chrono::steady_clock;

    /// When the next piece of work may begin. It counts as one that costs what a piece costs: a
    /// read or a write.
    Clock::time_point take(Clock::time_point now) {
        const auto turn = std::max(now, next_);
        next_ = turn + piece * share;
        return turn;
    }

    /// A piece has cost more than that.
    void charge(Clock::duration cost) { next_ += std::min<Clock::duration>(cost, most) * share; }

  private:
    /// With what the kernel and the client do for it meanwhile, often on the same cores.
    static constexpr std::chrono::microseconds piece{100};
    static constexpr std::chrono::milliseconds most{200};
    static constexpr int share = 10;

    Clock::time_point next_ = Clock::time_point::min();
};

} // namespace hitless::http
