#pragma once

#include "hitless/base/result.hpp"

#include <string>
#include <string_view>

/// Carries plans out and keeps what must not happen from happening.
namespace hitless::apply {

/// A registry value on its way into an HAProxy configuration: the value that a template may see.
/// Line breaks between the tokens of a JSON text become blanks. The error says what could end a
/// line in the value, or in one of its JSON strings, and begin another one there: a control
/// character; or that the bytes aren't UTF-8.
Result<std::string> screen_value(std::string_view value);

/// The same for a key, whose parts become names.
Result<void> screen_key(std::string_view key);

} // namespace hitless::apply
