#include "hitless/base/text.hpp"
#include "hitless/live/observed.hpp"

#include "ctl/commands.hpp"
#include "ctl/managed.hpp"
#include "ctl/names.hpp"
#include "ctl/roles.hpp"
#include "ctl/view.hpp"
#include "ctl/ways.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <ostream>
#include <thread>

/// The commands that look: info, backends, servers, sessions, errors.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Column::Kind;

/// What `info` shows as a table, and the names that `show info` has for it.
constexpr std::pair<const char*, const char*> facts[] = {
    {"version", "Version"},
    {"pid", "Pid"},
    {"uptime", "Uptime"},
    {"node", "node"},
    {"connections", "CurrConns"},
    {"connection limit", "Maxconn"},
    {"connection rate", "ConnRate"},
    {"session rate", "SessRate"},
    {"requests", "CumReq"},
    {"threads", "Nbthread"},
    {"idle %", "Idle_pct"},
    {"dropped logs", "DroppedLogs"},
    {"stopping", "Stopping"},
};

/// "Name: value" lines.
Json parse_facts(std::string_view answer) {
    Json all = Json::object();
    for (const std::string_view line : base::split(answer, '\n')) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            continue;
        const std::string_view value = base::trim(line.substr(colon + 1));
        std::int64_t number = 0;
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), number);
        const bool is_number =
            !value.empty() && error == std::errc() && end == value.data() + value.size();
        all[std::string(line.substr(0, colon))] =
            is_number ? Json(number) : Json(std::string(value));
    }
    return all;
}

/// Adds which HAProxy each row is of, where there are several.
void add_rows(Table& all, Table table, const Channel& channel, bool several) {
    if (all.columns.empty()) {
        all.columns = std::move(table.columns);
        if (several)
            all.columns.insert(all.columns.begin(), {"haproxy", "HAPROXY"});
    }
    for (Json& row : table.rows) {
        if (several)
            row["haproxy"] = channel.target().name();
        all.rows.push_back(std::move(row));
    }
}

/// The operands, and the names that HAProxy has for the servers which they mean: those of slots.
std::vector<std::string> meant_names(const Context& context, const Roles* roles) {
    std::vector<std::string> names = context.operands;
    for (const std::string& operand : context.operands) {
        const std::size_t slash = operand.find('/');
        if (roles == nullptr || slash == std::string::npos)
            continue;
        const std::string backend = operand.substr(0, slash);
        names.push_back(backend + "/" + roles->running_name(backend, operand.substr(slash + 1)));
    }
    return names;
}

/// The same where the roles of the servers aren't known yet.
std::vector<std::string> meant_names(const Context& context, Channel& channel) {
    const auto is_server = [](const std::string& name) {
        return name.find('/') != std::string::npos;
    };
    if (std::ranges::none_of(context.operands, is_server))
        return context.operands;
    const auto now = channel.snapshot();
    if (!now)
        return context.operands;
    const auto file = find_config(context.options, now->info.pid);
    if (!file)
        return context.operands;
    const Roles roles(now->running, file->config, keeper_of(*file) != Keeper::none, {},
                      noted_places(*file, now->info));
    return meant_names(context, &roles);
}

/// HAProxy has a backend or a server that is meant, though it may have no row to show.
bool is_there(const Context& context, Channel& channel) {
    const ProxyNames names = ask_names(channel);
    const std::vector<std::string> patterns = meant_names(context, channel);
    return std::ranges::any_of(names.backends,
                               [&](const std::string& name) {
                                   return std::ranges::find(patterns, name) != patterns.end();
                               }) ||
           std::ranges::any_of(names.servers, [&](const std::string& name) {
               const std::size_t slash = name.find('/');
               return is_named(patterns, name.substr(0, slash), name.substr(slash + 1));
           });
}

