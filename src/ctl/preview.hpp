#pragma once

#include "hitless/base/result.hpp"
#include "hitless/plan/plan.hpp"

#include "ctl/channel.hpp"
#include "ctl/wanted.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace hitless::ctl {

/// Set when the file isn't what hitlessd has brought HAProxy to, since it can't be written, or
/// since a reload failed: nothing may be concluded from it. Says so.
[[nodiscard]] std::optional<std::string> why_not_compared(const Wanted& wanted);

/// Nothing is to be done, and nothing waited for.
[[nodiscard]] bool is_in_step(const plan::Plan& plan);

/// What hitlessd would do to bring the running HAProxy to what is wanted; nothing while the file is
/// behind. Changes nothing.
Result<plan::Plan> preview(const Channel& channel, const Wanted& wanted);

/// "in_step", "actions" with their commands, "reload" and "problems".
[[nodiscard]] nlohmann::ordered_json to_json(const plan::Plan& plan);

/// "why", "next_try_ms" (since 1970) and "text"; null where none is owed.
[[nodiscard]] nlohmann::ordered_json to_json(const OwedReload& owed, apply::FollowNote::Time now);

} // namespace hitless::ctl
