#include "ctl/top_sample.hpp"

#include "hitless/base/text.hpp"

#include "ctl/snapshot.hpp"
#include "ctl/view.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace hitless::ctl {
namespace {

using haproxy::StatRow;
using StatName = std::pair<std::string_view, std::string_view>;

std::int64_t number_fact(std::string_view info, std::string_view name) {
    const std::string_view text = info_fact(info, name);
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::string check_of(const StatRow& row) {
    std::string text = check_word(row);
    if (!row.field("last_chk").empty())
        text += " " + row.field("last_chk");
    return text;
}

TopEntry entry_of(const StatRow& row) {
    const auto number = [&](const char* column) { return row.number(column).value_or(0); };
    TopEntry entry;
    entry.backend = row.proxy();
    entry.state = state_word(row.field("status"));
    entry.sessions = number("scur");
    entry.limit = number("slim");
    entry.queue = number("qcur");
    entry.age = number("lastchg");
    entry.weight = row.number("uweight").value_or(number("weight"));
    entry.requests = number("stot");
    entry.errors = number("econ") + number("eresp") + number("wretr");
    if (row.kind() == StatRow::Kind::backend) {
        entry.servers_up = number("act") + number("bck");
        // In HTTP a session may bring many requests.
        entry.requests = std::max(entry.requests, number("req_tot"));
    } else {
        entry.server = row.name();
        entry.check = check_of(row);
    }
    return entry;
}

/// HAProxy has a backend after its servers.
std::vector<TopEntry> entries_of(const std::vector<StatRow>& rows,
                                 const std::vector<std::string>& patterns) {
    std::vector<TopEntry> entries;
    std::size_t begin = 0;
    for (const StatRow& row : rows) {
        const bool is_backend = row.kind() == StatRow::Kind::backend;
        if (!is_backend && row.kind() != StatRow::Kind::server)
            continue;
        const bool wanted =
            patterns.empty() || std::ranges::any_of(patterns, [&](std::string_view pattern) {
                return is_named(pattern.substr(0, pattern.find('/')), row.proxy(), {});
            });
        if (!wanted)
            continue;
        entries.push_back(entry_of(row));
        if (!is_backend)
            continue;
        entries.back().servers = static_cast<std::int64_t>(entries.size() - 1 - begin);
        std::rotate(entries.begin() + static_cast<std::ptrdiff_t>(begin), entries.end() - 1,
                    entries.end());
        begin = entries.size();
    }
    return entries;
}

/// A server that is down and drained at that has only the first of it in the statistics.
void add_admin_state(TopEntry& entry, const haproxy::RunningServer* server) {
    if (server == nullptr)
        return;
    const std::string admin = admin_word(*server);
    if (admin != "ready" && !entry.state.starts_with(admin.substr(0, admin.find(' '))))
        entry.state += ", " + admin;
}

std::optional<double> rate(std::int64_t now, std::int64_t before, double seconds) {
    if (now < before || seconds <= 0)
        return std::nullopt;
    return static_cast<double>(now - before) / seconds;
}

bool is_plain_up(std::string_view state) {
    return state == "up" || state == "open";
}

} // namespace

std::string_view info_fact(std::string_view info, std::string_view name) {
    for (const std::string_view line : base::split(info, '\n')) {
        if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
            return base::trim(line.substr(name.size() + 1));
    }
    return {};
}

bool TopEntry::is_problem() const {
    constexpr double nearly_full = 0.9;
    return !is_plain_up(state) || queue > 0 || error_rate.value_or(0) > 0 ||
           (limit > 0 && static_cast<double>(sessions) >= nearly_full * static_cast<double>(limit));
}

Result<TopSample> parse_sample(std::span<const std::string> answers,
                               const std::vector<std::string>& patterns,
                               std::chrono::steady_clock::time_point when) {
    auto snapshot = parse_snapshot(answers);
    if (!snapshot)
        return snapshot.error();
    const std::string& info = answers[0];
    TopSample sample;
    sample.when = when;
    sample.info = std::move(snapshot->info);
    sample.node = info_fact(info, "node");
    sample.connections = number_fact(info, "CurrConns");
    sample.connection_limit = number_fact(info, "Maxconn");
    sample.connection_rate = number_fact(info, "ConnRate");
    sample.idle_percent = number_fact(info, "Idle_pct");
    sample.requests = number_fact(info, "CumReq");
    sample.entries = entries_of(snapshot->stat, patterns);
    for (TopEntry& entry : sample.entries)
        add_admin_state(entry,
                        haproxy::find_server(snapshot->running, entry.backend, entry.server));
    return sample;
}

void add_rates(TopSample& now, const TopSample& before) {
    if (now.info.pid != before.info.pid || now.info.uptime_seconds < before.info.uptime_seconds)
        return;
    const double seconds = std::chrono::duration<double>(now.when - before.when).count();
    std::map<StatName, const TopEntry*> known;
    for (const TopEntry& entry : before.entries)
        known.emplace(StatName(entry.backend, entry.server), &entry);
    now.request_rate = rate(now.requests, before.requests, seconds);
    for (TopEntry& entry : now.entries) {
        const auto old = known.find(StatName(entry.backend, entry.server));
        if (old == known.end())
            continue;
        entry.request_rate = rate(entry.requests, old->second->requests, seconds);
        entry.error_rate = rate(entry.errors, old->second->errors, seconds);
        if (entry.is_backend() && entry.error_rate)
            now.error_rate = now.error_rate.value_or(0) + *entry.error_rate;
    }
}

} // namespace hitless::ctl
