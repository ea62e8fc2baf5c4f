#pragma once

#include "hitless/haproxy/stat.hpp"
#include "hitless/plan/difference.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Watches servers for their first seconds: one that is up and has a weight, and gets no request
/// while the others of its backend do, is told. Pure: told the time, and what HAProxy counts.
class Newcomers {
  public:
    using Clock = std::chrono::steady_clock;

    /// The server was added, or replaced one.
    void note_added(const plan::ServerId& server, Clock::time_point now);
    /// Another process counts anew, and has its servers from the file.
    void forget_all() { backends_.clear(); }

    /// When its backends' statistics are to be read; max() when nobody is watched.
    [[nodiscard]] Clock::time_point next_look() const;
    /// The backends whose statistics are to be read now.
    [[nodiscard]] std::vector<std::string> due(Clock::time_point now) const;

    /// The statistics of that backend and its servers (`show stat BACKEND 6 -1`). Returns what is
    /// to be told.
    std::vector<std::string> look(const std::string& backend,
                                  std::span<const haproxy::StatRow> rows, Clock::time_point now);

  private:
    struct Backend {
        std::set<std::string> servers; ///< those that are watched
        Clock::time_point next_look;
        bool has_begun = false;                     ///< `before` was read
        std::map<std::string, std::int64_t> before; ///< requests of each server at the begin
    };
    std::map<std::string, Backend> backends_;
};

} // namespace hitless::daemon
