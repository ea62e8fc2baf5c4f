#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace hitless::etcd {

/// What an answer of etcd may hold at most, so that reading it takes no more than a moment.
inline constexpr std::size_t deepest_json = 1'000;       ///< objects within each other
inline constexpr std::size_t most_json_values = 500'000; ///< of any kind, at any depth

/// The document of an answer that is short, or of a line of a watch; a discarded value when it
/// isn't JSON, has more than that, or has an object with a member twice, of which nobody knows
/// which one counts.
[[nodiscard]] nlohmann::json parse_json(std::string_view text);

/// The member, or null where there is none or `object` is no object.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, const char* name);

/// A member that is a text; empty when it isn't there.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* name);

} // namespace hitless::etcd
