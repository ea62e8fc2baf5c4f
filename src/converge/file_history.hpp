#pragma once

#include "hitless/haproxy/config.hpp"

#include <deque>

namespace hitless::converge {

/// What the configuration file has said, and since when: a process was started from what it said
/// then. Pure: told the time, in seconds since 1970, as HAProxy tells its start.
class FileHistory {
  public:
    /// The file says this, and may have said so for long. What was before counts no longer.
    void begin_with(haproxy::Config config);
    /// From this second on the file says that.
    void note_written(haproxy::Config config, long now);

    /// What a process was started from, by the second of its start. One that was started in the
    /// second of a writing counts as older: what it differs by is then brought about once more.
    [[nodiscard]] haproxy::Config at(long start) const;

    /// What the file says now.
    [[nodiscard]] const haproxy::Config& now() const { return entries_.back().config; }

  private:
    struct Entry {
        haproxy::Config config;
        long since = 0;
    };
    std::deque<Entry> entries_{1}; ///< the first one counts for all time before the others
};

} // namespace hitless::converge
