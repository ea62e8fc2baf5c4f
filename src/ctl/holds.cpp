#include "ctl/holds.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/server.hpp"
#include "hitless/plan/server_index.hpp"

#include "ctl/commands.hpp"
#include "ctl/managed.hpp"
#include "ctl/roles.hpp"
#include "ctl/view.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <list>
#include <map>
#include <pwd.h>
#include <set>
#include <unistd.h>

/// Servers that stay as someone has set them, whatever hitlessd makes of the keys.
namespace hitless::ctl {
namespace {

using apply::ManualHold;
using Json = nlohmann::ordered_json;

/// Who types this, also behind sudo.
std::string user_name() {
    if (const char* const name = std::getenv("SUDO_USER"); name != nullptr && *name != '\0')
        return name;
    const passwd* const user = ::getpwuid(::getuid());
    return user != nullptr ? user->pw_name : fmt::format("uid {}", ::getuid());
}

std::string utc(ManualHold::Clock::time_point time) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(ManualHold::Clock::to_time_t(time)));
}

/// What is held beside one file, and the HAProxies that run from it.
struct HeldFile {
    ConfigFile file;
    std::vector<ManualHold> holds;
    std::vector<Channel*> channels;
};

/// Each file once: several HAProxies may use it.
Result<std::vector<HeldFile>> find_held(const Context& context, std::list<Channel>& channels) {
    std::vector<HeldFile> all;
    for (Channel& channel : channels) {
        const auto info = channel.info();
        // The holds can be seen while HAProxy is away, if its file is known.
        auto file =
            info ? find_config(context.options, info->pid) : find_config_of_absent(context.options);
        if (!file && !info) {
            Error error = info.error();
            error.message += "; " + file.error().message;
            return error;
        }
        if (!file)
            return file.error();
        const auto known = std::ranges::find_if(
            all, [&](const HeldFile& one) { return one.file.path == file->path; });
        if (known != all.end()) {
            known->channels.push_back(&channel);
            continue;
        }
        auto holds = apply::read_holds(file->path, ManualHold::Clock::now());
        if (!holds)
            return holds.error();
        const auto& patterns = context.operands;
        std::erase_if(*holds, [&](const ManualHold& hold) {
            return !patterns.empty() &&
                   !is_named(patterns, hold.server.backend, hold.server.server);
        });
        all.push_back({std::move(*file), std::move(*holds), {&channel}});
    }
    return all;
}

Table hold_table(const std::vector<HeldFile>& files) {
    using Kind = Column::Kind;
    Table table;
    table.columns = {{"backend", "BACKEND"}, {"server", "SERVER"},
                     {"state", "STATE"},     {"left", "LEFT", Kind::seconds},
                     {"until", "UNTIL"},     {"by", "BY", Kind::text, 1},
                     {"because", "BECAUSE"}};
    if (files.size() > 1)
        table.columns.insert(table.columns.begin(), {"file", "FILE"});
    const auto now = ManualHold::Clock::now();
    for (const HeldFile& one : files) {
        for (const ManualHold& hold : one.holds) {
            const auto left = std::chrono::duration_cast<std::chrono::seconds>(hold.until - now);
            table.rows.push_back({{"backend", hold.server.backend},
                                  {"server", hold.server.server},
                                  {"state", apply::to_string(hold.state)},
                                  {"left", left.count()},
                                  {"until", utc(hold.until)},
                                  {"by", hold.by},
                                  {"because", hold.because}});
            if (files.size() > 1)
                table.rows.back()["file"] = one.file.path;
        }
    }
    return table;
}

/// Has HAProxy's servers that were held made ready, as most lines want them; hitlessd does the rest
/// when it looks next.
Result<void> make_ready(Channel& channel, const ConfigFile& beside,
                        const std::vector<ManualHold>& holds) {
    if (holds.empty())
        return {};
    const haproxy::Config& file = beside.config;
    const auto info = channel.info();
    if (!info)
        return info.error();
    const auto running = channel.servers();
    if (!running)
        return running.error();
    const Roles roles(*running, file, true, {}, noted_places(beside, *info));
    const plan::ServerIndex lines(file, holds.size());
    std::map<const haproxy::Section*, haproxy::BackendServers> backends;
    std::vector<haproxy::Command> commands;
    for (const auto& [server, state, since, until, because, by] : holds) {
        const std::string name = roles.running_name(server.backend, server.server);
        const auto* const found = haproxy::find_server(*running, server.backend, name);
        const auto [section, line] = lines.find(server);
        if (found == nullptr || line == nullptr)
            continue;
        const auto wanted = backends.try_emplace(section, file, *section).first->second.get(*line);
        if (!wanted)
            continue;
        if (state.kind == plan::ManualState::Kind::weight)
            commands.push_back(haproxy::command::set_weight(server.backend, name, wanted->weight));
        else if (!wanted->disabled && (found->in_maintenance() || found->draining()))
            commands.push_back(haproxy::command::set_state(server.backend, name, "ready"));
    }
    const auto answers = channel.run(commands);
    return answers ? Result<void>() : answers.error();
}

