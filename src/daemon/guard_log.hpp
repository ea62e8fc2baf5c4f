#pragma once

#include "converge/guard.hpp"

#include <span>
#include <string>
#include <vector>

/// What the guard of a configuration does, in words.
namespace hitless::daemon {

/// Logs what it has found.
void log(std::span<const converge::Guard::Finding> findings);

/// Logs that a person lets through what is held.
void log_confirmed(std::span<const converge::Guard::Held> held);

/// What is held, and until when, for hitlessctl.
[[nodiscard]] std::vector<std::string> in_words(std::span<const converge::Guard::Held> held);

} // namespace hitless::daemon
