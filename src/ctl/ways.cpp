#include "ctl/ways.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/routes.hpp"
#include "hitless/live/observed.hpp"

#include "ctl/patterns.hpp"
#include "ctl/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace hitless::ctl {
namespace {

using haproxy::Route;

constexpr std::size_t most_ways = 10;
constexpr std::size_t most_keys = 3;

/// The keys of the entries whose value is the backend; nullopt: the entries aren't known.
std::optional<std::vector<std::string>> keys_to(const Result<haproxy::PatternEntries>& entries,
                                                std::string_view backend) {
    if (!entries)
        return std::nullopt;
    std::vector<std::string> keys;
    for (const haproxy::PatternEntry& entry : *entries) {
        if (entry.value == backend)
            keys.push_back(base::printable(entry.key, 100));
    }
    return keys;
}

PatternsOfHaproxy patterns_of_map(const std::string& map) {
    PatternsOfHaproxy patterns;
    patterns.list.file = map;
    return patterns;
}

/// The same of the map's file, which HAProxy may not have yet.
std::vector<std::string> keys_on_disk(Channel& channel, const std::string& map,
                                      std::string_view backend) {
    const auto info = channel.info();
    if (!info)
        return {};
    PatternsOfHaproxy patterns = patterns_of_map(map);
    patterns.path = path_for_haproxy(map, info->pid);
    return keys_to(entries_on_disk(patterns), backend).value_or(std::vector<std::string>());
}

/// "a, b, c, …"
std::string some_of(const std::vector<std::string>& keys) {
    const std::size_t shown = std::min(keys.size(), most_keys);
    return fmt::format(
        "{}{}", fmt::join(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
        keys.size() > shown ? ", …" : "");
}

class WayFinder {
  public:
    WayFinder(Channel& channel, const haproxy::Config& file, std::string_view backend)
        : channel_(channel), backend_(backend), stopped_(find_stopped_frontends(channel, &file)) {
        for (const Route& route : haproxy::routes_to(file, backend))
            take(route);
    }

    Ways result() && {
        if (ways_.texts.size() > most_ways) {
            const std::size_t more = ways_.texts.size() - most_ways;
            ways_.texts.resize(most_ways);
            ways_.texts.push_back(fmt::format("and {} more", more));
        }
        if (any_open_)
            ways_.why_not.clear();
        ways_.are_conditional = !any_always_;
        return std::move(ways_);
    }

  private:
    void take(const Route& route) {
        std::string text =
            route.line == 0
                ? fmt::format("listen {}", base::printable(route.frontend))
                : fmt::format("frontend {}, line {}: {}", base::printable(route.frontend),
                              route.line, base::printable(route.text, 200));
        const bool may_come = !route.is_by_request || comes_by_request(route, text);
        const auto stopped = stopped_.find(std::string(route.frontend));
        const bool is_open = stopped == stopped_.end();
        if (!is_open) {
            const std::string why = live::about_stopped(stopped->first, stopped->second);
            text += "; but this frontend takes no connections";
            if (may_come && std::ranges::find(ways_.why_not, why) == ways_.why_not.end())
                ways_.why_not.push_back(why);
        }
        any_open_ = any_open_ || (is_open && may_come);
        const bool is_always = route.is_default && !route.is_by_request;
        any_always_ = any_always_ || (is_open && is_always);
        ways_.texts.push_back(std::move(text));
    }

    /// Adds to the text which requests come. False: none does.
    bool comes_by_request(const Route& route, std::string& text) {
        if (route.maps.empty()) {
            text += "; only requests that name it come this way";
            return true;
        }
        bool any = false;
        std::vector<std::string> waiting;
        for (const std::string& map : route.maps) {
            const auto keys = keys_to(running_entries(channel_, patterns_of_map(map)), backend_);
            any = any || !keys || !keys->empty();
            text += "; " + in_words(map, keys);
            if (keys && keys->empty())
                std::ranges::copy(keys_on_disk(channel_, map, backend_),
                                  std::back_inserter(waiting));
        }
        const std::string maps = fmt::format("{}", fmt::join(route.maps, ", "));
        if (!any && waiting.empty())
            ways_.why_not.push_back(fmt::format(
                "only the map {} may lead to {}, and none of its entries does", maps, backend_));
        else if (!any)
            ways_.why_not.push_back(fmt::format("only the map {0} may lead to {1}, and HAProxy "
                                                "doesn't have its entries that do: {2}; "
                                                "`hitlessctl map {0}` says what they wait for",
                                                maps, backend_, some_of(waiting)));
        return any;
    }

    [[nodiscard]] static std::string in_words(const std::string& map,
                                              const std::optional<std::vector<std::string>>& keys) {
        if (!keys)
            return fmt::format("HAProxy doesn't tell what the map {} has", map);
        if (keys->empty())
            return fmt::format("no entry that HAProxy has of the map {} leads here", map);
        return fmt::format("by {} of the map {}: {}",
                           keys->size() == 1 ? "one entry"
                                             : fmt::format("{} entries", keys->size()),
                           map, some_of(*keys));
    }

    Channel& channel_;
    std::string backend_;
    StoppedFrontends stopped_;
    Ways ways_;
    bool any_open_ = false;   ///< a request may come
    bool any_always_ = false; ///< and none of them has to say so
};

} // namespace

StoppedFrontends stopped_frontends(std::span<const haproxy::StatRow> stat,
                                   const haproxy::Config* file) {
    StoppedFrontends stopped;
    for (const haproxy::StatRow& row : stat) {
        const std::string& status = row.field("status");
        if (row.kind() == haproxy::StatRow::Kind::frontend && !status.empty() && status != "OPEN")
            stopped.emplace(row.proxy(), status);
    }
    if (file != nullptr && !stopped.empty()) {
        for (const std::string& frontend : haproxy::disabled_frontends(*file))
            stopped.erase(frontend);
    }
    return stopped;
}

// Those of an old process, which a reload has replaced, were stopped by nobody.
StoppedFrontends find_stopped_frontends(Channel& channel, const haproxy::Config* file) {
    if (const auto info = channel.info(); info && info->stopping)
        return {};
    const auto answer = channel.run("show stat -1 1 -1");
    const auto rows = answer ? haproxy::parse_stat(*answer)
                             : Result<std::vector<haproxy::StatRow>>(answer.error());
    return rows ? stopped_frontends(*rows, file) : StoppedFrontends();
}

Ways find_ways(Channel& channel, const haproxy::Config& file, std::string_view backend) {
    return WayFinder(channel, file, backend).result();
}

} // namespace hitless::ctl
