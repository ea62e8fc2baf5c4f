#pragma once

#include "hitless/base/result.hpp"
#include "hitless/plan/plan.hpp"

#include "ctl/channel.hpp"
#include "ctl/wanted.hpp"

#include <nlohmann/json.hpp>

namespace hitless::ctl {

/// What hitlessd would do to bring the running HAProxy to what is wanted. Changes nothing.
Result<plan::Plan> preview(const Channel& channel, const Wanted& wanted);

/// "in_step", "actions" with their commands, "reload" and "problems".
[[nodiscard]] nlohmann::ordered_json to_json(const plan::Plan& plan);

} // namespace hitless::ctl
