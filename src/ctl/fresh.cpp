#include "ctl/fresh.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/capabilities.hpp"
#include "hitless/plan/slots.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace hitless::ctl {
namespace {

/// Lines of any section that a second process must not have.
const std::set<std::string_view> disturbing = {"bind", "dgram-bind", "log", "email-alert",
                                               "load-server-state-from-file"};

/// Those of the global section.
const std::set<std::string_view> of_its_process = {
    "chroot",  "daemon", "gid", "group",    "log-send-hostname", "master-worker",
    "pidfile", "setcap", "uid", "ulimit-n", "server-state-base", "server-state-file",
    "user"};

/// The words of the line, by blanks: keywords are never quoted by anybody.
std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    for (const std::string_view word : base::split(line, ' ')) {
        if (const std::string_view trimmed = base::trim(word); !trimmed.empty())
            words.push_back(trimmed);
    }
    return words;
}

bool is_left_out(const haproxy::Section& section, std::string_view line) {
    std::vector<std::string_view> words = words_of(line);
    if (!words.empty() && words.front() == "no")
        words.erase(words.begin());
    if (words.empty())
        return false;
    if (section.kind == "program" || disturbing.contains(words.front()))
        return true;
    if (section.kind != "global")
        return false;
    const bool is_socket = words.front() == "stats" && words.size() > 1 &&
                           (words[1] == "socket" || words[1] == "bind-process");
    return is_socket || of_its_process.contains(words.front());
}

/// The proxy that is HAProxy's own way to its master's workers; 2.4 lists it.
constexpr std::string_view own_proxy = "MASTER";

/// The name of the statistics of a backend itself.
constexpr std::string_view backend_row = "BACKEND";

/// Of the statistics, with the words of HAProxy's configuration for them.
constexpr std::array<std::pair<const char*, const char*>, 14> stat_columns = {{
    {"status", "state"},
    {"weight", "weight"},
    {"act", "active servers"},
    {"bck", "backup servers"},
    {"slim", "maxconn"},
    {"qlimit", "maxqueue"},
    {"tracked", "track"},
    {"check_rise", "rise"},
    {"check_fall", "fall"},
    {"agent_rise", "agent rise"},
    {"agent_fall", "agent fall"},
    {"cookie", "cookie"},
    {"mode", "mode"},
    {"algo", "balance"},
}};

/// Of a server, the first two say what it is there for, and not how many there are.
const char* name_for_people(std::string_view column, const char* name, bool is_server) {
    if (is_server && column == "act")
        return "active";
    return is_server && column == "bck" ? "backup" : name;
}

/// Of `show servers state`, with their names for people.
constexpr std::array<std::pair<const char*, const char*>, 10> state_columns = {{
    {"srv_id", "id"},
    {"srv_addr", "address"},
    {"srv_port", "port"},
    {"srv_uweight", "own weight"},
    {"srv_use_ssl", "TLS"},
    {"srv_check_port", "check port"},
    {"srv_check_addr", "check address"},
    {"srv_agent_addr", "agent address"},
    {"srv_agent_port", "agent port"},
    {"srvrecord", "SRV record"},
}};

unsigned number(std::string_view text) {
    unsigned value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// "check runs", from the bits of srv_check_state and srv_agent_state.
std::string runs(std::string_view bits) {
    constexpr unsigned configured_and_enabled = 0x02 | 0x04;
    return (number(bits) & configured_and_enabled) == configured_and_enabled ? "yes" : "no";
}

/// "UP 1/3" → "UP".
std::string settled_status(const std::string& status) {
    const std::size_t slash = status.find('/');
    return slash == std::string::npos ? status : status.substr(0, status.rfind(' ', slash));
}

void add_state_row(const std::map<std::string_view, std::string_view>& row, StateTable& table) {
    const auto cell = [&](std::string_view column) {
        const auto found = row.find(column);
        return found == row.end() ? std::string_view() : found->second;
    };
    auto& facts = table[std::string(cell("be_name")) + "/" + std::string(cell("srv_name"))];
    const std::string check = runs(cell("srv_check_state"));
    const std::string agent = runs(cell("srv_agent_state"));
    facts["check runs"] = check;
    facts["agent runs"] = agent;
    // The bit of a `disabled` in the file stays when the server is made ready.
    constexpr unsigned disabled_in_file = 0x04;
    facts["admin state"] = std::to_string(number(cell("srv_admin_state")) & ~disabled_in_file);
    for (const auto& [column, name] : state_columns) {
        const std::string_view what = name;
        const bool means_nothing = (what.starts_with("check") && check == "no") ||
                                   (what.starts_with("agent") && agent == "no");
        if (!means_nothing)
            facts[name] = cell(column) == "-1" ? "0" : std::string(cell(column));
    }
}

/// HAProxy has several words for what isn't there.
std::string or_none(const std::string& value) {
    return value.empty() || value == "-" || value == "none" ? "none" : value;
}

bool is_of_backend(std::string_view name) {
    return name.substr(name.find('/') + 1) == backend_row;
}

} // namespace

