#pragma once

#include "hitless/plan/server_index.hpp"

#include "plan/backend_facts.hpp"
#include "plan/option_changes.hpp"
#include "plan/placement.hpp"
#include "plan/plan_notes.hpp"
#include "plan/references.hpp"
#include "plan/slot_book.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace hitless::plan {

/// Plans server by server.
class Planner {
  public:
    /// `servers`: how many are to be planned.
    Planner(const Situation& situation, std::size_t servers)
        : situation_(situation), index_(situation.wanted, servers), facts_(situation) {}

    void plan(const ServerId& server);

    /// The line of a server; 0: it isn't wanted. Servers are to be planned in this order.
    [[nodiscard]] int line_of(const ServerId& server) const;

    /// All that has been planned, in the order in which it is to be done.
    Plan result() &&;

  private:
    void plan_wanted(const BackendFacts& backend, const haproxy::ServerLine& line);
    void plan_unwanted(const ServerId& server);
    void plan_unwanted_stand_in(const ServerId& original);
    [[nodiscard]] bool is_removed(const ServerId& server) const;
    void leave_alone(const BackendFacts& backend, const ServerId& server,
                     const haproxy::ServerLine* line);

    /// Returns false when only a reload brings it, or nothing.
    bool add(const BackendFacts& backend, const haproxy::Server& server);
    void remove(const std::string& backend, const std::string& server,
                const haproxy::RunningServer& running);

    /// True for a server that is not to take traffic, so that nobody misses the one before it.
    [[nodiscard]] bool takes_none(const BackendFacts& backend, const haproxy::Server& server) const;

    /// True for a server that is not deleted when it leaves.
    [[nodiscard]] bool stays(std::string_view name, const haproxy::RunningServer& running) const;

    // See hitless/plan/slots.hpp (planner_slots.cpp).
    SlotBook& slots(const std::string& backend);
    bool fill_slot(const BackendFacts& backend, const haproxy::Server& server);
    std::string why_no_slot(const BackendFacts& backend, const haproxy::Server& server);
    void change_slot(const BackendFacts& backend, const haproxy::Server& server,
                     const SlotBook::Slot& slot);
    void free_slot(const std::string& backend, const std::string& server,
                   const SlotBook::Slot& slot);

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
    [[nodiscard]] std::optional<std::string> no_replacement(const BackendFacts& backend,
                                                            const haproxy::Server& server,
                                                            const haproxy::RunningServer& running);

    /// Where new servers of the backend are to be.
    Placement& placement(const BackendFacts& backend);
    void ask_for_cookies();
    void compare_numbers();

    const Situation& situation_;
    ServerIndex index_;
    BackendFactsCache facts_;
    std::map<std::string, SlotBook> slots_;       ///< by backend
    std::map<std::string, Placement> placements_; ///< by backend
    std::set<std::string> touched_;               ///< backends; with -exact only
    std::optional<References> references_;        ///< once they are needed
    Plan plan_;
};

} // namespace hitless::plan
