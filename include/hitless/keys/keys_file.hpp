#pragma once

#include "hitless/base/result.hpp"
#include "hitless/keys/key_tree.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::keys {

/// The keys of a JSON or YAML text: an object of keys and values ({"/app/port": "80"}), or nested
/// ones ({"app": {"port": 80}}), or both mixed. The elements of a list are keys 0, 1 and so on, as
/// in confd's file backend; null is an empty value. An empty text is an error, as it tells nothing:
/// no keys are `{}`. `name` stands in error messages.
Result<std::vector<Entry>> parse_keys(const std::string& text, const std::string& name);

/// hitlessd keeps the keys of a resource beside its dest, in base::companion_path(dest, this).
inline constexpr std::string_view dump_suffix = "keys.json";

/// The keys, with `prefix` before each, as a flat JSON object, which parse_keys reads. Private keys
/// are left out of the values (base/secrets.hpp).
[[nodiscard]] std::string write_keys(const KeyTree::Map& entries, std::string_view prefix = "/");

} // namespace hitless::keys
