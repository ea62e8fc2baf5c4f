#include "support/wait_until.hpp"

#include <functional>
#include <thread>

namespace hitless::test {

bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
    // Counts its naps rather than the clock: a machine that stands still for a while has waited for
    // nothing.
    constexpr std::chrono::milliseconds nap(2);
    for (; !condition(); limit -= nap) {
        if (limit <= std::chrono::milliseconds(0))
            return false;
        std::this_thread::sleep_for(nap);
    }
    return true;
}

} // namespace hitless::test
