#include "hitless/plan/plan.hpp"

#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/command.hpp"

#include "plan/server_index.hpp"

#include <algorithm>

namespace hitless::plan {
namespace {

namespace command = haproxy::command;
using haproxy::Address;
using haproxy::RunningServer;
using haproxy::Section;
using haproxy::Server;

/// Plans server by server; what is looked up once a backend is kept.
class Planner {
  public:
    explicit Planner(const Situation& situation) : situation_(situation) {}

    void plan(const ServerChange& change, const ServerIndex& index) {
        const auto found = index.find(change);
        const auto* const running =
            haproxy::find_server(situation_.running, change.backend, change.server);
        if (found.line != nullptr)
            plan_wanted(*found.section, *found.line, running);
        else if (running != nullptr && !running->leaving)
            remove(change, *running);
    }

    Plan result() && {
        std::ranges::stable_sort(plan_.actions, {}, &Action::kind);
        return std::move(plan_);
    }

  private:
    void plan_wanted(const Section& section, const haproxy::ServerLine& line,
                     const RunningServer* running) {
        backend_ = section.name;
        auto server = haproxy::effective_server(situation_.wanted, section, line);
        if (!server) {
            problem(line.name, fmt::format("line {}: {}", line.number, server.error().message));
            return;
        }
        if (running == nullptr)
            add(section, *server);
        else if (running->options && *running->options != server->options) {
            // One that leaves is waited for: its successor is added when it is gone.
            if (!running->leaving)
                reload(server->name, "its options differ");
        } else
            change(section, *server, *running);
    }

    void add(const Section& section, const Server& server) {
        if (auto reason =
                haproxy::no_dynamic_servers(situation_.info, situation_.wanted, section)) {
            reload(server.name, *reason);
            return;
        }
        if (auto reason = haproxy::no_dynamic_option(situation_.info, server)) {
            reload(server.name, *reason);
            return;
        }
        const auto address = resolve(server.address);
        if (!address) {
            problem(server.name, fmt::format("the name '{}' has no address", server.address.host));
            return;
        }
        auto add_line = command::add_server(backend_, server, *address);
        if (!add_line) {
            problem(server.name, add_line.error().message);
            return;
        }
        Action action = start(Action::Kind::add, server);
        action.commands.push_back(std::move(*add_line));
        action.detail = haproxy::to_string(server.address);
        if (server.options.has("check"))
            action.commands.push_back(command::enable_health(backend_, server.name));
        if (server.options.has("agent-check"))
            action.commands.push_back(command::enable_agent(backend_, server.name));
        if (!server.disabled)
            action.commands.push_back(command::set_state(backend_, server.name, "ready"));
        action.after.address = address->host;
        action.after.port = address->port;
        action.after.weight = action.after.initial_weight = server.weight;
        action.after.admin_state = server.disabled ? RunningServer::forced_maintenance : 0;
        if (server.options.has("check"))
            action.after.check_state =
                RunningServer::check_configured | RunningServer::check_enabled;
        plan_.actions.push_back(std::move(action));
    }

    void change(const Section& section, const Server& server, const RunningServer& running) {
        Action action = start(Action::Kind::change, server);
        const auto options = std::move(action.after.options);
        action.after = running;
        action.after.options = options;
        action.after.leaving = false;
        change_address(action, server, running);
        change_weight(action, section, server, running);
        change_checks(action, server, running);
        change_state(action, server, running);
        if (!action.commands.empty())
            plan_.actions.push_back(std::move(action));
    }

    void change_address(Action& action, const Server& server, const RunningServer& running) {
        if (server.address.kind == Address::Kind::other || is_at(running, server.address))
            return;
        const auto address = resolve(server.address);
        if (!address) {
            problem(server.name, fmt::format("the name '{}' has no address", server.address.host));
            return;
        }
        action.commands.push_back(command::set_address(backend_, server.name, *address));
        note(action, fmt::format("{}:{} → {}", running.address, running.port,
                                 haproxy::to_string(*address)));
        action.after.address = address->host;
        action.after.port = address->port;
    }

    void change_weight(Action& action, const Section& section, const Server& server,
                       const RunningServer& running) {
        // An agent moves the weight by itself.
        if (running.weight == server.weight || server.options.has("agent-check"))
            return;
        if (!haproxy::has_dynamic_weights(situation_.wanted, section)) {
            reload(server.name, "its weight can't be set under a static balance algorithm");
            return;
        }
        action.commands.push_back(command::set_weight(backend_, server.name, server.weight));
        note(action, fmt::format("weight {} → {}", running.weight, server.weight));
        action.after.weight = server.weight;
    }

