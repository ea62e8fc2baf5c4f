#pragma once

#include "plan/backend_facts.hpp"
#include "plan/placement.hpp"
#include "plan/plan_notes.hpp"

#include <optional>
#include <string>

namespace hitless::plan {

/// Why the running HAProxy can't add that server to the backend, or nullopt.
std::optional<std::string> no_addition(const Situation& situation, const BackendFacts& backend,
                                       const haproxy::Server& server);

/// The commands that create `server` under `name` and let it take traffic; nullopt, with the reason
/// among the plan's remarks, when its name has no address or its line can't be a command. To be
/// asked only when no_addition() has returned nullopt.
std::optional<Step> addition(const Situation& situation, const BackendFacts& backend,
                             const haproxy::Server& server, const std::string& name,
                             const Place& place, Plan& plan);

} // namespace hitless::plan
