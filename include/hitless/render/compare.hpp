#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <string_view>

namespace hitless::render {

/// The unified difference between a file, which need not exist, and `wanted`; empty when there is
/// none. Runs diff(1).
Result<std::string> unified_difference(const std::string& file, std::string_view wanted,
                                       bool colour);

/// What would change at the resource's destination: "resource", "dest", "in_sync", and for
/// HAProxy's configurations "servers" (added, removed and changed ones by backend), "reload" (the
/// reasons for one; empty when runtime commands do) and the "plan" for the HAProxy that runs, or
/// "no_plan", why there is none. So for files that such a configuration among the dests of `all`
/// uses, as it is on disk, and that change live. Asks HAProxy, and blocks.
Result<nlohmann::json> describe_changes(const confd::Resource& resource, const std::string& wanted,
                                        std::span<const confd::Resource> all);

} // namespace hitless::render
