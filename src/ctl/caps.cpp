#include "hitless/base/text.hpp"
#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/server.hpp"

#include "ctl/commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

/// What the running HAProxy can take live.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

/// Why servers like the backend's can't be added: the options in the way.
std::set<std::string> options_in_the_way(const haproxy::Info& info, const haproxy::Config& config,
                                         const haproxy::Section& backend) {
    std::set<std::string> reasons;
    const haproxy::BackendServers servers(config, backend);
    for (const haproxy::ServerLine& line : backend.servers) {
        const auto server = servers.get(line);
        if (!server)
            continue;
        if (auto reason = haproxy::no_dynamic_option(info, *server))
            reasons.insert(std::move(*reason));
        else if (server->options.has("check") && haproxy::has_external_checks(config, backend))
            reasons.emplace(haproxy::no_external_checks);
    }
    return reasons;
}

/// How servers like the backend's differ from those of the file when they are added.
std::set<std::string> differences(const haproxy::Info& info, const haproxy::Config& config,
                                  const haproxy::Section& backend) {
    std::set<std::string> found;
    const haproxy::BackendServers servers(config, backend);
    for (const haproxy::ServerLine& line : backend.servers) {
        const auto server = servers.get(line);
        if (auto difference = server ? haproxy::inexact_addition(info, *server) : std::nullopt)
            found.insert(std::move(*difference));
    }
    return found;
}

Json backend_row(const haproxy::Info& info, const haproxy::Config& config,
                 const haproxy::Section& backend) {
    const auto no_servers = haproxy::no_dynamic_servers(info, config, backend);
    const auto options = options_in_the_way(info, config, backend);
    Json row;
    row["backend"] = std::string(backend.name);
    row["add"] = !no_servers && options.empty();
    row["delete"] = haproxy::can_delete(info, true);
    row["weight"] = haproxy::has_dynamic_weights(config, backend);
    std::vector<std::string> reasons(options.begin(), options.end());
    if (no_servers)
        reasons.insert(reasons.begin(), *no_servers);
    std::ranges::copy(differences(info, config, backend), std::back_inserter(reasons));
    row["why"] = reasons.empty() ? Json() : Json(fmt::format("{}", fmt::join(reasons, "; ")));
    return row;
}

} // namespace

ExitCode show_capabilities(Context& context) {
    const auto channel = context.channel();
    if (!channel)
        return failed;
    auto info = channel->info();
    if (!info)
        return context.complain(info.error().message, unreachable);
    if (const auto answer = channel->run("add server help"))
        info->server_keywords = haproxy::parse_server_keywords(*answer);
    const auto file = find_config(context.options, info->pid);
    if (!file)
        return context.complain(file.error().message);
    Table table;
    table.columns = {{"backend", "BACKEND"},
                     {"add", "ADD SERVERS"},
                     {"delete", "DELETE THEM"},
                     {"weight", "SET WEIGHTS"},
                     {"why", "WHY NOT"}};
    for (const haproxy::Section& section : file->config.sections()) {
        if (section.has_servers())
            table.rows.push_back(backend_row(*info, file->config, section));
    }
    return context.print(std::move(table));
}

} // namespace hitless::ctl
