#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/server.hpp"
#include "hitless/plan/difference.hpp"
#include "hitless/plan/manual.hpp"
#include "hitless/plan/obstacle.hpp"
#include "hitless/plan/step.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hitless::plan {

/// Something about an object for people. It leads to no command and no reload.
struct Remark {
    ObjectId object;  ///< for all servers of a backend: without a name
    std::string what; ///< for people

    friend auto operator<=>(const Remark&, const Remark&) = default;
};

/// What brings HAProxy to what is wanted.
struct Plan {
    std::vector<Step> steps;      ///< sorted by phase
    Obstacles obstacles;          ///< what only a reload can do
    std::vector<Remark> problems; ///< what can't be had now, and why
    /// Objects on their way (see stand_in_name()): they need another plan when this one has been
    /// carried out and read back. Not a sign that something went wrong.
    std::vector<ObjectId> next;
    std::vector<Remark> waiting; ///< what is waited for, with nothing to do now
    /// How servers that are added to a backend differ from those of the file, each once.
    std::set<Remark> differences;
    /// What HAProxy can be brought to, and hardly anybody means. It hinders nothing.
    std::vector<Remark> doubts = {};

    /// Nothing to do and nothing to tell.
    [[nodiscard]] bool empty() const {
        return steps.empty() && obstacles.empty() && problems.empty();
    }
};

/// Adds what another plan says; its steps come last.
void add(Plan& all, Plan more);

/// Host name → its addresses, in the resolver's order; a name that does not resolve has none.
using Names = std::map<std::string, std::vector<std::string>, std::less<>>;

/// All that a plan depends on.
struct Situation {
    const haproxy::Config& wanted;
    const haproxy::Running& running;
    const haproxy::Info& info;
    const Names& names;
    /// A server that is new or leaves maintenance, with a check, takes its first request only after
    /// its check has passed (as HAProxy 3.1's `init-state down` has it).
    bool start_down = false;
    /// The configuration has spare servers (plan/slots.hpp), so that servers of HAProxy 2.4, which
    /// adds few and deletes none of its file, come and go in their places.
    bool slots = false;
    /// What commands can't bring exactly to what a fresh start of HAProxy would give is an
    /// obstacle.
    bool exact = false;
    /// Servers that someone holds in another state than their lines say; nullptr: none. A held
    /// server that is not wanted is removed all the same.
    const ManualStates* by_hand = nullptr;
};

/// What someone wants of the server by hand, or nullptr.
[[nodiscard]] const ManualState* by_hand(const Situation& situation, const std::string& backend,
                                         const std::string& server);

/// The name of the server that stands in while `server` is replaced by one with other options.
/// HAProxy has no two servers of one name and changes few options of one that runs. So that no
/// request finds the backend without it, a plan first adds a stand-in with the new options; the
/// next one, when the stand-in takes traffic, lets the old server finish; when that is deleted, the
/// server is added under its own name and the stand-in removed.
[[nodiscard]] std::string stand_in_name(std::string_view server);

/// The server that `name` stands in for, or empty when it isn't such a name.
[[nodiscard]] std::string_view stood_in_for(std::string_view name);

/// The plan for these servers. It says nothing of Difference::lines, which need a reload.
Plan make_plan(const Situation& situation, std::span<const ServerId> servers);

/// All servers that are wanted or running in the backends of `wanted`, for a full plan. Those that
/// `server-template` lines make, and those of lines within `.if`, are left alone; spare servers
/// that are in use have the names of those in whose place they are.
std::vector<ServerId> every_server(const haproxy::Config& wanted, const haproxy::Running& running);

/// The names that must be resolved before these servers are planned.
std::vector<std::string> names_to_resolve(const haproxy::Config& wanted,
                                          std::span<const ServerId> servers);

/// Notes in `running` that HAProxy was started from, or brought to, `config`, so that its servers
/// have these options. Nobody knows the options of servers that `config` doesn't have, and of those
/// `in_doubt`: a plan replaces them if they are wanted.
void adopt_options(haproxy::Running& running, const haproxy::Config& config,
                   const std::set<ServerId>& in_doubt = {});

/// "app/web1: WHAT".
[[nodiscard]] std::string in_words(const Remark& remark);
[[nodiscard]] std::vector<std::string> in_words(std::span<const Remark> remarks);

/// The plan for people, a line each: "app/web1: add 10.0.0.1:80", "reload: …".
[[nodiscard]] std::vector<std::string> describe(const Plan& plan);

} // namespace hitless::plan
