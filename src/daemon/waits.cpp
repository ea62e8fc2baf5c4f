#include "daemon/waits.hpp"

#include <algorithm>

namespace hitless::daemon {
namespace {

/// Shorter ones are the usual way of things: a check has to pass, connections have to end.
constexpr std::chrono::seconds worth_telling{3};

} // namespace

std::vector<std::string> Waits::note(const std::vector<std::string>& planned,
                                     const std::vector<std::string>& waiting,
                                     Clock::time_point now) {
    std::map<std::string_view, std::string_view> lines;
    for (const std::string_view line : waiting)
        lines.emplace(line.substr(0, line.find(": ")), line);
    std::vector<std::string> told;
    for (const std::string& server : planned) {
        const auto line = lines.find(server);
        if (line == lines.end()) {
            waits_.erase(server);
            continue;
        }
        Wait& wait =
            waits_.try_emplace(server, Wait{std::string(line->second), now, false}).first->second;
        if (wait.what != line->second)
            wait = {std::string(line->second), now, false};
        if (!wait.is_told && now - wait.since >= worth_telling) {
            wait.is_told = true;
            told.push_back(wait.what);
        }
    }
    return told;
}

Waits::Clock::duration Waits::longest(Clock::time_point now) const {
    Clock::duration longest{};
    for (const auto& [server, wait] : waits_)
        longest = std::max(longest, now - wait.since);
    return longest;
}

} // namespace hitless::daemon
