#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/plan/difference.hpp"

#include <cstddef>
#include <string_view>
#include <unordered_map>

namespace hitless::plan {

/// Finds the lines of servers by name. Where many are looked for, the names of a large backend are
/// indexed when it is first asked for.
class ServerIndex {
  public:
    struct Found {
        const haproxy::Section* section = nullptr; ///< nullptr: there is no such backend
        const haproxy::ServerLine* line = nullptr; ///< nullptr: it has no such server
    };

    /// `lookups`: how many finds are to be expected. `config` must outlive the index.
    ServerIndex(const haproxy::Config& config, std::size_t lookups)
        : config_(config), lookups_(lookups) {}

    [[nodiscard]] Found find(const ServerId& server) const;

    [[nodiscard]] bool has(const ServerId& server) const { return find(server).line != nullptr; }

  private:
    using Lines = std::unordered_map<std::string_view, const haproxy::ServerLine*>;

    const haproxy::Config& config_;
    std::size_t lookups_;
    mutable std::unordered_map<const haproxy::Section*, Lines> backends_; ///< those asked for
};

} // namespace hitless::plan
