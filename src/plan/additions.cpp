#include "plan/additions.hpp"

#include "hitless/haproxy/command.hpp"

#include "plan/live_change.hpp"

#include <string>
#include <vector>

namespace hitless::plan {
namespace {

namespace command = haproxy::command;
using haproxy::RunningServer;
using haproxy::Server;

/// What `add server` is given, and the commands after it.
struct Start {
    Server server;
    int weight = 1;                         ///< in `add server`
    std::vector<haproxy::Command> commands; ///< after the server is ready
};

/// HAProxy before 3.1 declares a server up when it leaves maintenance. With no weight it takes no
/// requests until it has been declared down, and then its check decides.
Start start(const Situation& situation, const std::string& backend, const Server& wanted,
            const std::string& name, long number) {
    Start start{haproxy::as_dynamic(situation.info, wanted), wanted.weight, {}};
    const auto say = [&](std::vector<std::string> words) {
        (void)start.server.options.merge(words); // can't fail: a keyword and its argument
    };
    if (wanted.disabled)
        say({"disabled"}); // its check waits until it is ready
    if (number != 0)
        say({"id", std::to_string(number)});
    // An agent's weight is a share of that in `add server`.
    if (!situation.start_down || wanted.disabled || !wanted.options.has("check") ||
        wanted.options.has("init-state") || wanted.options.has("agent-check"))
        return start;
    if (situation.info.at_least(3, 1)) {
        say({"init-state", "down"});
    } else if (wanted.weight != 0) {
        start.weight = 0;
        start.commands.push_back(command::set_health(backend, name, "down"));
        start.commands.push_back(command::set_weight(backend, name, wanted.weight));
    }
    return start;
}

RunningServer after_addition(const BackendFacts& backend, const Server& server,
                             const haproxy::Address& address, int weight, const Place& place) {
    RunningServer after;
    const bool other = address.kind == haproxy::Address::Kind::other;
    after.address = other ? "-" : address.host;
    after.port = address.port;
    after.address_text = server.address.text;
    after.options = backend.share(server.options);
    after.weight = server.weight;
    after.initial_weight = weight;
    after.operational = server.disabled ? 0 : 2;
    after.admin_state = server.disabled
                            ? RunningServer::forced_maintenance | RunningServer::maintenance_of_file
                            : 0;
    constexpr unsigned on = RunningServer::check_configured | RunningServer::check_enabled;
    after.check_state = server.options.has("check") ? on : 0;
    after.agent_state = server.options.has("agent-check") ? on : 0;
    after.disabled = server.disabled;
    after.id = place.id;
    after.position = place.position;
    return after;
}

/// It comes as someone wants it by hand, so that it takes no request before.
void make_ready(const Situation& situation, const BackendFacts& backend, const Server& server,
                const Start& begin, Step& step) {
    using Kind = ManualState::Kind;
    const ManualState* const manual = by_hand(situation, backend.name, server.name);
    const Kind kind = manual != nullptr ? manual->kind : Kind::released;
    const std::string& name = step.object.name;
    auto& commands = step.commands;
    if (kind == Kind::maint) { // a server that is added is in maintenance
        step.server().after.admin_state |= RunningServer::forced_maintenance;
        step.server().after.operational = 0;
        step.detail += ", maint";
        return;
    }
    const bool has_weight = kind == Kind::weight && backend.dynamic_weights;
    if (has_weight) {
        commands.push_back(command::set_weight(backend.name, name, manual->weight));
        step.server().after.weight = manual->weight;
        step.detail += fmt::format(", weight {}", manual->weight);
    }
    commands.push_back(
        command::set_state(backend.name, name, kind == Kind::drain ? "drain" : "ready"));
    if (kind == Kind::drain) {
        step.server().after.admin_state |= RunningServer::forced_drain;
        step.detail += ", drain";
    }
    commands.insert(commands.end(), begin.commands.begin(), begin.commands.end());
    if (has_weight && !begin.commands.empty()) // which end with another one
        commands.back() = command::set_weight(backend.name, name, manual->weight);
}

/// True when the server that this one tracks is in maintenance.
bool tracks_maintained(const Situation& situation, const BackendFacts& backend,
                       const Server& server) {
    const std::string_view tracked = server.options.argument("track");
    if (tracked.empty())
        return false;
    const std::size_t slash = tracked.find('/');
    const bool elsewhere = slash != std::string_view::npos;
    const auto* const running = haproxy::find_server(
        situation.running, elsewhere ? tracked.substr(0, slash) : std::string_view(backend.name),
        elsewhere ? tracked.substr(slash + 1) : tracked);
    return running != nullptr && (running->in_maintenance() || running->awaits_another());
}

} // namespace

std::optional<std::string> no_addition(const Situation& situation, const BackendFacts& backend,
                                       const Server& server) {
    if (backend.why_no_additions)
        return backend.why_no_additions;
    if (backend.external_checks && server.options.has("check"))
        return std::string(haproxy::no_external_checks);
    if (auto why = haproxy::no_dynamic_option(situation.info, server))
        return why;
    if (init_addr_decides(server))
        return std::string("only a process that starts gives it the address that 'init-addr' says");
    if (tracks_maintained(situation, backend, server))
        return std::string("the server that it tracks is in maintenance, and HAProxy would not "
                           "tell one that is added when that ends");
    return situation.exact ? haproxy::inexact_addition(situation.info, server) : std::nullopt;
}

std::optional<Step> addition(const Situation& situation, const BackendFacts& backend,
                             const Server& server, const std::string& name, const Place& place,
                             Plan& plan) {
    const auto address = resolve(situation.names, server);
    if (!address && server.options.has("init-addr")) {
        need_reload(plan, backend.name, server.name, Cause::Kind::not_added,
                    "its name has no address, and only a process that starts goes on as "
                    "'init-addr' says");
        return std::nullopt;
    }
    if (!address) {
        note_no_address(plan, backend.name, server, "isn't added yet");
        return std::nullopt;
    }
    const Start begin = start(situation, backend.name, server, name, place.id);
    auto add_line = command::add_server(backend.name, name, begin.server, *address, begin.weight);
    if (!add_line) {
        need_reload(plan, backend.name, server.name, Cause::Kind::not_added,
                    add_line.error().message);
        return std::nullopt;
    }
    if (const auto difference = haproxy::inexact_addition(situation.info, server))
        note_difference(plan, backend.name, *difference);
    Step step;
    step.object.scope = backend.name;
    step.object.name = name;
    step.detail = haproxy::to_string(server.address);
    step.server().after = after_addition(backend, server, *address, begin.weight, place);
    auto& commands = step.commands;
    commands.push_back(std::move(*add_line));
    if (server.options.has("check"))
        commands.push_back(command::enable_health(backend.name, name));
    if (!server.disabled)
        make_ready(situation, backend, server, begin, step);
    // After it is ready, since the agent may have it otherwise.
    if (server.options.has("agent-check")) {
        commands.push_back(command::enable_agent(backend.name, name));
        if (backend.agents_begin_up)
            commands.push_back(command::set_agent(backend.name, name, "up"));
    }
    return step;
}

} // namespace hitless::plan
