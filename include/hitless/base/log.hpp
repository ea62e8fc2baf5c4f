#pragma once

#include "hitless/base/result.hpp"

#include <string_view>

namespace hitless::base {

/// Sends spdlog's default logger to standard error, a line a message. `level` is confd's word:
/// panic, fatal, error, warn (or warning), info, debug. Colour only when standard error is a
/// terminal; under systemd (JOURNAL_STREAM) no time stamp, since the journal has its own.
Result<void> set_up_log(std::string_view level);

} // namespace hitless::base
