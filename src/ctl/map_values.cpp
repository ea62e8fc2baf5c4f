#include "ctl/map_values.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/routes.hpp"

#include "ctl/keeper_told.hpp"
#include "ctl/kept_file.hpp"
#include "ctl/managed.hpp"
#include "ctl/wanted.hpp"
#include "ctl/wanted_file.hpp"

#include <fmt/format.h>

#include <chrono>

namespace hitless::ctl {
namespace {

void take_wanted(MapValues& values, const Wanted& wanted) {
    // What hitlessd checks now is the newest, and is not on disk yet.
    const ComingFile coming =
        keeper_of(wanted.file) == Keeper::hitlessd ? find_coming(wanted.file.path) : ComingFile();
    for (const haproxy::Config* const config :
         {&wanted.config, wanted.made ? &*wanted.made : nullptr,
          coming.config ? &*coming.config : nullptr}) {
        if (config == nullptr)
            continue;
        values.maps.merge(haproxy::maps_of_backends(*config));
        for (const haproxy::Section& section : config->sections()) {
            if (section.has_servers() && !values.running.contains(std::string(section.name)))
                values.to_come.emplace(section.name);
        }
    }
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    values.when = keeper_of(wanted.file) == Keeper::none
                      ? std::string("nobody keeps the configuration, so that somebody has to "
                                    "reload HAProxy")
                      : wanted.owed.when(now);
    values.is_reload_owed = wanted.owed.is_owed;
    for (const apply::StatusNote::Trouble& trouble : wanted.status.troubles)
        values.troubles.push_back(about_file(wanted.file.path, trouble.message));
}

} // namespace

std::optional<std::string> MapValues::why_it_waits(const std::string& value) const {
    if (!to_come.contains(value))
        return std::nullopt;
    return fmt::format("it waits for the backend {}, which comes with a reload", value);
}

std::optional<std::string> MapValues::why_it_leads_nowhere(const PatternsOfHaproxy& patterns,
                                                           const std::string& value) const {
    if (value.empty() || !maps.contains(patterns.list.file) || running.contains(value))
        return std::nullopt;
    if (to_come.contains(value))
        return fmt::format("the backend {} comes with a reload: until then HAProxy goes on to the "
                           "next rule, or to default_backend",
                           base::printable(value, 100));
    return fmt::format("there is no backend {}, neither in HAProxy nor in its configuration: "
                       "HAProxy goes on to the next rule, or to default_backend{}",
                       base::printable(value, 100),
                       is_reload_owed ? "; the reload that hitlessd owes may bring it" : "");
}

MapValues find_map_values(const Context& context, Channel& channel) {
    MapValues values;
    const auto info = channel.info();
    auto backends = channel.backends();
    if (!info || !backends)
        return values;
    values.running = std::move(*backends);
    auto wanted = find_wanted(context.options, *info);
    if (!wanted)
        return values;
    if (const auto told = ask_keeper(context.options, wanted->file.path); told && *told)
        take_told(*wanted, **told);
    take_wanted(values, *wanted);
    return values;
}

} // namespace hitless::ctl
