#pragma once

#include "hitless/plan/plan.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

/// What tests of the planner share: configurations, and HAProxy as values.
namespace hitless::plan {

using haproxy::Config;
using haproxy::Running;
using haproxy::RunningServer;

inline Config parse(std::string text) {
    return Config::parse(std::move(text)).value();
}

inline haproxy::Info version(int major, int minor) {
    haproxy::Info info;
    info.version = fmt::format("{}.{}.0", major, minor);
    info.major = major;
    info.minor = minor;
    return info;
}

inline RunningServer server_at(std::string address, std::uint16_t port) {
    RunningServer server;
    server.address = std::move(address);
    server.port = port;
    server.operational = 2;
    return server;
}

/// Everything as HAProxy would have it after starting with `config`.
inline Running started_from(const Config& config) {
    Running running;
    for (const ServerId& change : all_servers(config)) {
        const auto& backend = *config.find_backend(change.backend);
        for (const haproxy::ServerLine& line : backend.servers) {
            const auto server = haproxy::effective_server(config, backend, line);
            if (!server || line.name != change.server)
                continue;
            const bool name = server->address.kind == haproxy::Address::Kind::name;
            const bool other = server->address.kind == haproxy::Address::Kind::other;
            RunningServer made = server_at(name    ? "127.0.0.1"
                                           : other ? "-"
                                                   : server->address.host,
                                           server->address.port);
            if (name)
                made.fqdn = server->address.host;
            made.weight = made.initial_weight = server->weight;
            made.admin_state = server->disabled ? 5 : 0;
            made.operational = server->disabled ? 0 : 2;
            made.check_state = server->options.has("check") ? 6 : 0;
            made.position = running[change.backend].size();
            made.id = static_cast<long>(made.position) + 1;
            made.agent_state = server->options.has("agent-check") ? 6 : 0;
            running[change.backend][change.server] = made;
        }
    }
    adopt_options(running, config);
    return running;
}

/// The commands of a plan, in order.
inline std::vector<std::string> commands(const Plan& plan) {
    std::vector<std::string> all;
    for (const Step& step : plan.steps) {
        for (const haproxy::Command& command : step.commands)
            all.push_back(command.line);
    }
    return all;
}

/// HAProxy's part in a test: carries a plan out and, when asked, forgets those that leave.
inline void carry_out(Running& running, const Plan& plan) {
    for (const Step& step : plan.steps)
        running[step.object.scope][step.running_name()] = step.server().after;
}

/// As if all servers had been added, and all commands had succeeded.
inline Running brought_to(const Config& config) {
    Running running;
    const auto info = version(2, 6);
    carry_out(running, make_plan({config, running, info, {}}, all_servers(config)));
    return running;
}

inline void delete_leaving(Running& running) {
    std::erase_if(running["b"], [](const auto& entry) { return entry.second.leaving; });
}

} // namespace hitless::plan
