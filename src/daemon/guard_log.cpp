#include "daemon/guard_log.hpp"

#include "base/event.hpp"

#include <fmt/chrono.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <string_view>
#include <unistd.h>

namespace hitless::daemon {
namespace {

using converge::Guard;
using std::chrono::duration_cast;
using System = std::chrono::system_clock;

/// Some of them, and how many more.
std::string some_of(std::vector<std::string> names, std::string_view separator = ", ") {
    constexpr std::size_t most = 8;
    const std::size_t all = names.size();
    names.resize(std::min(all, most));
    return fmt::format("{}{}", fmt::join(names, separator),
                       all > most ? fmt::format(" and {} more", all - most) : "");
}

/// "at 12:30:05 (in 60 s), or as soon as it gets SIGUSR1".
std::string when_applied(Guard::Time until) {
    const auto left = until - Guard::Clock::now();
    const std::time_t at = System::to_time_t(System::now() + duration_cast<System::duration>(left));
    return fmt::format("at {:%H:%M:%S} (in {} s), or as soon as it gets SIGUSR1",
                       fmt::localtime(at), std::chrono::ceil<std::chrono::seconds>(left).count());
}

/// One message for all backends that are held since the last one.
void log_held(const std::vector<Guard::Held>& all) {
    std::vector<std::string> backends;
    std::vector<std::string> reasons;
    std::vector<std::string> servers;
    std::vector<std::string> keys;
    auto first = Guard::Time::max();
    for (const Guard::Held& held : all) {
        first = std::min(first, held.until);
        backends.push_back(held.backend);
        reasons.push_back(held.reason);
        for (const std::string& server : held.servers)
            servers.push_back(all.size() == 1 ? server
                                              : fmt::format("{}/{}", held.backend, server));
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
                              when_applied(first))));
}

void log_due(const Guard::Held& due) {
    log(spdlog::level::warn,
        base::Event("applied")
            .with("backend", due.backend)
            .says(fmt::format("-guard-delay is over: applying the held change to backend {}, which "
                              "loses {}",
                              due.backend, some_of(due.servers))));
}

void log_all_held(const Guard::Held& held) {
    log(spdlog::level::err,
        base::Event("held").says(fmt::format(
            "held: etcd came back as another, empty store, so HAProxy and its file stay as they "
            "are. Put the keys back (the .keys.json file beside HAProxy's has them), or let "
            "hitlessd take the empty store over: it does so {}",
            when_applied(held.until))));
}

} // namespace

void log(std::span<const Guard::Finding> findings) {
    using Kind = Guard::Finding::Kind;
    for (const auto& [kind, held] : findings) {
        switch (kind) {
        case Kind::all_held:
            log_all_held(held.front());
            break;
        case Kind::keys_are_back:
            spdlog::info("the keys are back, so that nothing is held any more");
            break;
        case Kind::all_due:
            spdlog::warn("-guard-delay is over: applying what the emptied etcd takes away");
            break;
        case Kind::held:
            log_held(held);
            break;
        case Kind::due:
            log_due(held.front());
            break;
        case Kind::released:
            spdlog::info("backend {} is no longer held, since enough of its servers are back",
                         held.front().backend);
            break;
        }
    }
}

void log_confirmed(std::span<const Guard::Held> held) {
    std::vector<std::string> backends;
    for (const Guard::Held& each : held) {
        if (!each.backend.empty())
            backends.push_back(each.backend);
    }
    spdlog::info("SIGUSR1: applying the held change{}",
                 backends.empty() ? "" : " to backend " + some_of(backends));
}

std::vector<std::string> in_words(std::span<const Guard::Held> held) {
    std::vector<std::string> all;
    for (const Guard::Held& each : held) {
        const auto left = duration_cast<System::duration>(each.until - Guard::Clock::now());
        const std::string until = fmt::format(
            "hitlessd applies it at {:%H:%M:%S} UTC, or at once after kill -USR1 {} (the pid of "
            "hitlessd)",
            fmt::gmtime(System::to_time_t(System::now() + left)), ::getpid());
        if (each.backend.empty())
            all.push_back(fmt::format("all of it: etcd came back as another, empty store (the "
                                      ".keys.json file beside HAProxy's has the keys); {}",
                                      until));
        else
            all.push_back(fmt::format(
                "{}; HAProxy and its file keep {}{}; {}", each.reason, some_of(each.servers),
                each.keys.empty()
                    ? ""
                    : fmt::format("; keys that were deleted last: {}", some_of(each.keys)),
                until));
    }
    return all;
}

} // namespace hitless::daemon
