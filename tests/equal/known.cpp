// What is known to be not equal yet. Whoever mends one takes its line away: the test says so.
#include "equal/scenario.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace hitless::test {
namespace {

struct Mark {
    const char* name;
    const char* reason;
    int from = 0; ///< the first version that it is seen in, and the first without it
    int until = Scenario::never;
};

constexpr const char* checks_lose_tls = "checks of servers added live are without TLS and PROXY";

constexpr std::array marks = {
    Mark{"ssl_check_added", checks_lose_tls},
    Mark{"ssl_check_gained", checks_lose_tls},
    Mark{"ssl_check_inherited", checks_lose_tls},
    Mark{"ssl_check_inherited_from_defaults", checks_lose_tls},
    Mark{"ssl_httpchk_added", checks_lose_tls},
    Mark{"ssl_httpchk_gained", checks_lose_tls},
    Mark{"ssl_httpchk_changed", checks_lose_tls},
    Mark{"ssl_httpchk_inherited", checks_lose_tls},
    Mark{"ssl_httpchk_inherited_from_defaults", checks_lose_tls},
    Mark{"send_proxy_check_added", checks_lose_tls},
    Mark{"send_proxy_check_gained", checks_lose_tls},
    Mark{"send_proxy_check_changed", checks_lose_tls},
    Mark{"send_proxy_check_inherited", checks_lose_tls},
    Mark{"send_proxy_check_inherited_from_defaults", checks_lose_tls},
};

} // namespace

void mark_known(std::vector<Scenario>& scenarios) {
    for (const Mark& mark : marks) {
        const auto found = std::ranges::find(scenarios, mark.name, &Scenario::name);
        if (found == scenarios.end())
            throw std::logic_error(std::string("no scenario is named ") + mark.name);
        found->known = mark.reason;
        found->known_from = mark.from;
        found->known_until = mark.until;
    }
}

} // namespace hitless::test