/// Collects the rows of every HAProxy and prints them. One that can't be reached costs only its own
/// rows, and the exit status. `may_lack_rows`: a backend or a server
/// that is there may have none.
template <class Collect>
ExitCode print_all(Context& context, Collect collect, bool may_lack_rows = false) {
    auto channels = context.channels();
    Table all;
    ExitCode code = channels.empty() ? failed : done;
    for (Channel& channel : channels) {
        Result<Table> table = collect(channel);
        if (!table) {
            code = context.complain(table.error().message, unreachable);
            continue;
        }
        add_rows(all, std::move(*table), channel, channels.size() > 1);
    }
    if (all.columns.empty())
        return code;
    const bool names_nothing =
        all.rows.empty() && !context.operands.empty() && context.options.states.empty() &&
        !(may_lack_rows && std::ranges::any_of(channels, [&](Channel& channel) {
              return is_there(context, channel);
          }));
    if (names_nothing) {
        if (context.options.json)
            context.print(std::move(all));
        return context.complain(
            fmt::format("nothing is named {}; {}", base::printable(context.operands.front()),
                        hint_of_name(ask_names(channels.front()), context.operands.front())),
            nothing);
    }
    const ExitCode printed = context.print(std::move(all));
    return printed == done ? code : printed;
}

void keep_named(Table& table, const std::vector<std::string>& patterns) {
    if (patterns.empty())
        return;
    std::erase_if(table.rows, [&](const Json& row) {
        const auto text = [&](const char* key) {
            const auto member = row.find(key);
            return member != row.end() && member->is_string() ? member->get<std::string>()
                                                              : std::string();
        };
        return !is_named(patterns, text("backend"), text("server"));
    });
}

ExitCode info_once(Context& context) {
    return print_all(context, [&](Channel& channel) -> Result<Table> {
        const auto answer = channel.run("show info");
        if (!answer)
            return answer.error();
        Json all = parse_facts(*answer);
        Table table;
        if (context.options.format() == Format::table) {
            table.columns = {{"fact", "FACT"}, {"value", "VALUE"}};
            for (const auto& [title, name] : facts) {
                if (all.contains(name))
                    table.rows.push_back({{"fact", title}, {"value", all[name]}});
            }
            return table;
        }
        // HAProxy's names, but for those of the table.
        Json row;
        row["version"] = all["Version"];
        row["pid"] = all["Pid"];
        row["uptime_seconds"] = all["Uptime_sec"];
        row["socket"] = channel.target().name();
        row.update(all);
        table.columns = {{"version", "VERSION"}, {"pid", "PID"}, {"uptime_seconds", "UPTIME"}};
        table.rows.push_back(std::move(row));
        return table;
    });
}

ExitCode frontends_once(Context& context) {
    return print_all(context, [&](Channel& channel) -> Result<Table> {
        const auto stat = channel.stat();
        if (!stat)
            return stat.error();
        Table table = frontend_table(*stat);
        std::erase_if(table.rows, [&](const Json& row) {
            return !context.operands.empty() &&
                   !is_named(context.operands, row["frontend"].get_ref<const std::string&>(), {});
        });
        return table;
    });
}

Result<ConfigFile> find_file(const Context& context, Channel& channel) {
    const auto info = channel.info();
    return info ? find_config(context.options, info->pid) : Result<ConfigFile>(info.error());
}

ExitCode backends_once(Context& context) {
    return print_all(context, [&](Channel& channel) -> Result<Table> {
        const auto stat = channel.stat();
        if (!stat)
            return stat.error();
        const auto file = find_file(context, channel);
        const haproxy::Config* const config = file ? &file->config : nullptr;
        // It isn't seen in the table why a backend gets no requests.
        for (const auto& [frontend, state] : stopped_frontends(*stat, config))
            context.complain(live::about_stopped(frontend, state));
        Table table = backend_table(*stat, config);
        keep_named(table, context.operands);
        const auto has_spare = [](const Json& row) { return row["spares"] != 0; };
        if (context.options.format() == Format::table &&
            std::ranges::none_of(table.rows, has_spare))
            std::erase_if(table.columns, [](const Column& column) {
                return std::string_view(column.key) == "spares";
            });
        return table;
    });
}

/// Most HAProxies have no server that isn't there for itself.
void drop_empty_roles(const Context& context, Table& table) {
    const auto has_role = [](const Json& row) { return !row["role"].is_null(); };
    if (context.options.format() == Format::table && std::ranges::none_of(table.rows, has_role))
        std::erase_if(table.columns,
                      [](const Column& column) { return std::string_view(column.key) == "role"; });
}

/// A backend may have no server, and a server no session.
constexpr bool may_lack_rows = true;

