#include "hitless/base/text.hpp"
#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/server.hpp"

#include "ctl/commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

/// What the running HAProxy can take live.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

/// Reason → the servers that couldn't be added for it.
using Obstacles = std::map<std::string, std::vector<std::string>>;

/// Why servers of the backend couldn't be added as they are: the options in the way.
Obstacles options_in_the_way(const haproxy::Info& info, const haproxy::Config& config,
                             const haproxy::Section& backend) {
    Obstacles obstacles;
    const haproxy::BackendServers servers(config, backend);
    for (const haproxy::ServerLine& line : backend.servers) {
        const auto server = servers.get(line);
        if (!server)
            continue;
        if (const auto reason = haproxy::no_dynamic_option(info, *server))
            obstacles[*reason].emplace_back(line.name);
        else if (server->options.has("check") && haproxy::has_external_checks(config, backend))
            obstacles[std::string(haproxy::no_external_checks)].emplace_back(line.name);
    }
    return obstacles;
}

std::size_t count_servers(const Obstacles& obstacles) {
    std::size_t number = 0;
    for (const auto& [reason, servers] : obstacles)
        number += servers.size();
    return number;
}

/// "web7, web8 and 5 more"
std::string some_of(const std::vector<std::string>& servers) {
    constexpr std::size_t most = 3;
    const auto shown = std::span(servers).first(std::min(most, servers.size()));
    return fmt::format("{}{}", fmt::join(shown, ", "),
                       servers.size() > most ? fmt::format(" and {} more", servers.size() - most)
                                             : "");
}

/// One for each server.
Json obstacles_json(const Obstacles& obstacles) {
    Json all = Json::array();
    for (const auto& [reason, servers] : obstacles) {
        for (const std::string& server : servers)
            all.push_back({{"server", server}, {"why", reason}});
    }
    return all;
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
    const Obstacles options = options_in_the_way(info, config, backend);
    const std::size_t in_the_way = count_servers(options);
    const bool is_for_all = in_the_way > 0 && in_the_way == backend.servers.size();
    Json row;
    row["backend"] = std::string(backend.name);
    row["add"] = !no_servers && !is_for_all;
    row["delete"] = haproxy::can_delete(info, true);
    row["weight"] = haproxy::has_dynamic_weights(config, backend);
    row["except"] = is_for_all ? Json::array() : obstacles_json(options);
    std::vector<std::string> reasons;
    if (no_servers)
        reasons.push_back(*no_servers);
    for (const auto& [reason, servers] : options)
        reasons.push_back(servers.size() == backend.servers.size()
                              ? reason
                              : fmt::format("{}: {}", some_of(servers), reason));
    std::ranges::copy(differences(info, config, backend), std::back_inserter(reasons));
    row["why"] = reasons.empty() ? Json() : Json(fmt::format("{}", fmt::join(reasons, "; ")));
    return row;
}

/// "yes, but for web7"
void name_exceptions(Json& row) {
    std::vector<std::string> servers;
    for (const Json& one : row["except"])
        servers.push_back(one["server"]);
    if (row["add"] == true && !servers.empty())
        row["add"] = "yes, but for " + some_of(servers);
}

/// A line for each backend that has any.
std::string reasons_text(const std::vector<Json>& rows) {
    std::string text;
    for (const Json& row : rows) {
        if (row["why"].is_string())
            text += fmt::format("{}{}: {}\n", text.empty() ? "\n" : "",
                                base::printable(row["backend"].get<std::string>()),
                                base::printable(row["why"].get<std::string>(), 2'000));
    }
    return text;
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
    if (context.options.format() != Format::table)
        return context.print(std::move(table));
    std::ranges::for_each(table.rows, name_exceptions);
    const std::string why = reasons_text(table.rows);
    table.columns.pop_back(); // reasons are longer than a column
    const ExitCode code = context.print(std::move(table));
    if (code == done)
        context.out << why;
    return code;
}

} // namespace hitless::ctl