    void change_checks(Action& action, const Server& server, const RunningServer& running) {
        const auto off = [](unsigned state) {
            return (state & RunningServer::check_configured) != 0 &&
                   (state & RunningServer::check_enabled) == 0;
        };
        if (server.options.has("check") && off(running.check_state)) {
            action.commands.push_back(command::enable_health(backend_, server.name));
            note(action, "checks on");
            action.after.check_state |= RunningServer::check_enabled;
        }
        if (server.options.has("agent-check") && off(running.agent_state)) {
            action.commands.push_back(command::enable_agent(backend_, server.name));
            note(action, "agent checks on");
            action.after.agent_state |= RunningServer::check_enabled;
        }
    }

    void change_state(Action& action, const Server& server, const RunningServer& running) {
        const bool held = running.in_maintenance() || running.draining();
        if (server.disabled ? running.in_maintenance() : !held)
            return;
        const std::string_view state = server.disabled ? "maint" : "ready";
        action.commands.push_back(command::set_state(backend_, server.name, state));
        note(action, fmt::format("{} → {}",
                                 running.in_maintenance() ? "maint"
                                 : running.draining()     ? "drain"
                                                          : "ready",
                                 state));
        action.after.admin_state = server.disabled ? RunningServer::forced_maintenance : 0;
    }

    void remove(const ServerChange& change, const RunningServer& running) {
        Action action;
        action.kind = Action::Kind::remove;
        action.backend = change.backend;
        action.server = change.server;
        action.commands.push_back(command::set_state(change.backend, change.server, "maint"));
        action.detail = fmt::format("{}:{}", running.address, running.port);
        action.after = running;
        action.after.admin_state |= RunningServer::forced_maintenance;
        action.after.leaving = true;
        plan_.actions.push_back(std::move(action));
    }

    /// The address with its name resolved, or nullopt when the name has none.
    [[nodiscard]] std::optional<Address> resolve(const Address& address) const {
        if (address.kind != Address::Kind::name)
            return address;
        const auto found = situation_.names.find(address.host);
        if (found == situation_.names.end() || found->second.empty())
            return std::nullopt;
        Address resolved = address;
        resolved.kind = Address::Kind::ip;
        resolved.host = found->second.front();
        return resolved;
    }

    /// A server without a port of its own shows port 0.
    [[nodiscard]] bool is_at(const RunningServer& running, const Address& address) const {
        if (running.port != address.port)
            return false;
        if (address.kind == Address::Kind::ip)
            return running.address == address.host;
        if (running.fqdn == address.host)
            return true;
        const auto found = situation_.names.find(address.host);
        return found != situation_.names.end() &&
               std::ranges::find(found->second, running.address) != found->second.end();
    }

    [[nodiscard]] Action start(Action::Kind kind, const Server& server) const {
        Action action;
        action.kind = kind;
        action.backend = backend_;
        action.server = server.name;
        action.after.options = std::make_shared<const haproxy::ServerOptions>(server.options);
        return action;
    }

    static void note(Action& action, std::string_view text) {
        if (!action.detail.empty())
            action.detail += ", ";
        action.detail += text;
    }

    void reload(std::string_view server, std::string_view reason) {
        plan_.reload_reasons.push_back(fmt::format("{}/{}: {}", backend_, server, reason));
    }

    void problem(std::string_view server, std::string_view what) {
        plan_.problems.push_back(fmt::format("{}/{}: {}", backend_, server, what));
    }

    const Situation& situation_;
    Plan plan_;
    std::string backend_;
};

} // namespace

Plan make_plan(const Situation& situation, std::span<const ServerChange> servers) {
    const ServerIndex index(situation.wanted, servers.size());
    Planner planner(situation);
    for (const ServerChange& change : servers)
        planner.plan(change, index);
    return std::move(planner).result();
}

std::vector<std::string> names_to_resolve(const haproxy::Config& wanted,
                                          std::span<const ServerChange> servers) {
    const ServerIndex index(wanted, servers.size());
    std::vector<std::string> names;
    for (const ServerChange& change : servers) {
        const auto found = index.find(change);
        if (found.line == nullptr)
            continue;
        const auto server = haproxy::effective_server(wanted, *found.section, *found.line);
        if (server && server->address.kind == Address::Kind::name)
            names.push_back(server->address.host);
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

void adopt_options(haproxy::Running& running, const haproxy::Config& config) {
    for (const Section& section : config.sections()) {
        const auto servers = running.find(section.name);
        if (!section.has_servers() || servers == running.end())
            continue;
        for (const haproxy::ServerLine& line : section.servers) {
            const auto found = servers->second.find(line.name);
            if (found == servers->second.end())
                continue;
            if (auto server = haproxy::effective_server(config, section, line))
                found->second.options =
                    std::make_shared<const haproxy::ServerOptions>(std::move(server->options));
        }
    }
}

std::string_view to_string(Action::Kind kind) {
    switch (kind) {
    case Action::Kind::add:
        return "add";
    case Action::Kind::change:
        return "change";
    case Action::Kind::remove:
        return "remove";
    }
    return "";
}

} // namespace hitless::plan
