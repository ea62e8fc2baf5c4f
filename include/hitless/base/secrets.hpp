#pragma once

#include <string>
#include <string_view>

/// Private keys must not be read by whoever may read a log, a note or a difference. printable()
/// leaves them out.
namespace hitless::base {

/// What stands in the place of a private key.
inline constexpr std::string_view left_out_key = "(private key left out)";

/// True when `text` holds a private key in PEM, or in base64 of that, as without_private_keys()
/// finds it.
[[nodiscard]] bool has_private_key(std::string_view text);

/// `text` with left_out_key in the place of what private keys have between their first and their
/// last line, also where line breaks are written as in JSON, and in the place of base64 that hides
/// such a key. A key whose last line is missing reaches to the end.
[[nodiscard]] std::string without_private_keys(std::string_view text);

} // namespace hitless::base
