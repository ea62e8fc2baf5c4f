#pragma once

#include "hitless/plan/plan.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::daemon {

/// Which servers of a running HAProxy only a reload can bring to what is wanted, and why. What is
/// owed stays owed until a plan for the same server, a reload or another process says otherwise.
class OwedReload {
  public:
    /// What a plan says of the servers that it was made for.
    struct Verdict {
        /// A plan names one server for each reason and counts the others. These may be among them
        /// and have to be planned again, now that the named one no longer needs the reload.
        std::vector<plan::ServerChange> plan_again;
        /// Those that a reload did not bring any further, and why it was thought to.
        std::map<plan::ServerChange, std::string> hopeless;
    };
    Verdict note_plan(std::span<const plan::ServerChange> servers, const plan::Plan& plan);

    /// Commands can't do it for this server, as its answers have shown. Owed until a plan finds
    /// nothing to do for it. False when a reload was of no use before.
    bool need(const plan::ServerChange& server, const std::string& reason);

    /// Something else is wanted of the server from now on: what was tried before counts no more.
    void note_change(const plan::ServerChange& server);

    /// HAProxy was reloaded; `newer`: how what is wanted now differs from what it was reloaded
    /// with.
    void note_reloaded(const plan::Difference& newer);

    /// Another process answers, of which nothing is known.
    void forget_all();

    /// "app/web1: WHY (and 2 more)" for each reason, some at most.
    [[nodiscard]] std::vector<std::string> reasons(std::size_t most) const;

  private:
    using Servers = std::set<plan::ServerChange>;
    struct Group {
        Servers named;
        Servers others; ///< that may be meant by `more`
        std::size_t more = 0;
    };
    using Key = std::pair<std::string, std::string>; ///< backend and reason

    void take_out(std::span<const plan::ServerChange> servers);
    void add(std::string_view text, std::span<const plan::ServerChange> servers, Verdict& verdict);
    [[nodiscard]] bool is_hopeless(const plan::ServerChange& server,
                                   const std::string& reason) const;

    std::map<Key, Group> groups_;                       ///< what plans have said
    std::map<plan::ServerChange, std::string> refused_; ///< what HAProxy's answers have shown
    std::map<plan::ServerChange, std::set<std::string>> hopeless_; ///< no reload has mended them
};

} // namespace hitless::daemon
