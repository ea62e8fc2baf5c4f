#pragma once

#include "hitless/etcd/claim.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace hitless::registration {

/// Judges from a row of looks at a key that somebody else holds whether its holder is alive. An
/// instance that was killed leaves its key behind until the TTL takes it away; one that is alive
/// renews it.
class Rival {
  public:
    /// What we would set: the value, and the time that a key of ours lasts.
    Rival(std::string value, std::chrono::seconds ttl) : value_(std::move(value)), longest_(ttl) {}

    enum class Verdict {
        unsure,    ///< look again
        alive,     ///< it was renewed or set anew, or it never goes away
        abandoned, ///< it has our value, and its holder has missed to renew it
    };
    Verdict look(const etcd::Holding& holding, std::chrono::steady_clock::time_point now);

  private:
    const std::string value_;
    std::chrono::seconds longest_; ///< the longest TTL seen or to be assumed
    std::optional<etcd::Holding> first_;
    std::chrono::steady_clock::time_point first_look_{};
};

} // namespace hitless::registration
