#pragma once

#include "equal/scenario.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hitless::test {

/// Words of a server whose coming and going makes a scenario for each way there is.
struct Option {
    std::string name;
    std::string words = {}; ///< with `@1@` and the like those of the first server
    std::string other = {}; ///< what they are changed to; empty: no such scenario
    bool inherited = true;  ///< `default-server` may have them
    std::string base = {};  ///< words that the servers have in any case
    int live_from = 206;    ///< see Scenario
    int added_from = 206;   ///< the same where a server comes to have the words, if that is later
    int since = 0;          ///< the first version that knows them
    int until = Scenario::never; ///< the first one that doesn't any more

    // Of the scenarios:
    std::string backend = {};
    std::string more = {};
    std::string global = {};
    std::string agent = "up";
    std::string cookie = {};
    int parallel = 0;
};

/// Added with a server, gone with it, gained, dropped and changed by one that runs, inherited by
/// one that is added.
void add_ways(const Option& option, std::vector<Scenario>& all);

/// Servers that come and go, last and first, that change their addresses and weights or are
/// replaced, in a backend like that. `words` are all servers'.
void add_moves(const Scenario& like, const std::string& words, std::vector<Scenario>& all);

/// ADDRESS and words of the server of that number: `@1@`, `@P1@`, `@A1@`, `@N1@` in the words are
/// taken for its own.
[[nodiscard]] std::string server(const std::string& words, char number);

// The table, a part a file; mark_known() comes after them.
void add_options(std::vector<Scenario>& all);
void add_tls_options(std::vector<Scenario>& all);
void add_checks(std::vector<Scenario>& all);
void add_balances(std::vector<Scenario>& all);
void add_persistence(std::vector<Scenario>& all);
void add_addresses(std::vector<Scenario>& all);
void add_conditions(std::vector<Scenario>& all);
void add_sequences(std::vector<Scenario>& all);
void add_random(std::vector<Scenario>& all);

} // namespace hitless::test
