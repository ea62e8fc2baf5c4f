#pragma once

#include "hitless/haproxy/capabilities.hpp"
#include "hitless/plan/plan.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace hitless::plan {

/// What the planner needs of a backend, worked out once a plan.
struct BackendFacts {
    BackendFacts(const Situation& situation, const haproxy::Section& section);

    std::string name;
    haproxy::BackendServers servers;
    const haproxy::RunningBackend* running = nullptr; ///< nullptr: it has no server
    /// Why only HAProxy can tell what its servers have, if so: nothing of them is changed then.
    std::optional<std::string> undecided;
    std::optional<std::string> why_no_additions; ///< at runtime; nullopt: it takes new servers
    bool dynamic_weights = true;
    haproxy::OrderMatters order;
    bool external_checks = false;
    bool agents_begin_up = true;
    bool dynamic_cookies = false; ///< they are asked for after `add server`

    [[nodiscard]] const haproxy::RunningServer* find_running(std::string_view server) const;

    /// `options` to keep with a server: most of a backend have the same, and share them.
    [[nodiscard]] std::shared_ptr<const haproxy::ServerOptions>
    share(const haproxy::ServerOptions& options) const;

  private:
    mutable std::shared_ptr<const haproxy::ServerOptions> last_shared_;
};

/// The facts of the backends that have been asked for.
class BackendFactsCache {
  public:
    explicit BackendFactsCache(const Situation& situation) : situation_(situation) {}

    const BackendFacts& of(const haproxy::Section& section);

  private:
    const Situation& situation_;
    std::unordered_map<const haproxy::Section*, BackendFacts> facts_;
};

} // namespace hitless::plan
