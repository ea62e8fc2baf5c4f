#include "converge/guard.hpp"

#include "hitless/plan/difference.hpp"
#include "hitless/plan/server_index.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace hitless::converge {
namespace {

using haproxy::Config;

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

} // namespace

void Guard::confirm() {
    if (!holds())
        return;
    confirmed_ = true;
    next_ = Time::min();
}

Guard::Verdict Guard::pass(const Config& before, const Config& after, bool distrust,
                           const std::vector<std::string>& deleted, Time now) {
    Verdict verdict;
    if (distrust) {
        distrusted_until_ = now + options_.delay;
        confirmed_ = false;
    }
    const bool confirmed = std::exchange(confirmed_, false);
    next_ = Time::max();
    if (confirmed || (distrusted_until_ && *distrusted_until_ <= now))
        distrusted_until_.reset();
    if (confirmed) {
        held_.clear();
        peaks_.clear();
        holds_all_ = false;
        return verdict;
    }
    if (distrusted_until_ && hold_all(before, after, verdict))
        return verdict;
    if (std::exchange(holds_all_, false))
        verdict.findings.push_back({Finding::Kind::all_due, {}});
    if (options_.limits.min_servers == 0 && options_.limits.max_removal_percent == 0)
        return verdict;
    note_peaks(before, after, now);
    hold_backends(before, after, deleted, now, verdict);
    return verdict;
}

/// False: nothing is taken away, so that there is nothing to hold for the emptied store.
bool Guard::hold_all(const Config& before, const Config& after, Verdict& verdict) {
    if (!takes_away(before, after)) {
        if (std::exchange(holds_all_, false)) {
            verdict.findings.push_back({Finding::Kind::keys_are_back, {}});
            distrusted_until_.reset();
        }
        return false;
    }
    if (!std::exchange(holds_all_, true))
        verdict.findings.push_back({Finding::Kind::all_held, held()});
    next_ = *distrusted_until_;
    verdict.instead = before;
    return true;
}

/// How many servers a backend had before a row of removals, each within the delay of the one
/// before it: many small changes must not pass where a large one would not.
void Guard::note_peaks(const Config& before, const Config& after, Time now) {
    std::erase_if(peaks_,
                  [&](const auto& item) { return now - item.second.fell > options_.delay; });
    for (const haproxy::Section& section : before.sections()) {
        const auto* const left = section.has_servers() ? after.find_backend(section.name) : nullptr;
        if (left == nullptr || left->servers.size() >= section.servers.size())
            continue;
        auto& peak = peaks_[std::string(section.name)];
        peak.servers = std::max(peak.servers, section.servers.size());
        peak.fell = now;
    }
}

void Guard::hold_backends(const Config& before, const Config& after,
                          const std::vector<std::string>& deleted, Time now, Verdict& verdict) {
    plan::Peaks peaks;
    for (const auto& [backend, peak] : peaks_)
        peaks.emplace(backend, peak.servers);
    std::vector<plan::HeldBackend> held = plan::guard(before, after, options_.limits, peaks);
    auto was_held = std::exchange(held_, {});
    std::erase_if(held, [&](const plan::HeldBackend& each) {
        Time until = now + options_.delay;
        if (const auto known = was_held.find(each.backend); known != was_held.end()) {
            until = known->second.held.until;
            held_.insert(was_held.extract(known));
        }
        auto missing = missing_servers(before, after, each.backend);
        if (until > now) {
            note_held(each, until, std::move(missing), deleted);
            return false;
        }
        verdict.findings.push_back(
            {Finding::Kind::due, {{each.backend, each.reason, std::move(missing), {}, until}}});
        held_.erase(each.backend);
        peaks_.erase(each.backend);
        return true;
    });
    for (const auto& [backend, left] : was_held) {
        if (left.is_told)
            verdict.findings.push_back({Finding::Kind::released, {left.held}});
    }
    find_untold(now, verdict.findings);
    if (!held.empty())
        verdict.instead = plan::with_backends_of(before, after, held);
}

/// The deleted keys belong to the servers that have gone since they were noted last.
void Guard::note_held(const plan::HeldBackend& hold, Time until, std::vector<std::string> servers,
                      const std::vector<std::string>& deleted) {
    constexpr std::size_t most_keys = 20;
    Held& held = held_[hold.backend].held;
    held.backend = hold.backend;
    held.until = until;
    held.reason = hold.reason;
    next_ = std::min(next_, until);
    if (held.servers == servers)
        return;
    held.servers = std::move(servers);
    for (const std::string& key : deleted) {
        if (held.keys.size() < most_keys && std::ranges::find(held.keys, key) == held.keys.end())
            held.keys.push_back(key);
    }
}

/// All that has been held since the last finding, once others had the time to come.
void Guard::find_untold(Time now, std::vector<Finding>& findings) {
    Finding finding;
    auto first = Time::max();
    for (const auto& [backend, each] : held_) {
        if (each.is_told)
            continue;
        first = std::min(first, each.held.until - options_.delay);
        finding.held.push_back(each.held);
    }
    if (finding.held.empty())
        return;
    if (now < first + burst_time) {
        next_ = std::min(next_, first + burst_time);
        return;
    }
    for (auto& [backend, each] : held_)
        each.is_told = true;
    findings.push_back(std::move(finding));
}

std::vector<Guard::Finding> Guard::rest() {
    std::vector<Finding> findings;
    find_untold(Time::max(), findings);
    return findings;
}

std::vector<Guard::Held> Guard::held() const {
    std::vector<Held> all;
    if (holds_all_ && distrusted_until_)
        all.push_back({{}, {}, {}, {}, *distrusted_until_});
    for (const auto& [backend, each] : held_)
        all.push_back(each.held);
    return all;
}

} // namespace hitless::converge
