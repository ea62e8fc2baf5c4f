#include "daemon/waits.hpp"

#include "hitless/base/text.hpp"
#include "hitless/plan/plan.hpp"

#include <fmt/format.h>

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

std::string with_check_answer(std::string line, std::span<const haproxy::StatRow> rows) {
    const std::string_view server = std::string_view(line).substr(0, line.find(": "));
    const std::string_view name = server.substr(server.find('/') + 1);
    const haproxy::StatRow* found = nullptr;
    for (const haproxy::StatRow& row : rows) {
        if (row.name() == plan::stand_in_name(name) || (row.name() == name && found == nullptr))
            found = &row;
    }
    if (found == nullptr || found->field("check_status").empty())
        return line;
    const std::string& code = found->field("check_code");
    const std::string& words = found->field("last_chk");
    return fmt::format("{}; the last check of {}/{} answered {}{}{}{}", line, found->proxy(),
                       found->name(), found->field("check_status"), code.empty() ? "" : "/", code,
                       words.empty() ? "" : fmt::format(" ({})", base::printable(words, 100)));
}

} // namespace hitless::daemon