ExitCode servers_once(Context& context) {
    const auto collect = [&](Channel& channel) -> Result<Table> {
        const auto now = channel.snapshot();
        if (!now)
            return now.error();
        const auto file = find_config(context.options, now->info.pid);
        std::optional<Roles> roles;
        if (file) {
            auto holds = apply::read_holds(file->path, apply::ManualHold::Clock::now());
            if (!holds)
                context.complain(holds.error().message);
            roles.emplace(now->running, file->config, keeper_of(*file) != Keeper::none,
                          holds ? std::move(*holds) : std::vector<apply::ManualHold>(),
                          noted_places(*file, now->info));
        }
        const Roles* const known = roles ? &*roles : nullptr;
        Table table = server_table(now->stat, now->running, file ? &file->config : nullptr, known);
        leave_out_false_ages(table, now->info);
        keep_named(table, meant_names(context, known));
        keep_states(table, context.options.states);
        drop_empty_roles(context, table);
        return table;
    };
    return print_all(context, collect, may_lack_rows);
}

ExitCode sessions_once(Context& context) {
    const auto collect = [&](Channel& channel) -> Result<Table> {
        const auto answer = channel.run("show sess");
        if (!answer)
            return answer.error();
        Table table = session_table(*answer);
        keep_named(table, meant_names(context, channel));
        return table;
    };
    return print_all(context, collect, may_lack_rows);
}

} // namespace

std::vector<base::Flag> look_flags(Options& options) {
    return {base::text_flag("sort", "COLUMN",
                            "sort by this column, named as in -json; -COLUMN sorts the other way",
                            options.sort),
            base::text_flag("watch", "SECONDS",
                            "show it again every so many seconds; without a number, every 2",
                            options.watch)};
}

std::vector<base::Flag> server_flags(Options& options) {
    auto flags = look_flags(options);
    flags.push_back(
        base::text_flag("state", "WORDS",
                        "show only servers in one of these states, with commas between them: up, "
                        "down, starting, stopping, ready, drain, maint, nocheck",
                        options.states));
    return flags;
}

ExitCode show_info(Context& context) {
    return repeat(context, info_once);
}
ExitCode show_frontends(Context& context) {
    return repeat(context, frontends_once);
}
ExitCode show_backends(Context& context) {
    return repeat(context, backends_once);
}
ExitCode show_servers(Context& context) {
    if (auto checked = check_states(context.options.states); !checked)
        return context.complain(checked.error().message, usage);
    return repeat(context, servers_once);
}
ExitCode show_sessions(Context& context) {
    return repeat(context, sessions_once);
}

ExitCode show_errors(Context& context) {
    auto channels = context.channels();
    Json all = Json::array();
    ExitCode code = channels.empty() ? failed : done;
    for (Channel& channel : channels) {
        const auto answer = channel.run("show errors");
        if (!answer) {
            code = context.complain(answer.error().message, unreachable);
            continue;
        }
        if (context.options.json) {
            all.push_back({{"socket", channel.target().name()}, {"text", *answer}});
            continue;
        }
        for (const std::string_view line : base::split(*answer, '\n'))
            context.out << base::printable(line, std::string_view::npos) << '\n';
    }
    if (context.options.json)
        context.out << json_text(all);
    return code;
}

ExitCode repeat(Context& context, ExitCode (*once)(Context& context)) {
    if (context.options.watch.empty())
        return once(context);
    const auto seconds = watch_interval(context);
    if (!seconds)
        return context.complain(seconds.error().message, usage);
    for (;;) {
        if (context.terminal && context.options.format() == Format::table)
            context.out << "\x1b[H\x1b[2J";
        const ExitCode code = once(context);
        if (code == usage)
            return code;
        context.out << std::flush;
        if (!context.out)
            return done; // nobody reads on
        std::this_thread::sleep_for(*seconds);
    }
}

Result<std::chrono::milliseconds> watch_interval(const Context& context,
                                                 const std::string& otherwise) {
    const std::string& text = context.options.watch.empty() ? otherwise : context.options.watch;
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr double day = 86'400;
    if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0.1) ||
        seconds > day)
        return fail("-watch is a number of seconds from 0.1 to {}", day);
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
}

} // namespace hitless::ctl
