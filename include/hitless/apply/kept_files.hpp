#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/live/files.hpp"

#include <string>

namespace hitless::apply {

/// The files that the configuration at `config_file` uses and that hitlessd keeps, as they are on
/// disk: those with the note of a template resource beside them, which doesn't leave them to
/// reloads. One that can't be read is left out. Blocks.
[[nodiscard]] live::Files kept_files(const haproxy::Config& config, const std::string& config_file);

} // namespace hitless::apply
