#pragma once

#include "plan/backend_facts.hpp"
#include "plan/findings.hpp"

#include <optional>
#include <string>

namespace hitless::plan {

/// The commands that create `server` under `name` and let it take traffic; nullopt, with the reason
/// among the findings, when HAProxy can't have it at runtime or its name has no address.
std::optional<Action> addition(const Situation& situation, const BackendFacts& backend,
                               const haproxy::Server& server, const std::string& name,
                               Findings& findings);

} // namespace hitless::plan
