#pragma once

#include <chrono>
#include <functional>

namespace hitless::test {

/// Asks `condition` every few milliseconds until it holds; false when it doesn't within `limit`.
[[nodiscard]] bool wait_until(const std::function<bool()>& condition,
                              std::chrono::milliseconds limit = std::chrono::seconds(30));

} // namespace hitless::test
