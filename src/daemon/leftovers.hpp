#pragma once

#include <string>

namespace hitless::daemon {

/// Finishes, or removes, what a hitlessd that was killed has left beside a dest.
void clean_up(const std::string& dest);

} // namespace hitless::daemon
