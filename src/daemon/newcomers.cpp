#include "daemon/newcomers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::daemon {
namespace {

using haproxy::StatRow;

/// A moment after the addition, when all of a burst are there.
constexpr std::chrono::seconds until_begin{1};
constexpr std::chrono::seconds watched_for{5};
/// A server that should have got this many requests and got none is reported.
constexpr double expected_at_least = 20;

/// A server that requests are balanced to, by its state and weight.
bool is_usable(const StatRow& row) {
    const std::string& status = row.field("status");
    return row.kind() == StatRow::Kind::server &&
           (status.starts_with("UP") || status == "no check") &&
           row.number("weight").value_or(0) > 0 && row.number("bck").value_or(0) == 0;
}

std::int64_t requests(const StatRow& row) {
    return row.number("lbtot").value_or(0);
}

/// True when each server should get its share. With a hash, or with "first", a server may rightly
/// get nothing.
bool spreads_evenly(std::string_view algorithm) {
    return algorithm == "roundrobin" || algorithm == "static-rr" || algorithm == "leastconn" ||
           algorithm == "random";
}

} // namespace

void Newcomers::note_added(const plan::ServerId& server, Clock::time_point now) {
    Backend& backend = backends_[server.backend];
    backend.servers.insert(server.server);
    backend.has_begun = false;
    backend.next_look = now + until_begin;
}

Newcomers::Clock::time_point Newcomers::next_look() const {
    auto next = Clock::time_point::max();
    for (const auto& [name, backend] : backends_)
        next = std::min(next, backend.next_look);
    return next;
}

std::vector<std::string> Newcomers::due(Clock::time_point now) const {
    std::vector<std::string> names;
    for (const auto& [name, backend] : backends_) {
        if (backend.next_look <= now)
            names.push_back(name);
    }
    return names;
}

std::vector<std::string> Newcomers::look(const std::string& name, std::span<const StatRow> rows,
                                         Clock::time_point now) {
    const auto found = backends_.find(name);
    if (found == backends_.end())
        return {};
    Backend& backend = found->second;
    if (!backend.has_begun) {
        backend.has_begun = true;
        backend.before.clear();
        for (const StatRow& row : rows)
            backend.before[row.name()] = requests(row);
        backend.next_look = now + watched_for;
        return {};
    }
    std::int64_t all = 0;
    double weights = 0;
    bool is_even = false;
    for (const StatRow& row : rows) {
        if (row.kind() == StatRow::Kind::backend)
            is_even = spreads_evenly(row.field("algo"));
        const auto before = backend.before.find(row.name());
        if (!is_usable(row) || before == backend.before.end())
            continue;
        all += requests(row) - before->second;
        weights += static_cast<double>(row.number("weight").value_or(0));
    }
    std::vector<std::string> told;
    for (const StatRow& row : rows) {
        if (!backend.servers.contains(row.name()) || !is_usable(row) || requests(row) != 0 ||
            !is_even)
            continue;
        const double share = static_cast<double>(row.number("weight").value_or(0)) / weights;
        if (share * static_cast<double>(all) < expected_at_least)
            continue;
        told.push_back(fmt::format(
            "backend={} server={} was added and is up, but got none of the {} requests that its "
            "backend had in {} seconds; 'hitlessctl explain {}/{}' may say why. If it goes on, "
            "reload HAProxy, which then reads the server from its file",
            name, row.name(), all, watched_for.count(), name, row.name()));
    }
    backends_.erase(found);
    return told;
}

} // namespace hitless::daemon
