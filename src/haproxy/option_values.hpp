#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hitless::haproxy {

/// What the argument of a server option must be ("a number from 0 to 256"), when `value` isn't
/// that; nullopt when it is, or when nothing is known of the option's argument.
std::optional<std::string> wrong_value(std::string_view keyword, std::string_view value);

} // namespace hitless::haproxy
