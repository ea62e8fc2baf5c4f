// What is not done live in all versions from 2.6 on, and why.
#include "equal/scenario.hpp"

#include <array>
#include <stdexcept>

namespace hitless::test {
namespace {

constexpr int never = Scenario::never;

struct Expected {
    const char* name; ///< as is_named() has it
    int live_from;
    const char* reason; ///< for readers
};

constexpr std::array reloads = {
    Expected{"id_gained", never, "a stand-in can't have the same id"},
    Expected{"id_changed", never, "a stand-in can't have the same id"},
    Expected{"cookie_backup_dropped", 300, "a stand-in can't have a cookie"},
    Expected{"balance_consistent_with_ids_replaced", never, "a stand-in can't have the same id"},
    Expected{"balance_first_with_ids_replaced", never, "a stand-in can't have the same id"},
    Expected{"sni_auto_changed", 206, "to no-sni-auto, which may be added"},
    Expected{"backup_gained", never, "another backup server comes behind it"},
    Expected{"backup_check_gained", never, "another backup server comes behind it"},
    Expected{"cookie_backup_gained", never, "another backup server comes behind it"},
    Expected{"on_marked_down_dropped", never, "sessions would be shut down"},
    Expected{"guid_gained", never, "a stand-in can't have the same guid"},
};

/// Servers replaced by some that don't come up, with a check that fails among them: the old ones
/// serve until then.
constexpr std::array waiting = {
    "port_changed",
    "steps_port_of_check_wrong_then_right",
    "track_changed",
    "type_http_check_expect_fails_gained",
    "type_pgsql_check_gained",
    "type_mysql_check_gained",
    "type_ldap_check_gained",
    "type_smtp_check_gained",
};

template <class Change>
void for_those_named(std::string_view name, std::vector<Scenario>& scenarios, Change change) {
    bool found = false;
    for (Scenario& scenario : scenarios) {
        if (!is_named(scenario, name))
            continue;
        change(scenario);
        found = true;
    }
    if (!found)
        throw std::logic_error("no scenario is named " + std::string(name));
}

} // namespace

void set_expected(std::vector<Scenario>& scenarios) {
    for (const Expected& expected : reloads)
        for_those_named(expected.name, scenarios,
                        [&](Scenario& scenario) { scenario.live_from = expected.live_from; });
    for (const char* const name : waiting)
        for_those_named(name, scenarios, [](Scenario& scenario) { scenario.waits = true; });
}

} // namespace hitless::test