/// A hold takes the place of another one of the same kind, and says so. An Error: of another kind.
Result<void> check_replaced(const Context& context, const std::vector<ManualHold>& holds,
                            const plan::ServerId& server, const plan::ManualState& state) {
    const ManualHold* const old = find_hold(holds, server.backend, server.server);
    if (old == nullptr)
        return {};
    const auto is_weight = [](const plan::ManualState& one) {
        return one.kind == plan::ManualState::Kind::weight;
    };
    const std::string what = fmt::format("{}/{} is held: {}", base::printable(server.backend),
                                         base::printable(server.server), apply::describe(*old));
    if (is_weight(old->state) != is_weight(state))
        return fail("{}; a server has one hold, so lift that one first: hitlessctl holds --lift "
                    "{}/{}",
                    what, server.backend, server.server);
    context.complain(what + "; this hold takes its place");
    return {};
}

/// Drops the holds of these servers beside that file. Returns them. An Error: that can't be noted.
Result<std::vector<ManualHold>> lift_holds(const ConfigFile& file,
                                           const std::vector<plan::ServerId>& servers) {
    std::vector<ManualHold> lifted;
    const auto now = ManualHold::Clock::now();
    const std::set<plan::ServerId> meant(servers.begin(), servers.end());
    const auto is_meant = [&](const ManualHold& hold) {
        return hold.until > now && meant.contains(hold.server);
    };
    // Mostly there are none, and nobody who has them locked is in the way then.
    const auto present = apply::read_holds(file.path, now);
    if (!present)
        return present.error();
    if (std::ranges::none_of(*present, is_meant))
        return lifted;
    const auto changed = apply::change_holds(file.path, [&](std::vector<ManualHold>& holds) {
        std::erase_if(holds, [&](const ManualHold& hold) {
            if (!is_meant(hold))
                return false;
            lifted.push_back(hold);
            return true;
        });
    });
    if (!changed)
        return changed.error();
    return lifted;
}

ExitCode lift(const Context& context, const HeldFile& held) {
    std::vector<plan::ServerId> servers;
    for (const ManualHold& hold : held.holds)
        servers.push_back(hold.server);
    if (const auto lifted = lift_holds(held.file, servers); !lifted)
        return context.complain(lifted.error().message);
    for (const ManualHold& hold : held.holds) {
        if (context.options.format() == Format::table)
            context.out << fmt::format("lifted: {}/{}, {}\n", base::printable(hold.server.backend),
                                       base::printable(hold.server.server), apply::describe(hold));
    }
    ExitCode code = done;
    for (Channel* const channel : held.channels) {
        if (const auto ready = make_ready(*channel, held.file, held.holds); !ready)
            code = context.complain(ready.error().message, unreachable);
    }
    return code;
}

ExitCode lift(const Context& context, const std::vector<HeldFile>& files) {
    ExitCode code = done;
    for (const HeldFile& held : files)
        code = std::max(code, lift(context, held));
    if (context.options.format() != Format::table)
        context.print(hold_table(files));
    return code;
}

} // namespace