std::string for_fresh_process(const haproxy::Config& config, const std::string& socket) {
    std::vector<std::string_view> lines = base::split(config.text(), '\n');
    const auto leave_out = [&](int number) {
        if (number > 0 && static_cast<std::size_t>(number) <= lines.size())
            lines[static_cast<std::size_t>(number) - 1] = "";
    };
    for (const haproxy::Section& section : config.sections()) {
        if (section.kind == "program")
            leave_out(section.number);
        for (const haproxy::Line& line : section.settings) {
            if (is_left_out(section, line.text))
                leave_out(line.number);
        }
    }
    std::string text;
    for (const std::string_view line : lines)
        text.append(line).append("\n");
    return text + "global\n    stats socket " + socket + " level admin mode 600\n";
}

Result<StateTable> state_table(std::span<const haproxy::StatRow> stat, std::string_view state) {
    StateTable table;
    for (const haproxy::StatRow& row : stat) {
        const auto kind = row.kind();
        const bool is_server = kind == haproxy::StatRow::Kind::server;
        if (!is_server && kind != haproxy::StatRow::Kind::backend)
            continue;
        if (row.proxy() == own_proxy)
            continue;
        auto& facts = table[row.proxy() + "/" + row.name()];
        for (const auto& [column, name] : stat_columns) {
            // A backend's limit is of the frontends that lead to it, its cookie a name.
            const std::string_view what = column;
            if (is_server || (what != "slim" && what != "cookie"))
                facts[name_for_people(what, name, is_server)] = settled_status(row.field(column));
        }
    }
    std::vector<std::string_view> columns;
    for (const std::string_view line : base::split(state, '\n')) {
        std::vector<std::string_view> words = words_of(line);
        if (words.size() < 4)
            continue;
        if (words.front() == "#") {
            columns.assign(words.begin() + 1, words.end());
            continue;
        }
        std::map<std::string_view, std::string_view> row;
        for (std::size_t i = 0; i < std::min(words.size(), columns.size()); ++i)
            row[columns[i]] = words[i];
        if (row["be_name"] != own_proxy)
            add_state_row(row, table);
    }
    if (columns.empty())
        return fail("HAProxy's answer to 'show servers state' has no header: {}",
                    base::printable(state));
    return table;
}

void leave_out_free_ids(StateTable& table, const haproxy::Config& config,
                        const haproxy::Info& process) {
    std::map<std::string, bool, std::less<>> matters;
    for (const haproxy::Section& section : config.sections()) {
        if (section.has_servers())
            matters[std::string(section.name)] =
                haproxy::order_matters(config, section, &process).by_id;
    }
    for (auto& [name, facts] : table) {
        const auto found = matters.find(name.substr(0, name.find('/')));
        if (found == matters.end() || !found->second)
            facts.erase("id");
    }
}

void name_servers_in_slots(StateTable& running, StateTable& fresh,
                           std::span<const InSlot> in_slots) {
    for (const InSlot& one : in_slots) {
        auto row = running.extract(one.backend + "/" + one.slot);
        if (row.empty())
            continue;
        row.key() = one.backend + "/" + one.server;
        row.mapped().erase("id"); // the spare one's
        running.insert(std::move(row));
        fresh.erase(one.backend + "/" + one.slot);
    }
    const auto is_alone = [](const StateTable& other) {
        return [&](const StateTable::value_type& row) {
            const std::string_view name = row.first;
            return plan::is_slot(name.substr(name.find('/') + 1)) && !other.contains(row.first);
        };
    };
    std::erase_if(running, is_alone(fresh));
    std::erase_if(fresh, is_alone(running));
}

void leave_out_leftovers(StateTable& table, std::span<const std::string> free_slots) {
    for (const std::string& slot : free_slots) {
        const auto found = table.find(slot);
        if (found == table.end())
            continue;
        std::erase_if(found->second, [](const auto& fact) {
            return fact.first != "state" && fact.first != "admin state" && fact.first != "id";
        });
    }
}

Counts count(const StateTable& table) {
    const auto backends = static_cast<std::size_t>(
        std::ranges::count_if(table, [](const auto& row) { return is_of_backend(row.first); }));
    const auto spares = static_cast<std::size_t>(std::ranges::count_if(table, [](const auto& row) {
        return plan::is_slot(std::string_view(row.first).substr(row.first.find('/') + 1));
    }));
    return {table.size() - backends - spares, spares, backends};
}

bool is_on_its_way(const haproxy::StatRow& row) {
    const std::string& status = row.field("status");
    if (row.kind() != haproxy::StatRow::Kind::server || status.starts_with("MAINT"))
        return false;
    return status.find('/') != std::string::npos || row.field("check_status") == "INI" ||
           row.field("agent_status") == "INI" || !row.field("throttle").empty();
}

std::vector<StateDifference> differences(const StateTable& running, const StateTable& fresh) {
    std::vector<StateDifference> found;
    std::set<std::string> names;
    for (const StateTable& table : {running, fresh}) {
        for (const auto& [name, facts] : table)
            names.insert(name);
    }
    for (const std::string& name : names) {
        const auto here = running.find(name);
        const auto there = fresh.find(name);
        if (here == running.end() || there == fresh.end()) {
            const auto is_there = [](bool there_is) { return there_is ? "there" : "-"; };
            found.push_back(
                {name, "server", is_there(here != running.end()), is_there(there != fresh.end())});
            continue;
        }
        for (const auto& [what, value] : here->second) {
            const auto other = there->second.find(what);
            if (other != there->second.end() && or_none(value) != or_none(other->second))
                found.push_back({name, what, or_none(value), or_none(other->second)});
        }
    }
    return found;
}

} // namespace hitless::ctl
