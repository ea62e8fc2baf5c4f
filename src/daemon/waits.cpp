#include "daemon/waits.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::daemon {
namespace {

/// Shorter ones are the usual way of things: a check has to pass, connections have to end.
constexpr std::chrono::seconds worth_telling{3};

} // namespace

std::vector<plan::Remark> Waits::note(std::span<const plan::ObjectId> planned,
                                      std::span<const plan::Remark> waiting,
                                      Clock::time_point now) {
    std::map<plan::ObjectId, std::string_view> reasons;
    for (const plan::Remark& remark : waiting)
        reasons.emplace(remark.object, remark.what);
    std::vector<plan::Remark> told;
    for (const plan::ObjectId& object : planned) {
        const auto reason = reasons.find(object);
        if (reason == reasons.end()) {
            waits_.erase(object);
            continue;
        }
        const auto [known, is_new] = waits_.try_emplace(object);
        Wait& wait = known->second;
        if (is_new || wait.what != reason->second)
            wait = {std::string(reason->second), now, false};
        if (!wait.is_told && now - wait.since >= worth_telling) {
            wait.is_told = true;
            told.push_back({object, wait.what});
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

std::string with_check_answer(const plan::Remark& wait, std::span<const haproxy::StatRow> rows) {
    const std::string& name = wait.object.name;
    std::string line = in_words(wait);
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
