#pragma once

#include "hitless/live/kind.hpp"

// The kinds that there are, each in a file of its own.
namespace hitless::live {

[[nodiscard]] const Kind& servers();
[[nodiscard]] const Kind& limits();
[[nodiscard]] const Kind& maps();
[[nodiscard]] const Kind& acls();
[[nodiscard]] const Kind& acl_lines();
[[nodiscard]] const Kind& certificates();

} // namespace hitless::live
