#pragma once

#include "hitless/base/result.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What hitlessd itself tells at an address of its -http: /status, as docs/monitoring.md has it.
/// Whoever answers isn't trusted: members may be missing, or be anything.
namespace hitless::ctl {

/// Where hitlessd's unit has it listen.
inline constexpr const char* usual_http = "127.0.0.1:9690";

/// What hitlessd at that address tells. Blocks for `limit` at most. The Error says what to do.
Result<nlohmann::ordered_json> ask_hitlessd(const std::string& address,
                                            std::chrono::milliseconds limit);

/// The text as /status; an Error when it is none, or is too large to be one. Pure.
Result<nlohmann::ordered_json> parse_told(const std::string& text);

/// The member, or null where there is none.
[[nodiscard]] const nlohmann::ordered_json& member(const nlohmann::ordered_json& object,
                                                   const char* name);
/// It is a text with something in it.
[[nodiscard]] bool has_text(const nlohmann::ordered_json& object, const char* name);
/// The text as it is, which isn't safe for a terminal; empty: it is none.
[[nodiscard]] std::string told_text(const nlohmann::ordered_json& object, const char* name);
/// 0: it is none.
[[nodiscard]] long long told_number(const nlohmann::ordered_json& object, const char* name);
[[nodiscard]] bool is_true(const nlohmann::ordered_json& object, const char* name);
/// Its elements; none where it is no array.
[[nodiscard]] const nlohmann::ordered_json& told_list(const nlohmann::ordered_json& object,
                                                      const char* name);

using ToldTime = std::chrono::sys_seconds;

/// "2026-01-02T03:04:05.678Z"
[[nodiscard]] std::optional<ToldTime> told_time(const nlohmann::ordered_json& object,
                                                const char* name);

/// All is as the keys say: nothing is owed, held, left out, refused or away. A file may be on its
/// way, when HAProxy is there already.
[[nodiscard]] bool tells_in_step(const nlohmann::ordered_json& status);

/// The same, and a file is on its way.
[[nodiscard]] bool tells_file_follows(const nlohmann::ordered_json& status);

} // namespace hitless::ctl
