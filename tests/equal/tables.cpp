#include "equal/tables.hpp"

#include "hitless/haproxy/stat.hpp"

#include "support/wait_until.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <vector>

namespace hitless::test {
namespace {

/// Of `show stat`: configuration and state. All other columns are counters, times, ages and ids.
constexpr std::array stat_columns = {
    "slim",       "status",     "weight",       "act",          "bck",        "qlimit",
    "tracked",    "type",       "rate_lim",     "check_status", "check_code", "agent_status",
    "agent_code", "check_desc", "agent_desc",   "check_rise",   "check_fall", "check_health",
    "agent_rise", "agent_fall", "agent_health", "addr",         "cookie",     "mode",
    "algo",       "uweight",    "throttle"};

/// Of `show servers state`: all but these. A name is looked up by Hitless; without `resolvers`,
/// which are not for servers added live, HAProxy has no use for it.
const std::set<std::string> other_state_columns = {"be_id",          "srv_fqdn",
                                                   "srv_id",         "srv_time_since_last_change",
                                                   "bk_f_forced_id", "srv_f_forced_id"};

std::vector<std::string> words(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> all;
    for (std::string word; stream >> word;)
        all.push_back(word);
    return all;
}

std::vector<haproxy::StatRow> stat_rows(const HaproxyServer& haproxy) {
    return haproxy::parse_stat(haproxy.command("show stat")).value();
}

std::string name_of(const haproxy::StatRow& row) {
    return row.proxy() + "/" + row.name();
}

/// While a check is in progress, its columns are not the last one's result.
bool is_checking(const haproxy::StatRow& row) {
    return row.field("check_status").starts_with("* ") ||
           row.field("agent_status").starts_with("* ");
}

/// At a moment without a check in progress, where there is one.
std::vector<haproxy::StatRow> stat_rows_between_checks(const HaproxyServer& haproxy) {
    std::vector<haproxy::StatRow> rows;
    const auto none_in_progress = [&] {
        rows = stat_rows(haproxy);
        return std::ranges::none_of(rows, is_checking);
    };
    static_cast<void>(wait_until(none_in_progress, std::chrono::milliseconds(500)));
    return rows;
}

/// "* L7OK" while the next check is in progress.
std::string finished(const std::string& status) {
    return status.starts_with("* ") ? status.substr(2) : status;
}

void read_stat(const HaproxyServer& haproxy, Facts& facts) {
    for (const haproxy::StatRow& row : stat_rows_between_checks(haproxy)) {
        // A frontend's address is its own, and no change of servers touches the frontend.
        if (row.kind() == haproxy::StatRow::Kind::frontend)
            continue;
        for (const char* const column : stat_columns) {
            // A backend's cookie is the name of it.
            if (row.kind() == haproxy::StatRow::Kind::backend &&
                std::string_view(column) == "cookie")
                continue;
            facts["stat " + name_of(row) + " " + column] = finished(row.field(column));
        }
    }
}

/// Takes away what has no meaning, or another one at each moment.
void forget_what_means_nothing(Facts& row) {
    constexpr unsigned long in_progress = 0x01;
    constexpr unsigned long runs = 0x02 | 0x04; // configured and enabled
    // The bit of a `disabled` in the file stays when the server is made ready.
    constexpr unsigned long disabled_in_file = 0x04;
    const auto without = [&](const char* column, unsigned long bits) {
        const unsigned long value = std::stoul(row[column]) & ~bits;
        row[column] = std::to_string(value);
        return value;
    };
    without("srv_admin_state", disabled_in_file);
    if (row["srv_use_ssl"] == "-1") // `no-ssl`
        row["srv_use_ssl"] = "0";
    row.erase("srv_check_result"); // none while one is in progress; its status tells
    const unsigned long check = without("srv_check_state", in_progress);
    if ((check & runs) != runs) {
        for (const char* const column :
             {"srv_check_status", "srv_check_health", "srv_check_port", "srv_check_addr"})
            row.erase(column);
        row["srv_check_state"] = "none runs";
    }
    const unsigned long agent = without("srv_agent_state", in_progress);
    if ((agent & runs) != runs) {
        // What an agent's percentages count from.
        for (const char* const column : {"srv_agent_addr", "srv_agent_port", "srv_iweight"})
            row.erase(column);
        row["srv_agent_state"] = "none runs";
    }
}

void read_state(const HaproxyServer& haproxy, Facts& facts) {
    std::istringstream lines(haproxy.command("show servers state"));
    std::vector<std::string> columns;
    for (std::string line; std::getline(lines, line);) {
        std::vector<std::string> cells = words(line);
        if (cells.size() < 4)
            continue;
        if (cells.front() == "#") {
            columns.assign(cells.begin() + 1, cells.end());
            continue;
        }
        Facts row;
        for (std::size_t i = 0; i < cells.size() && i < columns.size(); ++i)
            row[columns[i]] = cells[i];
        forget_what_means_nothing(row);
        for (const auto& [column, value] : row) {
            if (!other_state_columns.contains(column))
                facts["state " + cells[1] + "/" + cells[3] + " " + column] = value;
        }
    }
}

} // namespace

Facts read_tables(const HaproxyServer& haproxy) {
    Facts facts;
    read_stat(haproxy, facts);
    read_state(haproxy, facts);
    return facts;
}

std::string unsettled(const HaproxyServer& haproxy) {
    for (const haproxy::StatRow& row : stat_rows(haproxy)) {
        if (row.kind() != haproxy::StatRow::Kind::server)
            continue;
        const std::string& status = row.field("status");
        if (status.starts_with("MAINT"))
            continue;
        for (const std::string& text : {row.field("check_status"), row.field("agent_status")}) {
            if (text == "INI")
                return name_of(row) + " " + text;
        }
        if (status.find('/') != std::string::npos || !row.field("throttle").empty())
            return name_of(row) + " " + status + " " + row.field("throttle");
    }
    return "";
}

std::size_t checked_servers(const HaproxyServer& haproxy) {
    std::size_t count = 0;
    for (const haproxy::StatRow& row : stat_rows(haproxy))
        count += row.kind() == haproxy::StatRow::Kind::server &&
                 (!row.field("check_status").empty() || !row.field("agent_status").empty());
    return count;
}

std::int64_t failures_of_checks(const HaproxyServer& haproxy) {
    std::int64_t count = 0;
    for (const haproxy::StatRow& row : stat_rows(haproxy)) {
        if (row.kind() == haproxy::StatRow::Kind::server)
            count += row.number("chkfail").value_or(0) + row.number("chkdown").value_or(0);
    }
    return count;
}

Facts read_load(const HaproxyServer& haproxy) {
    Facts facts;
    std::int64_t served = 0;
    std::int64_t waiting = 0;
    for (const haproxy::StatRow& row : stat_rows(haproxy)) {
        const auto kind = row.kind();
        if (kind == haproxy::StatRow::Kind::frontend)
            continue;
        const bool is_server = kind == haproxy::StatRow::Kind::server;
        if (is_server) {
            facts["scur " + name_of(row)] = row.field("scur");
            served += row.number("scur").value_or(0);
        }
        facts["qcur " + name_of(row)] = row.field("qcur");
        // A backend counts those that wait for any of its servers.
        waiting += row.number("qcur").value_or(0);
    }
    facts["served"] = std::to_string(served);
    facts["in all"] = std::to_string(served + waiting);
    return facts;
}

} // namespace hitless::test
