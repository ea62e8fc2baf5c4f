#pragma once

#include "hitless/apply/holds.hpp"

#include "daemon/complaints.hpp"
#include "daemon/wake.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hitless::daemon {

/// The servers that someone holds in another state than the keys want (hitless/apply/holds.hpp), as
/// plans are to go by them.
class Holds {
  public:
    /// A note that can't be read is a trouble of `status`.
    Holds(std::string dest, Status& status);

    /// Reads the file if it has changed, drops what is over, and says both in the log. One stat()
    /// where there is nothing new.
    void refresh();

    [[nodiscard]] const plan::ManualStates& states() const { return states_; }
    /// The same, with who holds them and until when.
    [[nodiscard]] const std::map<plan::ServerId, apply::ManualHold>& all() const { return holds_; }

    /// Another number whenever states() are others.
    [[nodiscard]] std::uint64_t version() const { return version_; }

    /// Servers whose holds were over when the file was read first: nobody has ended them, perhaps.
    [[nodiscard]] const std::vector<plan::ServerId>& over() const { return over_; }

    /// When refresh() will drop something; max(): nothing is held.
    [[nodiscard]] Wake::Clock::time_point next() const;

  private:
    using Clock = apply::ManualHold::Clock;
    /// What differs when another file is there: inode, size, nanoseconds of its last change.
    struct Stamp {
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t changed = 0;

        bool operator==(const Stamp&) const = default;
    };
    [[nodiscard]] Stamp look() const;
    bool read(Clock::time_point now);
    void take(std::vector<apply::ManualHold> read, Clock::time_point now);

    std::string dest_;
    Stamp stamp_;  ///< of what was read last
    Stamp faulty_; ///< of what couldn't be read
    Clock::time_point tried_;
    bool is_read_ = false;
    Complaints complaints_;
    std::vector<plan::ServerId> over_;
    std::map<plan::ServerId, apply::ManualHold> holds_;
    plan::ManualStates states_;
    std::uint64_t version_ = 1;
    Clock::time_point first_end_ = Clock::time_point::max(); ///< of a hold
};

} // namespace hitless::daemon
