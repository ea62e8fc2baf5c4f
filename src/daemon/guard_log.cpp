#include "daemon/guard_log.hpp"

#include "base/event.hpp"

#include <fmt/chrono.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <unistd.h>

namespace hitless::daemon {
namespace {

using converge::Guard;
using std::chrono::duration_cast;
using System = std::chrono::system_clock;

/// Some of them, and how many more.
std::string some_of(std::vector<std::string> names) {
    constexpr std::size_t most = 8;
    const std::size_t all = names.size();
    names.resize(std::min(all, most));
    return fmt::format("{}{}", fmt::join(names, ", "),
                       all > most ? fmt::format(" and {} more", all - most) : "");
}

/// "at 12:30:05 (in 60 s), or as soon as it gets SIGUSR1".
std::string when_applied(Guard::Clock::duration delay) {
    const auto seconds = duration_cast<std::chrono::seconds>(delay);
    return fmt::format("at {:%H:%M:%S} (in {} s), or as soon as it gets SIGUSR1",
                       fmt::localtime(System::to_time_t(System::now() + seconds)), seconds.count());
}

void log_held(const Guard::Finding& finding, Guard::Clock::duration delay,
              const std::vector<std::string>& gone) {
    const std::string keys = gone.empty() ? "" : fmt::format(" (deleted last: {})", some_of(gone));
    log(spdlog::level::err,
        base::Event("held")
            .with("backend", finding.backend)
            .with("servers", finding.servers)
            .with("keys", gone)
            .says(fmt::format("held: {}. HAProxy and its file keep {}. Put their keys back{} to "
                              "keep them for good, or let hitlessd remove them: it does so {}",
                              finding.reason, some_of(finding.servers), keys,
                              when_applied(delay))));
}

void log_due(const Guard::Finding& finding) {
    log(spdlog::level::warn,
        base::Event("applied")
            .with("backend", finding.backend)
            .says(fmt::format("-guard-delay is over: applying the held change to backend {}, which "
                              "loses {}",
                              finding.backend, some_of(finding.servers))));
}

void log_all_held(Guard::Clock::duration delay) {
    log(spdlog::level::err,
        base::Event("held").says(fmt::format(
            "held: etcd came back as another, empty store, so HAProxy and its file stay as they "
            "are. Put the keys back (the .keys.json file beside HAProxy's has them), or let "
            "hitlessd take the empty store over: it does so {}",
            when_applied(delay))));
}

} // namespace

void log(std::span<const Guard::Finding> findings, Guard::Clock::duration delay,
         const std::vector<std::string>& gone) {
    using Kind = Guard::Finding::Kind;
    for (const Guard::Finding& finding : findings) {
        switch (finding.kind) {
        case Kind::all_held:
            log_all_held(delay);
            break;
        case Kind::keys_are_back:
            spdlog::info("the keys are back, so that nothing is held any more");
            break;
        case Kind::all_due:
            spdlog::warn("-guard-delay is over: applying what the emptied etcd takes away");
            break;
        case Kind::held:
            log_held(finding, delay, gone);
            break;
        case Kind::due:
            log_due(finding);
            break;
        case Kind::released:
            spdlog::info("backend {} is no longer held, since enough of its servers are back",
                         finding.backend);
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
        all.push_back(
            fmt::format("{}; hitlessd applies it at {:%H:%M:%S} UTC, or at once after kill -USR1 "
                        "{} (the pid of "
                        "hitlessd)",
                        each.backend.empty() ? "all of it: etcd came back as another, empty store"
                                             : each.reason,
                        fmt::gmtime(System::to_time_t(System::now() + left)), ::getpid()));
    }
    return all;
}

} // namespace hitless::daemon
