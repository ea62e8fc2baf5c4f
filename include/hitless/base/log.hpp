#pragma once

#include "hitless/base/result.hpp"

#include <string_view>

namespace hitless::base {

/// Sends spdlog's default logger to standard error, a line a message. `level` is confd's word:
/// panic, fatal, error, warn (or warning), info, debug. `format` is text or json.
///
/// text: colour only when standard error is a terminal; under systemd (JOURNAL_STREAM) no time
/// stamp, since the journal has its own. json: an object with the members time, level and message,
/// and those of an Event (base/event.hpp).
Result<void> set_up_log(std::string_view level, std::string_view format = "text");

} // namespace hitless::base
