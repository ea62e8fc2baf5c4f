#pragma once

#include "hitless/apply/preview.hpp"
#include "hitless/base/result.hpp"
#include "hitless/plan/plan.hpp"

#include "ctl/channel.hpp"
#include "ctl/keeper_told.hpp"
#include "ctl/wanted.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace hitless::ctl {

/// Set when the file isn't what hitlessd has brought HAProxy to, since it can't be written, since a
/// reload failed, or since it isn't written yet and can't be read: nothing may be concluded from
/// it. Says so.
[[nodiscard]] std::optional<std::string> why_not_compared(const Wanted& wanted);

/// The file is behind and follows, it can't be read what it will say, and hitlessd doesn't tell
/// that the process is as it is wanted.
[[nodiscard]] bool is_not_known(const Wanted& wanted, const std::optional<KeeperTold>& told,
                                long pid);

/// Nothing is to be done, and nothing waited for.
[[nodiscard]] bool is_in_step(const plan::Plan& plan);

/// What hitlessd would do to bring the running HAProxy to what is wanted; nothing while the file is
/// behind. Changes nothing. Where nobody keeps the file, nobody deletes servers that leave either:
/// then the plan waits for them.
Result<apply::Preview> preview(Channel& channel, const Wanted& wanted);

/// "in_step", "actions" with their commands, "reload", "problems", "waiting" and "leaving".
[[nodiscard]] nlohmann::ordered_json to_json(const apply::Preview& preview);

/// "why", "next_try_ms" (since 1970) and "text"; null where none is owed.
[[nodiscard]] nlohmann::ordered_json to_json(const OwedReload& owed, apply::FollowNote::Time now);

} // namespace hitless::ctl
