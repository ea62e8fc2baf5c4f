#include "ctl/meant.hpp"

#include "hitless/apply/live_note.hpp"

#include "ctl/managed.hpp"
#include "ctl/roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace hitless::ctl {
namespace {

/// HAProxy may have servers that the file doesn't say yet.
bool is_behind_haproxy(const ConfigFile& file, const haproxy::Info& process) {
    const auto newer = apply::LiveNote(file.path).is_newer_than_dest(process);
    return !newer || *newer;
}

} // namespace

Meant find_meant(const Context& context, Channel& channel, const haproxy::Running& running,
                 const std::vector<std::string>& patterns) {
    Meant meant;
    meant.names = named_servers(running, patterns);
    const auto info = channel.info();
    meant.file = info ? find_config(context.options, info->pid) : Result<ConfigFile>(info.error());
    if (!meant.file)
        return meant;
    const Roles roles(running, meant.file->config, keeper_of(*meant.file) != Keeper::none, {},
                      noted_places(*meant.file, *info));
    std::erase_if(meant.names, [&](const Name& name) {
        const auto kind = roles.of(name.first, name.second).kind;
        return kind != Role::Kind::own && kind != Role::Kind::slot &&
               std::ranges::find(patterns, name.first + "/" + name.second) == patterns.end();
    });
    for (const std::string& pattern : patterns) {
        const std::size_t slash = pattern.find('/');
        const std::string backend = pattern.substr(0, slash);
        const std::string server = pattern.substr(slash + 1);
        Name slot(backend, roles.running_name(backend, server));
        if (slot.second != server && std::ranges::find(meant.names, slot) == meant.names.end())
            meant.names.push_back(std::move(slot));
    }
    const bool is_behind = is_behind_haproxy(*meant.file, *info);
    for (const Name& name : meant.names) {
        Role role = roles.of(name.first, name.second);
        const bool is_wanted = !role.serves.empty() ||
                               meant.file->config.find_server(name.first, name.second) != nullptr;
        if (role.kind == Role::Kind::spare)
            meant.spare.insert(name);
        if (role.kind == Role::Kind::leaving)
            meant.not_held.emplace(name, "is no longer wanted, and hitlessd deletes it when its "
                                         "connections have ended: it gets no new requests, and a "
                                         "hold would not keep it");
        else if (role.kind == Role::Kind::spare)
            meant.not_held.emplace(name, "is a spare server of hitlessd (-slots) in nobody's "
                                         "place: it gets no requests, and a hold has no use");
        else if (!is_wanted && !is_behind)
            meant.not_held.emplace(name, fmt::format("has no line in {}: hitlessd takes it out, "
                                                     "and a hold would not keep it",
                                                     meant.file->path));
        if (!role.serves.empty())
            meant.served.emplace(name, std::move(role.serves));
    }
    return meant;
}

plan::ServerId wanted_name(const Meant& meant, const Name& name) {
    const auto served = meant.served.find(name);
    return {name.first, served == meant.served.end() ? name.second : served->second};
}

int whole_weight(const Meant& meant, const Name& name, const haproxy::RunningServer& server) {
    const auto [backend, served] = wanted_name(meant, name);
    const auto wanted = meant.file ? server_of(meant.file->config, backend, served) : std::nullopt;
    return wanted ? wanted->weight : server.initial_weight;
}

int weight_of(const Meant& meant, const std::string& value, const Name& name,
              const haproxy::RunningServer& server) {
    constexpr long most = 256;
    constexpr long percent = 100;
    long number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (!value.ends_with('%'))
        return static_cast<int>(number);
    return static_cast<int>(std::min(whole_weight(meant, name, server) * number / percent, most));
}

} // namespace hitless::ctl
