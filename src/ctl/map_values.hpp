#pragma once

#include "hitless/haproxy/pattern_file.hpp"

#include "ctl/channel.hpp"
#include "ctl/patterns.hpp"
#include "ctl/program.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

/// Values of maps that are names of backends.
namespace hitless::ctl {

/// What is known of the backends that a map leads to.
struct MapValues {
    /// Files of maps whose values are names of backends, as the lines of the configuration say.
    std::set<std::string> maps;
    std::set<std::string> running; ///< backends that HAProxy has
    std::set<std::string> to_come; ///< and those that it gets with its next reload
    std::string when;              ///< that reload comes: a sentence for people
    bool is_reload_owed = false;   ///< which may bring others
    /// Of the configuration, which may keep the reload away.
    std::vector<std::string> troubles;

    /// What the entry with this value waits for; nullopt: nothing.
    [[nodiscard]] std::optional<std::string> why_it_waits(const std::string& value) const;
    /// Of an entry that HAProxy has: says so where the value is the name of no backend that HAProxy
    /// has.
    [[nodiscard]] std::optional<std::string> why_it_leads_nowhere(const PatternsOfHaproxy& patterns,
                                                                  const std::string& value) const;
};

/// Asks HAProxy, and looks at its configuration.
[[nodiscard]] MapValues find_map_values(const Context& context, Channel& channel);

} // namespace hitless::ctl
