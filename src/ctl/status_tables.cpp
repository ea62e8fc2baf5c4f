#include "hitless/base/text.hpp"
#include "hitless/plan/object.hpp"

#include "ctl/status_text.hpp"
#include "ctl/told.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

/// The tables of `status`.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Column::Kind;

constexpr std::size_t most_backends = 20; ///< with all their servers up
constexpr std::size_t most_names = 5;
constexpr std::size_t most_servers = 50;

/// "a, b, c and 4 more"
std::string some_of(const std::vector<std::string>& names) {
    const std::size_t shown = std::min(names.size(), most_names);
    std::string text =
        fmt::format("{}", fmt::join(names.begin(), names.begin() + long(shown), ", "));
    if (names.size() > shown)
        text += fmt::format(" and {} more", names.size() - shown);
    return text;
}

/// Servers of one backend, rolled up.
struct Rolled {
    std::size_t wanted = 0;
    std::size_t up = 0;
    long long sessions = 0;
    std::vector<std::string> failing; ///< "web7 down L4CON"
    std::vector<std::string> out;     ///< "web8 drain"
};

Rolled roll_up(const Json& backend, bool answers) {
    Rolled rolled;
    for (const Json& server : told_list(backend, "servers")) {
        const Json& wanted = member(server, "wanted");
        const Json& running = member(server, "running");
        const std::string name = told_text(server, "name");
        const std::string state = told_text(running, "state");
        rolled.wanted += wanted.is_object() ? 1 : 0;
        rolled.sessions += told_number(running, "sessions");
        if (!running.is_object() && !answers)
            continue; // nobody knows
        if (!running.is_object())
            rolled.failing.push_back(name + " not in HAProxy");
        else if (state == "down")
            rolled.failing.push_back(fmt::format("{} down{}{}", name,
                                                 has_text(running, "last_check") ? " " : "",
                                                 told_text(running, "last_check")));
        else if (state == "up" || state == "no check")
            rolled.up += wanted.is_object() ? 1 : 0;
        else
            rolled.out.push_back(name + " " + state);
    }
    return rolled;
}

bool serves_all(const Json& row) {
    return row["up"] != "not known" && row["failing"].is_null() && row["out"].is_null();
}

/// Makes short names of sockets: "admin.sock", where that tells all of them apart.
std::function<std::string(const std::string&)> short_names(const Json& resource) {
    const auto file_of = [](const std::string& socket) {
        return socket.substr(socket.rfind('/') + 1);
    };
    std::set<std::string> names;
    const Json& all = told_list(resource, "haproxies");
    for (const Json& haproxy : all)
        names.insert(file_of(told_text(haproxy, "socket")));
    if (names.size() < all.size())
        return [](const std::string& socket) { return socket; };
    return file_of;
}

/// `haproxy`: its short name.
Json backend_row(const std::string& haproxy, bool answers, const Json& backend) {
    const Rolled rolled = roll_up(backend, answers);
    const auto or_null = [](const std::vector<std::string>& names) {
        return names.empty() ? Json() : Json(some_of(names));
    };
    Json row;
    row["haproxy"] = haproxy;
    row["backend"] = told_text(backend, "name");
    row["up"] = fmt::format("{}/{} up", rolled.up, rolled.wanted);
    if (rolled.up == rolled.wanted)
        row["up"] = "up";
    if (rolled.up == 0 && rolled.wanted > 0)
        row["up"] = "down";
    if (!answers)
        row["up"] = "not known";
    row["servers"] = rolled.wanted;
    row["sessions"] = answers ? Json(rolled.sessions) : Json();
    row["failing"] = or_null(rolled.failing);
    row["out"] = or_null(rolled.out);
    return row;
}

/// "app/web1", "maxconn of frontend web"
std::string object_text(const Json& object) {
    plan::ObjectId id;
    id.kind = plan::to_object_kind(told_text(object, "kind")).value_or(plan::ObjectId::Kind::file);
    id.scope = told_text(object, "scope");
    id.name = told_text(object, "name");
    return to_string(id);
}

