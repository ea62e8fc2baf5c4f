#pragma once

#include "plan/backend_facts.hpp"
#include "plan/findings.hpp"
#include "plan/option_changes.hpp"
#include "plan/references.hpp"
#include "plan/server_index.hpp"

#include <optional>
#include <string>

namespace hitless::plan {

/// Plans server by server.
class Planner {
  public:
    /// `servers`: how many are to be planned.
    Planner(const Situation& situation, std::size_t servers)
        : situation_(situation), index_(situation.wanted, servers), facts_(situation) {}

    void plan(const ServerChange& change);

    /// All that has been planned, in the order in which it is to be done.
    Plan result() &&;

  private:
    void plan_wanted(const BackendFacts& backend, const haproxy::ServerLine& line);
    void plan_unwanted(const ServerChange& change);

    void add(const BackendFacts& backend, const haproxy::Server& server);
    void remove(const std::string& backend, const std::string& server,
                const haproxy::RunningServer& running);

    // See stand_in_name().
    void replace(const BackendFacts& backend, const haproxy::Server& server,
                 const haproxy::RunningServer& running, const std::string& differences);
    void go_on_replacing(const BackendFacts& backend, const haproxy::Server& server,
                         const haproxy::RunningServer& running,
                         const haproxy::RunningServer& stand_in);
    void remove_stand_in(const BackendFacts& backend, const haproxy::Server& server);
    [[nodiscard]] const haproxy::RunningServer* find_stand_in(const BackendFacts& backend,
                                                              const haproxy::Server& server) const;
    /// Why only a reload can give the server other options, or nullopt.
    [[nodiscard]] std::optional<std::string>
    no_replacement(const BackendFacts& backend, const haproxy::Server& server,
                   const haproxy::RunningServer& running);

    const Situation& situation_;
    ServerIndex index_;
    BackendFactsCache facts_;
    std::optional<References> references_; ///< once they are needed
    Findings findings_;
    Plan plan_;
};

} // namespace hitless::plan