Result<void> hold_servers(const Context& context, const Meant& meant,
                          const std::vector<std::pair<Name, plan::ManualState>>& servers) {
    const auto& file = meant.file;
    if (!file)
        return file.error();
    if (keeper_of(*file) == Keeper::none)
        return fail("hitlessd does not keep {} in step with keys, so that nobody undoes this: "
                    "leave -for out",
                    file->path);
    std::vector<plan::ServerId> wanted;
    for (const auto& [name, state] : servers) {
        if (const auto why = meant.not_held.find(name); why != meant.not_held.end())
            return fail("{}/{} {}", base::printable(name.first), base::printable(name.second),
                        why->second);
        wanted.push_back(wanted_name(meant, name));
    }
    const auto before = apply::read_holds(file->path, ManualHold::Clock::now());
    if (!before)
        return before.error();
    if (!servers.empty() && keeper_of(*file) == Keeper::stopped)
        context.complain("hitlessd does not run: nobody ends this when its time is over, until "
                         "hitlessd is started, or `hitlessctl holds -lift` ends it");
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (auto checked = check_replaced(context, *before, wanted[i], servers[i].second); !checked)
            return checked;
    }
    const auto since = std::chrono::time_point_cast<std::chrono::seconds>(ManualHold::Clock::now());
    const std::set<plan::ServerId> replaced(wanted.begin(), wanted.end());
    const std::string by = user_name();
    return apply::change_holds(file->path, [&](std::vector<ManualHold>& holds) {
        std::erase_if(holds,
                      [&](const ManualHold& hold) { return replaced.contains(hold.server); });
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            holds.push_back({wanted[i], servers[i].second, since,
                             since + std::chrono::duration_cast<ManualHold::Clock::duration>(
                                         context.options.hold),
                             context.options.because, by});
        }
    });
}

Result<std::vector<ManualHold>> end_holds(Channel& channel, const Meant& meant,
                                          const std::vector<Name>& servers) {
    if (!meant.file || servers.empty()) // nobody has held anything beside a file that isn't known
        return std::vector<ManualHold>();
    std::vector<plan::ServerId> wanted;
    wanted.reserve(servers.size());
    for (const Name& name : servers)
        wanted.push_back(wanted_name(meant, name));
    auto lifted = lift_holds(*meant.file, wanted);
    if (!lifted)
        return lifted;
    if (const auto ready = make_ready(channel, *meant.file, *lifted); !ready)
        return ready.error();
    return lifted;
}

Result<bool> end_hold(const ConfigFile& file, const haproxy::Running& running,
                      const haproxy::Info& process, const Name& name) {
    const Roles roles(running, file.config, true, {}, noted_places(file, process));
    const std::string served = roles.of(name.first, name.second).serves;
    const std::string& wanted = served.empty() ? name.second : served;
    const auto lifted = lift_holds(file, {{name.first, wanted}});
    if (!lifted)
        return lifted.error();
    return !lifted->empty();
}

const ManualHold* find_hold(const std::vector<ManualHold>& holds, std::string_view backend,
                            std::string_view server) {
    const auto name_of = [](const ManualHold& hold) {
        return std::pair<std::string_view, std::string_view>(hold.server.backend,
                                                             hold.server.server);
    };
    const std::pair name(backend, server);
    const auto found = std::ranges::lower_bound(holds, name, {}, name_of);
    return found == holds.end() || name_of(*found) != name ? nullptr : &*found;
}

std::vector<base::Flag> holds_flags(Options& options) {
    auto flags =
        std::vector<base::Flag>{base::switch_flag("lift", "end these holds", options.lift)};
    flags.push_back(base::text_flag(
        "sort", "COLUMN", "sort by this column, named as in -json; -COLUMN sorts the other way",
        options.sort));
    return flags;
}

ExitCode show_holds(Context& context) {
    const auto& patterns = context.operands;
    if (context.options.lift && patterns.empty())
        return context.complain("name what is to be lifted, as BACKEND/SERVER; all is '*'", usage);
    auto channels = context.channels();
    if (channels.empty())
        return failed;
    const auto files = find_held(context, channels);
    if (!files) {
        const bool all_answer =
            std::ranges::all_of(channels, [](Channel& channel) { return bool(channel.info()); });
        return context.complain(files.error().message, all_answer ? failed : unreachable);
    }
    const bool is_nothing_held =
        std::ranges::all_of(*files, [](const HeldFile& held) { return held.holds.empty(); });
    if (is_nothing_held && !patterns.empty())
        return context.complain(
            fmt::format("nothing that is named {} is held", base::printable(patterns.front())),
            nothing);
    if (context.options.lift)
        return lift(context, *files);
    if (is_nothing_held && context.options.format() == Format::table) {
        context.out << "nothing is held\n";
        return done;
    }
    return context.print(hold_table(*files));
}

} // namespace hitless::ctl