/// In words, short enough for a column; -json has all of it.
Json detail_of(const Json& change) {
    constexpr std::size_t most_of_detail = 80;
    const char* const name = has_text(change, "message") ? "message" : "detail";
    std::string text = told_text(change, name);
    if (text.size() <= most_of_detail)
        return member(change, name);
    std::size_t end = most_of_detail;
    while (end > 0 &&
           (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) // within a character
        --end;
    return text.substr(0, end) + "…";
}

/// The columns of a table that say something.
void drop_empty(Table& table, std::string_view key) {
    const auto has_none = [&](const Json& row) {
        const auto cell = row.find(key);
        return cell == row.end() || cell->is_null();
    };
    if (std::ranges::all_of(table.rows, has_none))
        std::erase_if(table.columns, [&](const Column& column) { return column.key == key; });
}

/// Several HAProxies are told apart; one needs no column.
void drop_single_haproxy(Table& table, const Json& resource) {
    if (told_list(resource, "haproxies").size() < 2)
        std::erase_if(table.columns, [](const Column& column) {
            return std::string_view(column.key) == "haproxy";
        });
}

} // namespace

Table haproxies_told(const Json& resource, const Json& status) {
    Table table;
    table.columns = {{"haproxy", "HAPROXY"},
                     {"state", "STATE", Kind::state},
                     {"version", "VERSION", Kind::text, 2},
                     {"pid", "PID", Kind::number, 2},
                     {"age", "STARTED", Kind::text, 1},
                     {"queued", "QUEUED", Kind::number, 1}};
    for (const Json& haproxy : told_list(resource, "haproxies")) {
        const bool is_up = is_true(haproxy, "connected");
        Json row;
        row["haproxy"] = told_text(haproxy, "socket");
        row["state"] = !is_up                        ? "down: it doesn't answer"
                       : is_true(haproxy, "in_step") ? "up, in step"
                                                     : "up, not yet in step";
        row["version"] = has_text(haproxy, "version") ? member(haproxy, "version") : Json();
        row["pid"] = member(haproxy, "pid");
        const std::string age = age_text(status, haproxy, "started");
        row["age"] = age.empty() ? Json() : Json(age + " ago");
        row["queued"] = told_number(haproxy, "queued");
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table backends_told(const Json& resource) {
    Table table;
    table.columns = {{"haproxy", "HAPROXY"},
                     {"backend", "BACKEND"},
                     {"up", "STATE", Kind::state},
                     {"servers", "SERVERS", Kind::number},
                     {"sessions", "SESS", Kind::number, 2},
                     {"failing", "FAILING"},
                     {"out", "OUT"}};
    const auto name_of = short_names(resource);
    for (const Json& haproxy : told_list(resource, "haproxies")) {
        for (const Json& backend : told_list(haproxy, "backends"))
            table.rows.push_back(backend_row(name_of(told_text(haproxy, "socket")),
                                             is_true(haproxy, "connected"), backend));
    }
    const auto first_well = std::stable_partition(table.rows.begin(), table.rows.end(),
                                                  [](const Json& row) { return !serves_all(row); });
    const auto well = static_cast<std::size_t>(table.rows.end() - first_well);
    if (well > most_backends) {
        const std::size_t left = well - most_backends;
        table.rows.resize(table.rows.size() - left);
        table.rows.push_back(
            {{"backend", fmt::format("and {} more, all up", left)}, {"up", nullptr}});
    }
    drop_empty(table, "failing");
    drop_empty(table, "out");
    drop_single_haproxy(table, resource);
    return table;
}

Json rounded(const Json& value) {
    constexpr double digits = 100;
    if (!value.is_number_float())
        return value;
    return std::round(value.get<double>() * digits) / digits;
}

std::vector<std::string> remarks_told(const Json& server, const Json& status) {
    std::vector<std::string> remarks;
    const auto add = [&](const char* name, const char* words) {
        if (has_text(server, name))
            remarks.push_back(words + told_text(server, name));
    };
    add("differs", "differs: ");
    add("queued", "queued: ");
    add("waits", "waits: ");
    add("obstacle", "needs a reload: ");
    add("serves_in", "runs in the spare server ");
    const auto until = [&](const Json& object) {
        return has_text(object, "until") ? " until " + clock_text(status, object, "until")
                                         : std::string();
    };
    if (const Json& leaving = member(server, "leaving"); leaving.is_object())
        remarks.push_back(
            fmt::format("leaves: deleted when its {} ended{}",
                        told_number(leaving, "sessions") == 1
                            ? "1 session has"
                            : counted(told_number(leaving, "sessions"), "session") + " have",
                        has_text(leaving, "until")
                            ? "; they are shut down at " + clock_text(status, leaving, "until")
                            : ""));
    if (const Json& by_hand = member(server, "by_hand"); by_hand.is_object())
        remarks.push_back(fmt::format(
            "held by hand: {}{}{}", told_text(by_hand, "state"), until(by_hand),
            has_text(by_hand, "because") ? " because " + told_text(by_hand, "because") : ""));
    return remarks;
}

Table servers_told(const Json& resource, const Json& status) {
    Table table;
    table.columns = {{"haproxy", "HAPROXY"}, {"server", "SERVER"}, {"what", "WHAT"}};
    const auto name_of = short_names(resource);
    std::size_t left = 0;
    for (const Json& haproxy : told_list(resource, "haproxies")) {
        for (const Json& backend : told_list(haproxy, "backends")) {
            for (const Json& server : told_list(backend, "servers")) {
                const auto remarks = remarks_told(server, status);
                if (remarks.empty())
                    continue;
                if (table.rows.size() >= most_servers) {
                    ++left;
                    continue;
                }
                table.rows.push_back({{"haproxy", name_of(told_text(haproxy, "socket"))},
                                      {"server", fmt::format("{}/{}", told_text(backend, "name"),
                                                             told_text(server, "name"))},
                                      {"what", fmt::format("{}", fmt::join(remarks, "; "))}});
            }
        }
    }
    if (left > 0)
        table.rows.push_back({{"server", "…"}, {"what", fmt::format("and {} servers more", left)}});
    drop_single_haproxy(table, resource);
    return table;
}

Table changes_told(const Json& status, std::size_t most) {
    constexpr std::pair<const char*, const char*> phases[] = {{"render", "RENDER"},
                                                              {"plan", "PLAN"},
                                                              {"commands", "COMMANDS"},
                                                              {"read_back", "READ BACK"},
                                                              {"file", "FILE"}};
    Table table;
    table.columns = {{"time", "TIME"},     {"action", "ACTION"},
                     {"object", "OBJECT"}, {"detail", "DETAIL", Kind::text, 1},
                     {"result", "RESULT"}, {"total", "MS", Kind::number}};
    for (const auto& [key, title] : phases)
        table.columns.push_back({key, title, Kind::number, 2});
    const Json& changes = told_list(status, "changes");
    for (std::size_t i = changes.size() - std::min(changes.size(), most); i < changes.size(); ++i) {
        const Json& change = changes[i];
        const Json& object = member(change, "object");
        Json row;
        row["time"] = clock_text(status, change, "time");
        row["action"] = member(change, "action");
        row["object"] = object_text(object);
        row["detail"] = detail_of(change);
        row["result"] = member(change, "result");
        row["total"] = rounded(member(change, "total_ms"));
        for (const auto& [key, title] : phases)
            row[key] = rounded(member(member(change, "phases_ms"), key));
        table.rows.push_back(std::move(row));
    }
    for (const auto& [key, title] : phases)
        drop_empty(table, key);
    return table;
}

} // namespace hitless::ctl
