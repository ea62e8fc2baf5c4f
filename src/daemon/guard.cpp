#include "daemon/guard.hpp"

#include "hitless/plan/difference.hpp"
#include "hitless/plan/server_index.hpp"

#include "base/event.hpp"

#include <fmt/chrono.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <unistd.h>
#include <unordered_set>
#include <utility>

namespace hitless::daemon {
namespace {

using haproxy::Config;

/// Backends whose changes are held within this time are one message.
constexpr std::chrono::milliseconds burst_time{200};

/// True when some server is missing in `after`, or a line that isn't a server's is missing or
/// different.
bool takes_away(const Config& before, const Config& after) {
    const plan::Difference difference = plan::compare(before, after);
    if (!difference.lines.empty())
        return true;
    const plan::ServerIndex index(after, difference.servers.size());
    return !std::ranges::all_of(difference.servers,
                                [&](const auto& change) { return index.has(change); });
}

std::vector<std::string> missing_servers(const Config& before, const Config& after,
                                         const std::string& backend) {
    const haproxy::Section* const old = before.find_backend(backend);
    const haproxy::Section* const now = after.find_backend(backend);
    std::unordered_set<std::string_view> left;
    if (now != nullptr) {
        for (const haproxy::ServerLine& line : now->servers)
            left.insert(line.name);
    }
    std::vector<std::string> missing;
    if (old != nullptr) {
        for (const haproxy::ServerLine& line : old->servers) {
            if (!left.contains(line.name))
                missing.emplace_back(line.name);
        }
    }
    return missing;
}

/// Some of them, and how many more.
std::string some_of(std::vector<std::string> names, std::string_view separator = ", ") {
    constexpr std::size_t most = 8;
    const std::size_t all = names.size();
    names.resize(std::min(all, most));
    return fmt::format("{}{}", fmt::join(names, separator),
                       all > most ? fmt::format(" and {} more", all - most) : "");
}

} // namespace

Guard::Guard(const Options& options) : options_(options) {
    limits_.min_servers = static_cast<std::size_t>(options.min_servers);
    limits_.max_removal_percent = options.max_removal;
}

void Guard::confirm() {
    if (next_ == Clock::time_point::max())
        return;
    std::vector<std::string> backends;
    for (const auto& [backend, since] : held_)
        backends.push_back(backend);
    spdlog::info("SIGUSR1: applying the held change{}",
                 backends.empty() ? "" : " to backend " + some_of(backends));
    confirmed_ = true;
    next_ = Clock::time_point::min();
}

std::optional<Config> Guard::pass(const Config& before, const Config& after, bool distrust,
                                  const std::vector<std::string>& gone) {
    const auto now = Clock::now();
    if (distrust) {
        distrusted_until_ = now + options_.guard_delay;
        confirmed_ = false;
    }
    const bool confirmed = std::exchange(confirmed_, false);
    next_ = Clock::time_point::max();
    if (confirmed || (distrusted_until_ && *distrusted_until_ <= now))
        distrusted_until_.reset();
    if (confirmed) {
        held_.clear();
        peaks_.clear();
        holds_all_ = false;
        return std::nullopt;
    }
    if (distrusted_until_)
        return hold_all(before, after);
    if (std::exchange(holds_all_, false))
        spdlog::warn("-guard-delay is over: applying what the emptied etcd takes away");
    if (limits_.min_servers == 0 && limits_.max_removal_percent == 0)
        return std::nullopt;
    note_peaks(before, after);
    return hold_backends(before, after, gone);
}

std::optional<Config> Guard::hold_all(const Config& before, const Config& after) {
    if (!takes_away(before, after)) {
        if (std::exchange(holds_all_, false)) {
            spdlog::info("the keys are back, so that nothing is held any more");
            distrusted_until_.reset();
        }
        return std::nullopt;
    }
    if (!std::exchange(holds_all_, true))
        log(spdlog::level::err,
            base::Event("held").says(fmt::format(
                "held: etcd came back as another, empty store, so HAProxy and its file stay as "
                "they are. Put the keys back (the .keys.json file beside HAProxy's has them), or "
                "let hitlessd take the empty store over: it does so {}",
                when_applied(*distrusted_until_))));
    next_ = *distrusted_until_;
    return before;
}

/// How many servers a backend had before a row of removals, each within the delay of the one
/// before it: many small changes must not pass where a large one would not.
void Guard::note_peaks(const Config& before, const Config& after) {
    const auto now = Clock::now();
    std::erase_if(peaks_,
                  [&](const auto& item) { return now - item.second.fell > options_.guard_delay; });
    for (const haproxy::Section& section : before.sections()) {
        const auto* const left = section.has_servers() ? after.find_backend(section.name) : nullptr;
        if (left == nullptr || left->servers.size() >= section.servers.size())
            continue;
        auto& peak = peaks_[std::string(section.name)];
        peak.servers = std::max(peak.servers, section.servers.size());
        peak.fell = now;
    }
}

std::optional<Config> Guard::hold_backends(const Config& before, const Config& after,
                                           const std::vector<std::string>& gone) {
    plan::Peaks peaks;
    for (const auto& [backend, peak] : peaks_)
        peaks.emplace(backend, peak.servers);
    std::vector<plan::Hold> held = plan::guard(before, after, limits_, peaks);
    auto was_held = std::exchange(held_, {});
    const auto now = Clock::now();
    std::erase_if(held, [&](const plan::Hold& hold) {
        const auto known = was_held.find(hold.backend);
        const auto since = known == was_held.end() ? now : known->second.since;
        const bool is_over = now - since >= options_.guard_delay;
        auto missing = missing_servers(before, after, hold.backend);
        if (is_over)
            log(spdlog::level::warn,
                base::Event("applied")
                    .with("backend", hold.backend)
                    .says(fmt::format("-guard-delay is over: applying the held change to backend "
                                      "{}, which loses {}",
                                      hold.backend, some_of(missing))));
        if (known != was_held.end())
            held_.insert(was_held.extract(known));
        if (is_over) {
            held_.erase(hold.backend);
            peaks_.erase(hold.backend);
            return true;
        }
        note_held(hold, since, std::move(missing), gone);
        next_ = std::min(next_, since + options_.guard_delay);
        return false;
    });
    for (const auto& [backend, left] : was_held) {
        if (left.is_told)
            spdlog::info("backend {} is no longer held, since enough of its servers are back",
                         backend);
    }
    tell_held(now);
    if (held.empty())
        return std::nullopt;
    return plan::with_backends_of(before, after, held);
}

std::vector<std::string> Guard::held() const {
    using System = std::chrono::system_clock;
    const auto until = [&](Clock::time_point end) {
        const auto left = std::chrono::duration_cast<System::duration>(end - Clock::now());
        return fmt::format("hitlessd applies it at {:%H:%M:%S} UTC, or at once after kill -USR1 {} "
                           "(the pid of hitlessd)",
                           fmt::gmtime(System::to_time_t(System::now() + left)), ::getpid());
    };
    std::vector<std::string> all;
    if (holds_all_ && distrusted_until_)
        all.push_back(fmt::format("all of it: etcd came back as another, empty store (the "
                                  ".keys.json file beside HAProxy's has the keys); {}",
                                  until(*distrusted_until_)));
    for (const auto& [backend, held] : held_)
        all.push_back(fmt::format(
            "{}; HAProxy and its file keep {}{}; {}", held.reason, some_of(held.servers),
            held.keys.empty()
                ? ""
                : fmt::format("; keys that were deleted last: {}", some_of(held.keys)),
            until(held.since + options_.guard_delay)));
    return all;
}

/// The keys belong to the servers that have gone since they were noted last.
void Guard::note_held(const plan::Hold& hold, Clock::time_point since,
                      std::vector<std::string> missing, const std::vector<std::string>& gone) {
    constexpr std::size_t most_keys = 20;
    Held& held = held_[hold.backend];
    held.since = since;
    held.reason = hold.reason;
    if (held.servers == missing)
        return;
    held.servers = std::move(missing);
    for (const std::string& key : gone) {
        if (held.keys.size() < most_keys && std::ranges::find(held.keys, key) == held.keys.end())
            held.keys.push_back(key);
    }
}

/// All that has been held since the last message, once others had the time to come.
void Guard::tell_held(Clock::time_point now) {
    auto first = Clock::time_point::max();
    std::vector<decltype(held_)::value_type*> untold;
    for (auto& one : held_) {
        if (one.second.is_told)
            continue;
        first = std::min(first, one.second.since);
        untold.push_back(&one);
    }
    if (untold.empty())
        return;
    if (now < first + burst_time) {
        next_ = std::min(next_, first + burst_time);
        return;
    }
    std::vector<std::string> backends;
    std::vector<std::string> reasons;
    std::vector<std::string> servers;
    std::vector<std::string> keys;
    for (auto* const one : untold) {
        auto& [backend, held] = *one;
        held.is_told = true;
        backends.push_back(backend);
        reasons.push_back(held.reason);
        for (const std::string& server : held.servers)
            servers.push_back(untold.size() == 1 ? server : fmt::format("{}/{}", backend, server));
        for (const std::string& key : held.keys) {
            if (std::ranges::find(keys, key) == keys.end())
                keys.push_back(key);
        }
    }
    base::Event event("held");
    if (backends.size() == 1)
        event.with("backend", backends.front());
    log(spdlog::level::err,
        event.with("backends", backends)
            .with("servers", servers)
            .with("keys", keys)
            .says(fmt::format("held: {}. HAProxy and its file keep {}. Put their keys back{} to "
                              "keep them for good, or let hitlessd remove them: it does so {}",
                              some_of(reasons, "; "), some_of(servers),
                              keys.empty() ? std::string()
                                           : fmt::format(" (deleted last: {})", some_of(keys)),
                              when_applied(first + options_.guard_delay))));
}

/// "at 12:30:05 (in 60 s), or as soon as it gets SIGUSR1".
std::string Guard::when_applied(Clock::time_point until) {
    using std::chrono::duration_cast;
    using System = std::chrono::system_clock;
    const auto left = until - Clock::now();
    const std::time_t at = System::to_time_t(System::now() + duration_cast<System::duration>(left));
    return fmt::format("at {:%H:%M:%S} (in {} s), or as soon as it gets SIGUSR1",
                       fmt::localtime(at), std::chrono::ceil<std::chrono::seconds>(left).count());
}

} // namespace hitless::daemon
