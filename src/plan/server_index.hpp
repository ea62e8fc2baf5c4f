#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/plan/difference.hpp"

#include <string_view>
#include <unordered_map>

namespace hitless::plan {

/// Finds the lines of servers by name. A few are searched for; for many, all names are indexed
/// first.
class ServerIndex {
  public:
    struct Found {
        const haproxy::Section* section = nullptr;
        const haproxy::ServerLine* line = nullptr; ///< nullptr: not wanted
    };

    /// `lookups`: how many finds are to be expected. `config` must outlive the index.
    ServerIndex(const haproxy::Config& config, std::size_t lookups);

    [[nodiscard]] Found find(const ServerChange& change) const;

  private:
    using Lines = std::unordered_map<std::string_view, const haproxy::ServerLine*>;

    const haproxy::Config& config_;
    std::unordered_map<std::string_view, std::pair<const haproxy::Section*, Lines>> backends_;
    bool indexed_ = false;
};

} // namespace hitless::plan
