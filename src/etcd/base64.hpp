#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Base64 (RFC 4648, section 4), in which etcd's JSON gateway has keys and values.
namespace hitless::etcd {

[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// nullopt when `text` isn't base64 with its padding.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

} // namespace hitless::etcd
