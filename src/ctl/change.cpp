#include "ctl/change.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/address.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/server.hpp"

#include "ctl/commands.hpp"
#include "ctl/server_change.hpp"
#include "ctl/view.hpp"

#include <fmt/format.h>

#include <charconv>

/// The commands that change servers that are there: ready, drain, maint, weight, maxconn, addr.
namespace hitless::ctl {
namespace {

namespace command = haproxy::command;
using haproxy::RunningServer;
using Held = plan::ManualState::Kind;

/// A number as `set weight` or `set maxconn` takes it.
Result<int> parse_number(const std::string& text, int most, const char* what) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > most)
        return fail("'{}' is no {}: a number from 0 to {}", base::printable(text), what, most);
    return number;
}

ServerChange set_state(Context& context, const char* state) {
    return {context, context.operands, [state](const Name& name, const RunningServer&) {
                return command::set_state(name.first, name.second, state);
            }};
}

/// The operands but the last, which is the value.
std::vector<std::string> servers_of(const Context& context) {
    return {context.operands.begin(), context.operands.end() - 1};
}

} // namespace

std::vector<Name> named_servers(const haproxy::Running& running,
                                const std::vector<std::string>& patterns) {
    std::vector<Name> names;
    for (const auto& [backend, servers] : running) {
        for (const auto& [server, state] : servers) {
            if (is_named(patterns, backend, server))
                names.emplace_back(backend, server);
        }
    }
    return names;
}

std::string command_line(const Name& server, const std::string& command) {
    const auto& [backend, name] = server;
    if (haproxy::is_name(backend) && haproxy::is_name(name) && !base::has_control(command))
        return command;
    return fmt::format(
        "# left out, since it has a name in it that HAProxy's configuration can't have: {}",
        base::printable(command, 500));
}

std::vector<base::Flag> hold_flags(Options& options) {
    constexpr std::chrono::hours month(24 * 30);
    auto flags = change_flags(options);
    flags.push_back(base::duration_flag(
        "for", "hitlessd leaves it so for this time, as in 30m or 2h; at most 30 days",
        std::chrono::seconds(1), options.hold, month));
    flags.push_back(
        base::text_flag("because", "TEXT", "why it is held, for others to see", options.because));
    return flags;
}

std::vector<base::Flag> change_flags(Options& options) {
    return {
        base::switch_flag("dry-run", "print the runtime commands and send none", options.dry_run)};
}

ExitCode set_ready(Context& context) {
    return set_state(context, "ready").lifts().run();
}
ExitCode set_drain(Context& context) {
    return set_state(context, "drain")
        .holds([](const Name&, const RunningServer&) {
            return plan::ManualState{Held::drain, 0};
        })
        .run();
}
ExitCode set_maint(Context& context) {
    return ServerChange(context, context.operands, {}).takes_out().run();
}

ExitCode set_weight(Context& context) {
    constexpr int most = 256;
    std::string value = context.operands.back();
    const bool is_percent = value.ends_with('%');
    const auto number = parse_number(value.substr(0, value.size() - (is_percent ? 1 : 0)),
                                     is_percent ? 100'000 : most, "weight");
    if (!number)
        return context.complain(number.error().message + "; or a part of the file's, as 50%",
                                usage);
    return ServerChange(context, servers_of(context), {}).weighs(value).run();
}

ExitCode set_maxconn(Context& context) {
    const auto number = parse_number(context.operands.back(), 1'000'000'000, "limit");
    if (!number)
        return context.complain(number.error().message, usage);
    return ServerChange(context, servers_of(context), {}).limits(*number).run();
}

ExitCode set_address(Context& context) {
    const auto address = haproxy::parse_address(context.operands.back());
    if (!address)
        return context.complain(address.error().message, usage);
    if (address->kind != haproxy::Address::Kind::ip)
        return context.complain(fmt::format("'{}' is no IP address; HAProxy resolves no name here",
                                            base::printable(context.operands.back())),
                                usage);
    return ServerChange(context, servers_of(context),
                        [address = *address](const Name& name, const RunningServer&) {
                            return command::set_address(name.first, name.second, address);
                        })
        .run();
}

} // namespace hitless::ctl
