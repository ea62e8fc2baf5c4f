#include "ctl/view.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/capabilities.hpp"
#include "hitless/keys/key_tree.hpp"
#include "hitless/plan/slots.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <locale>
#include <map>
#include <set>
#include <utility>

namespace hitless::ctl {
namespace {

using haproxy::RunningServer;
using haproxy::StatRow;
using Json = nlohmann::ordered_json;
using Kind = Column::Kind;

constexpr std::array state_words = {"up",    "down",  "starting", "stopping",
                                    "ready", "drain", "maint",    "nocheck"};

Json number(const StatRow& row, const char* column) {
    const auto value = row.number(column);
    return value ? Json(*value) : Json();
}

Json sum(const StatRow& row, std::initializer_list<const char*> columns) {
    std::int64_t total = 0;
    for (const char* const column : columns)
        total += row.number(column).value_or(0);
    return total;
}

Json text(const std::string& value) {
    return value.empty() ? Json() : Json(value);
}

/// "L7STS/503 in 12ms".
Json check_text(const StatRow& row) {
    std::string text = check_word(row);
    if (text.empty())
        return row.field("status") == "no check" ? Json("none") : Json();
    if (!row.field("check_duration").empty())
        text += fmt::format(" in {}ms", row.field("check_duration"));
    return text;
}

/// The servers of the file, by backend.
using FileServers = std::map<std::string_view, std::set<std::string_view>, std::less<>>;

FileServers servers_of(const haproxy::Config* file) {
    FileServers all;
    if (file == nullptr)
        return all;
    for (const haproxy::Section& section : file->sections()) {
        if (!section.has_servers())
            continue;
        auto& names = all[section.name];
        for (const haproxy::ServerLine& line : section.servers)
            names.insert(line.name);
    }
    return all;
}

Json origin(const FileServers& file, const std::string& backend, const std::string& server) {
    const auto servers = file.find(backend);
    if (servers == file.end())
        return {};
    return servers->second.contains(server) ? "file" : "runtime";
}

Json server_row(const StatRow& row, const RunningServer* running, const FileServers& file,
                const Roles* roles) {
    Json json;
    json["backend"] = row.proxy();
    json["server"] = row.name();
    json["address"] = text(row.field("addr"));
    if (json["address"].is_null() && running != nullptr && running->address != "-")
        json["address"] = fmt::format("{}:{}", running->address, running->port);
    json["admin"] = running != nullptr ? Json(admin_word(*running)) : Json();
    json["state"] = state_word(row.field("status"));
    json["weight"] = running != nullptr ? Json(running->weight) : number(row, "weight");
    json["check"] = check_text(row);
    json["last_check"] = text(row.field("last_chk"));
    json["sessions"] = number(row, "scur");
    json["most_sessions"] = number(row, "smax");
    json["limit"] = number(row, "slim");
    json["queue"] = number(row, "qcur");
    json["requests"] = number(row, "stot");
    json["errors"] = sum(row, {"econ", "eresp"});
    json["retries"] = number(row, "wretr");
    json["age"] = number(row, "lastchg");
    json["origin"] = origin(file, row.proxy(), row.name());
    const Role role = roles != nullptr ? roles->of(row.proxy(), row.name()) : Role();
    // A spare server in which sessions of the one run that it stood for.
    const bool is_left = role.kind == Role::Kind::spare && row.number("scur").value_or(0) > 0;
    json["role"] = is_left ? Json("leaving") : text(role.text());
    return json;
}

/// The first word of a state, by which it is filtered.
std::string_view first_word(std::string_view state) {
    return state.substr(0, state.find(' '));
}

} // namespace

std::string admin_word(const RunningServer& server) {
    constexpr unsigned inherited_drain = 0x10;
    if ((server.admin_state & RunningServer::forced_maintenance) != 0)
        return "maint";
    if ((server.admin_state & RunningServer::inherited_maintenance) != 0)
        return "maint (tracked)";
    if ((server.admin_state & RunningServer::maintenance_of_resolution) != 0)
        return "maint (no address)";
    if ((server.admin_state & RunningServer::forced_drain) != 0)
        return "drain";
    if ((server.admin_state & inherited_drain) != 0)
        return "drain (tracked)";
    return "ready";
}

std::string state_word(std::string_view status) {
    if (status == "no check")
        return "up";
    return boost::algorithm::to_lower_copy(std::string(status), std::locale::classic());
}

std::string check_word(const StatRow& row) {
    std::string_view status = row.field("check_status");
    if (status.starts_with("* ")) // it is being asked just now
        status.remove_prefix(2);
    std::string word(status);
    if (!word.empty() && !row.field("check_code").empty())
        word += "/" + row.field("check_code");
    return word;
}

Table server_table(std::span<const StatRow> stat, const haproxy::Running& running,
                   const haproxy::Config* file, const Roles* roles) {
    Table table;
    table.columns = {{"backend", "BACKEND"},
                     {"server", "SERVER"},
                     {"address", "ADDRESS"},
                     {"admin", "ADMIN", Kind::state},
                     {"state", "STATE", Kind::state},
                     {"weight", "WEIGHT", Kind::number},
                     {"check", "CHECK", Kind::text, 3},
                     {"last_check", "LAST CHECK", Kind::text, 8},
                     {"sessions", "SESS", Kind::number},
                     {"most_sessions", "MAX", Kind::number, 5},
                     {"limit", "LIMIT", Kind::number, 6},
                     {"queue", "QUEUE", Kind::number, 2},
                     {"requests", "TOTAL", Kind::number, 4},
                     {"errors", "ERRORS", Kind::number, 1},
                     {"retries", "RETRIES", Kind::number, 7},
                     {"age", "AGE", Kind::seconds, 2},
                     {"origin", "ORIGIN", Kind::text, 6},
                     {"role", "ROLE", Kind::text, 1}};
    const FileServers in_file = servers_of(file);
    for (const StatRow& row : stat) {
        if (row.kind() == StatRow::Kind::server)
            table.rows.push_back(server_row(
                row, haproxy::find_server(running, row.proxy(), row.name()), in_file, roles));
    }
    return table;
}

void leave_out_false_ages(Table& servers, const haproxy::Info& info) {
    if (!info.at_least(3, 0))
        return;
    for (Json& row : servers.rows) {
        if (row["state"].is_string() &&
            row["state"].get_ref<const std::string&>().starts_with("drain"))
            row["age"] = nullptr;
    }
}

Table frontend_table(std::span<const StatRow> stat) {
    Table table;
    table.columns = {{"frontend", "FRONTEND"},
                     {"state", "STATE", Kind::state},
                     {"sessions", "SESS", Kind::number},
                     {"most_sessions", "MAX", Kind::number, 4},
                     {"limit", "LIMIT", Kind::number},
                     {"rate", "RATE", Kind::number, 1},
                     {"requests", "TOTAL", Kind::number, 2},
                     {"errors", "ERRORS", Kind::number},
                     {"denied", "DENIED", Kind::number, 3}};
    for (const StatRow& row : stat) {
        if (row.kind() != StatRow::Kind::frontend)
            continue;
        Json json;
        json["frontend"] = row.proxy();
        json["state"] = state_word(row.field("status"));
        json["sessions"] = number(row, "scur");
        json["most_sessions"] = number(row, "smax");
        json["limit"] = number(row, "slim");
        json["rate"] = number(row, "rate");
        json["requests"] = number(row, "stot");
        json["errors"] = number(row, "ereq");
        json["denied"] = sum(row, {"dreq", "dcon", "dses"});
        table.rows.push_back(std::move(json));
    }
    return table;
}

namespace {

/// HAProxy has no word for "random", among others: it calls these "unknown" (backend_lb_algo_str in
/// backend.c). "random" is what a backend without a line has since 3.3.
Json algorithm(const StatRow& row, const haproxy::Config* file) {
    const std::string& told = row.field("algo");
    if (told != "unknown")
        return text(told);
    const haproxy::Section* const section =
        file != nullptr ? file->find_backend(row.proxy()) : nullptr;
    if (section == nullptr)
        return {};
    const std::string word = haproxy::balance_of(*file, *section);
    return word.empty() ? "random" : word;
}

} // namespace

Table backend_table(std::span<const StatRow> stat, const haproxy::Config* file) {
    Table table;
    table.columns = {{"backend", "BACKEND"},
                     {"state", "STATE", Kind::state},
                     {"servers_up", "UP", Kind::number},
                     {"servers", "SERVERS", Kind::number},
                     {"spares", "SPARE", Kind::number, 2},
                     {"sessions", "SESS", Kind::number},
                     {"most_sessions", "MAX", Kind::number, 4},
                     {"limit", "LIMIT", Kind::number, 6},
                     {"queue", "QUEUE", Kind::number, 1},
                     {"rate", "RATE", Kind::number, 2},
                     {"requests", "TOTAL", Kind::number, 3},
                     {"errors", "ERRORS", Kind::number, 1},
                     {"responses_5xx", "5XX", Kind::number, 2},
                     {"retries", "RETRIES", Kind::number, 5},
                     {"algorithm", "BALANCE", Kind::text, 4},
                     {"age", "AGE", Kind::seconds, 3}};
    std::map<std::string, std::int64_t> servers;
    std::map<std::string, std::int64_t> spares;
    for (const StatRow& row : stat) {
        if (row.kind() != StatRow::Kind::server)
            continue;
        const bool is_spare = plan::is_slot(row.name()) && row.field("status").starts_with("MAINT");
        ++(is_spare ? spares : servers)[row.proxy()];
    }
    for (const StatRow& row : stat) {
        if (row.kind() != StatRow::Kind::backend)
            continue;
        Json json;
        json["backend"] = row.proxy();
        json["state"] = state_word(row.field("status"));
        json["servers_up"] = sum(row, {"act", "bck"});
        json["servers"] = servers[row.proxy()];
        json["spares"] = spares[row.proxy()];
        json["sessions"] = number(row, "scur");
        json["most_sessions"] = number(row, "smax");
        json["limit"] = number(row, "slim");
        json["queue"] = number(row, "qcur");
        json["rate"] = number(row, "rate");
        json["requests"] = number(row, "stot");
        json["errors"] = sum(row, {"econ", "eresp"});
        json["responses_5xx"] = number(row, "hrsp_5xx");
        json["retries"] = number(row, "wretr");
        json["algorithm"] = algorithm(row, file);
        json["age"] = number(row, "lastchg");
        table.rows.push_back(std::move(json));
    }
    return table;
}

Table session_table(std::string_view answer) {
    Table table;
    table.columns = {{"id", "ID", Kind::text, 3},
                     {"protocol", "PROTO", Kind::text, 2},
                     {"source", "SOURCE"},
                     {"frontend", "FRONTEND"},
                     {"backend", "BACKEND"},
                     {"server", "SERVER"},
                     {"age", "AGE"},
                     {"expires", "EXPIRES", Kind::text, 1}};
    for (const std::string_view line : base::split(answer, '\n')) {
        const std::size_t colon = line.find(": proto=");
        if (colon == std::string_view::npos)
            continue;
        Json json;
        json["id"] = std::string(line.substr(0, colon));
        constexpr std::array members = {std::pair("proto", "protocol"), std::pair("src", "source"),
                                        std::pair("fe", "frontend"),    std::pair("be", "backend"),
                                        std::pair("srv", "server"),     std::pair("age", "age"),
                                        std::pair("exp", "expires")};
        for (const auto& [name, key] : members)
            json[key] = nullptr;
        for (const std::string_view word : base::split(line.substr(colon + 1), ' ')) {
            const std::size_t equals = word.find('=');
            const auto member = std::ranges::find_if(
                members, [&](const auto& one) { return word.substr(0, equals) == one.first; });
            if (equals != std::string_view::npos && member != members.end() &&
                !word.substr(equals + 1).starts_with('<'))
                json[member->second] = std::string(word.substr(equals + 1));
        }
        if (json["frontend"] != "GLOBAL")
            table.rows.push_back(std::move(json));
    }
    return table;
}

bool is_named(std::string_view pattern, std::string_view backend, std::string_view server) {
    const std::size_t slash = pattern.find('/');
    if (!keys::matches(pattern.substr(0, slash), backend))
        return false;
    return slash == std::string_view::npos || keys::matches(pattern.substr(slash + 1), server);
}

bool is_named(const std::vector<std::string>& patterns, std::string_view backend,
              std::string_view server) {
    return std::ranges::any_of(
        patterns, [&](std::string_view pattern) { return is_named(pattern, backend, server); });
}

Result<void> check_states(std::string_view states) {
    for (const std::string_view word : base::split(states, ',')) {
        if (!states.empty() && std::ranges::find(state_words, word) == state_words.end())
            return fail("'{}' is no state; there are {}", base::printable(word),
                        fmt::join(state_words, ", "));
    }
    return {};
}

void keep_states(Table& servers, std::string_view states) {
    if (states.empty())
        return;
    const auto words = base::split(states, ',');
    std::erase_if(servers.rows, [&](const Json& row) {
        const auto has = [&](const char* key) {
            return row[key].is_string() &&
                   std::ranges::find(words, first_word(row[key].get_ref<const std::string&>())) !=
                       words.end();
        };
        const bool unchecked =
            row["check"] == "none" && std::ranges::find(words, "nocheck") != words.end();
        return !has("admin") && !has("state") && !unchecked;
    });
}

} // namespace hitless::ctl
