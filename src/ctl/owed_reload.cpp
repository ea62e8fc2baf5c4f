#include "ctl/owed_reload.hpp"

#include "hitless/apply/live_note.hpp"
#include "hitless/apply/reload.hpp"

#include "ctl/managed.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

namespace hitless::ctl {
OwedReload find_owed_reload(const ConfigFile& file, const haproxy::Info& process,
                            std::vector<std::string> told, bool is_in_trouble) {
    constexpr std::size_t most_reasons = 10;
    OwedReload owed;
    bool is_told = false;
    owed.is_in_trouble = is_in_trouble;
    const apply::ReloadNote note(file.path);
    owed.runs = keeper_of(file) == Keeper::hitlessd;
    if (const auto follow = apply::read_follow(file.path); follow && *follow) {
        owed.next_try = (*follow)->next_reload;
        owed.is_check_refused = (*follow)->is_check_refused;
        is_told = (*follow)->is_reload_owed;
    }
    owed.is_owed = owed.next_try || is_told ||
                   (note.is_set() && (owed.runs || !apply::has_read(process, file.path)));
    if (owed.is_owed)
        owed.why = told.empty() ? note.reasons(most_reasons) : std::move(told);
    return owed;
}

std::string OwedReload::when(apply::FollowNote::Time now) const {
    if (!runs)
        return "hitlessd does not run, and reloads HAProxy when it is started";
    if (is_needless)
        return "HAProxy needs no reload any more, but hitlessd has begun one, and waits for its "
               "end";
    if (is_running)
        return "hitlessd is reloading HAProxy now";
    if (!next_try && is_check_refused)
        return "hitlessd reloads HAProxy when check_cmd accepts what the keys make";
    if (!next_try && !is_in_trouble)
        return "hitlessd checks the file, or reloads HAProxy with it, now";
    if (!next_try)
        return "hitlessd has not reloaded HAProxy yet";
    if (*next_try <= now)
        return "hitlessd is about to reload HAProxy";
    const auto left = std::chrono::ceil<std::chrono::seconds>(*next_try - now);
    return fmt::format(
        "hitlessd reloads HAProxy at {:%H:%M:%S} UTC, in {} s",
        fmt::gmtime(std::chrono::system_clock::to_time_t(
            std::chrono::time_point_cast<std::chrono::system_clock::duration>(*next_try))),
        left.count());
}

std::vector<std::string> OwedReload::in_words(apply::FollowNote::Time now) const {
    std::vector<std::string> texts;
    if (is_needless) // its causes are gone
        return {when(now)};
    for (const std::string& cause : why)
        texts.push_back(fmt::format("{}; {}", cause, when(now)));
    if (is_owed && texts.empty())
        texts.push_back(when(now));
    return texts;
}

} // namespace hitless::ctl
