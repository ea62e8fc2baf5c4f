#include "ctl/server_change.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/plan/slots.hpp"

#include "ctl/holds.hpp"
#include "ctl/managed.hpp"
#include "ctl/view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace hitless::ctl {
namespace {

namespace command = haproxy::command;
using haproxy::RunningServer;
using Json = nlohmann::ordered_json;
using Kind = Column::Kind;
using Held = plan::ManualState::Kind;

/// What shows the effect of a command: "ready, weight 5, 10.0.0.1:80". `limit`: "limit 9";
/// empty: it isn't told.
std::string summary(const RunningServer* server, const std::string& limit) {
    if (server == nullptr)
        return "gone";
    return fmt::format("{}, weight {}, {}:{}{}{}", admin_word(*server), server->weight,
                       base::printable(server->address), server->port, limit.empty() ? "" : ", ",
                       limit);
}

std::string text_of(const plan::ServerId& server) {
    return fmt::format("{}/{}", base::printable(server.backend), base::printable(server.server));
}

} // namespace

ServerChange::ServerChange(Context& context, std::vector<std::string> patterns, Make make)
    : context_(context), patterns_(std::move(patterns)), make_(std::move(make)) {
    table_.columns = {{"haproxy", "HAPROXY", Kind::text, 3},
                      {"backend", "BACKEND"},
                      {"server", "SERVER"},
                      {"command", "COMMAND", Kind::text, 2},
                      {"before", "BEFORE", Kind::text, 1},
                      {"after", "AFTER"},
                      {"answer", "ANSWER"}};
}

ServerChange& ServerChange::holds(HeldState held) {
    held_ = std::move(held);
    return *this;
}

ServerChange& ServerChange::weighs(const std::string& value) {
    make_ = [this, value](const Name& name, const RunningServer& server) {
        const int weight = weight_of(meant_, value, name, server);
        const bool is_none_meant = value.find_first_not_of("0%") == std::string::npos;
        if (weight == 0 && value.ends_with('%') && !is_none_meant)
            warn_of_no_weight(value, name, server);
        return command::set_weight(name.first, name.second, weight);
    };
    return holds([this, value](const Name& name, const RunningServer& server) {
        return plan::ManualState{Held::weight, weight_of(meant_, value, name, server)};
    });
}

ServerChange& ServerChange::takes_out() {
    make_ = [this](const Name& name, const RunningServer&) {
        const bool drains = plan::is_slot(name.second) && meant_.served.contains(name);
        if (drains)
            warn_of_drain(name);
        return command::set_state(name.first, name.second, drains ? "drain" : "maint");
    };
    return holds([](const Name&, const RunningServer&) {
        return plan::ManualState{Held::maint, 0};
    });
}

ServerChange& ServerChange::limits(int most) {
    is_of_limits_ = true;
    make_ = [most](const Name& name, const RunningServer&) {
        return command::set_maxconn(name.first, name.second, most);
    };
    return *this;
}

ServerChange& ServerChange::lifts() {
    lifts_ = true;
    return *this;
}

ExitCode ServerChange::run() {
    if (context_.options.hold.count() == 0 && !context_.options.because.empty())
        return context_.complain("-because says why a server is held: give -for, too", usage);
    for (const std::string& pattern : patterns_) {
        if (pattern.find('/') == std::string::npos)
            return context_.complain(
                fmt::format("name servers as BACKEND/SERVER; all of the backend are '{}/*'",
                            base::printable(pattern)),
                usage);
    }
    auto channels = context_.channels();
    if (channels.empty())
        return failed;
    ExitCode code = done;
    std::size_t found = 0;
    for (Channel& channel : channels) {
        const auto ran = run(channel);
        if (!ran) {
            code = context_.complain(ran.error().message,
                                     std::exchange(not_noted_, false) ? failed : unreachable);
            continue;
        }
        found += *ran;
    }
    if (channels.size() == 1)
        table_.columns.erase(table_.columns.begin());
    if (found == 0 && code == done)
        return context_.complain(why_nothing(), nothing);
    return finish(code);
}

std::string ServerChange::why_nothing() const {
    const std::string& pattern = patterns_.front();
    const std::size_t slash = pattern.find('/');
    if (meant_.file && meant_.file->config.find_server(pattern.substr(0, slash),
                                                       pattern.substr(slash + 1)) != nullptr)
        return fmt::format("{0} has a line for {1}, but HAProxy has no such server now, nor a "
                           "spare server in its place; `hitlessctl explain {1}` has more",
                           meant_.file->path, base::printable(pattern));
    return fmt::format("no server is named {}", base::printable(pattern));
}

Result<ServerChange::Look> ServerChange::look(Channel& channel) const {
    auto running = channel.servers();
    if (!running)
        return running.error();
    Look found{std::move(*running), {}};
    if (!is_of_limits_)
        return found;
    const auto rows = channel.stat();
    if (!rows)
        return rows.error();
    for (const haproxy::StatRow& row : *rows) {
        if (row.kind() != haproxy::StatRow::Kind::server)
            continue;
        const auto most = row.number("slim").value_or(0);
        found.limits[{row.proxy(), row.name()}] =
            most == 0 ? std::string("no limit") : fmt::format("limit {}", most);
    }
    return found;
}

/// A spare server that was made ready would get requests, and nobody listens at its address. The
/// Error: no other server is meant.
Result<void> ServerChange::leave_out_spare() {
    if (!lifts_ || meant_.spare.empty())
        return {};
    std::erase_if(meant_.names, [&](const Name& name) { return meant_.spare.contains(name); });
    const auto& [backend, server] = *meant_.spare.begin();
    const Error error = fail("{}/{} is left as it is: a spare server of hitlessd (-slots) in "
                             "nobody's place must get no requests, since nobody listens at its "
                             "address",
                             base::printable(backend), base::printable(server));
    if (meant_.names.empty())
        return error;
    context_.complain(error.message);
    return {};
}

/// How many servers the patterns name.
Result<std::size_t> ServerChange::run(Channel& channel) {
    const auto looked = look(channel);
    if (!looked)
        return looked.error();
    const haproxy::Running* const before = &looked->running;
    meant_ = find_meant(context_, channel, *before, patterns_);
    if (const auto meant = leave_out_spare(); !meant) {
        not_noted_ = true;
        return meant.error();
    }
    const auto& names = meant_.names;
    std::vector<haproxy::Command> commands;
    commands.reserve(names.size());
    for (const Name& name : names)
        commands.push_back(make_(name, *haproxy::find_server(*before, name.first, name.second)));
    if (context_.options.dry_run) {
        for (std::size_t i = 0; i < names.size(); ++i)
            context_.out << command_line(names[i], commands[i].line) << '\n';
        return names.size();
    }
    if (const auto noted = note_holds(channel, names, *before); !noted) {
        not_noted_ = true;
        return noted.error();
    }
    const auto answers = channel.run(commands);
    if (!answers)
        return answers.error();
    const auto after = look(channel);
    if (!after)
        return after.error();
    for (std::size_t i = 0; i < names.size(); ++i)
        note(channel, names[i], commands[i], (*answers)[i], *looked, *after);
    if (context_.options.hold.count() > 0)
        return forget_refused(channel, names, commands, *answers);
    if (!names.empty() && !is_of_limits_)
        remind_of_manager(context_, channel, names.front(), held_ != nullptr);
    return names.size();
}

/// A part of a small weight may be none.
void ServerChange::warn_of_no_weight(const std::string& value, const Name& name,
                                     const RunningServer& server) const {
    const int whole = whole_weight(meant_, name, server);
    if (whole > 0)
        context_.complain(fmt::format("{} of weight {} is 0: {} gets no new requests", value, whole,
                                      text_of(wanted_name(meant_, name))));
}

void ServerChange::warn_of_drain(const Name& name) const {
    const std::string wanted = text_of(wanted_name(meant_, name));
    context_.complain(
        fmt::format("{0} runs in the spare server {1}, which would count as free in "
                    "maintenance, so that it is drained instead: it gets no new sessions, "
                    "except those that stick to it. `hitlessctl ready {0}` ends that",
                    wanted, name.second));
}

/// Before HAProxy is told, since hitlessd may look at any moment.
Result<void> ServerChange::note_holds(Channel& channel, const std::vector<Name>& names,
                                      const haproxy::Running& before) {
    if (names.empty())
        return {};
    if (lifts_)
        return lift(channel, names);
    if (!held_ || context_.options.hold.count() == 0)
        return {};
    std::vector<std::pair<Name, plan::ManualState>> servers;
    servers.reserve(names.size());
    for (const Name& name : names)
        servers.emplace_back(name,
                             held_(name, *haproxy::find_server(before, name.first, name.second)));
    return hold_servers(context_, meant_, without_held(servers));
}

/// Several HAProxies may use one file, beside which a server is held once.
ServerChange::HeldServers ServerChange::without_held(HeldServers servers) {
    if (meant_.file)
        std::erase_if(servers, [&](const auto& server) {
            return !held_by_us_.emplace(meant_.file->path, wanted_name(meant_, server.first))
                        .second;
        });
    return servers;
}

Result<void> ServerChange::lift(Channel& channel, const std::vector<Name>& names) {
    const auto lifted = end_holds(channel, meant_, names);
    if (!lifted)
        return lifted.error();
    for (const apply::ManualHold& hold : *lifted)
        context_.complain(fmt::format("the hold of {}/{} is lifted",
                                      base::printable(hold.server.backend),
                                      base::printable(hold.server.server)));
    return {};
}

/// What HAProxy has refused is not held.
Result<std::size_t> ServerChange::forget_refused(Channel& channel, const std::vector<Name>& names,
                                                 const std::vector<haproxy::Command>& commands,
                                                 const std::vector<std::string>& answers) {
    std::vector<Name> refused;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (command::refusal(commands[i], answers[i]))
            refused.push_back(names[i]);
    }
    if (const auto ended = end_holds(channel, meant_, refused); !ended)
        return ended.error();
    return names.size();
}

void ServerChange::note(const Channel& channel, const Name& name, const haproxy::Command& command,
                        const std::string& answer, const Look& before, const Look& after) {
    const auto refused = haproxy::command::refusal(command, answer);
    refused_ = refused_ || refused;
    Json row;
    row["haproxy"] = channel.target().name();
    row["backend"] = name.first;
    row["server"] = name.second;
    row["command"] = command.line;
    const auto describe = [&](const Look& seen) {
        const auto limit = seen.limits.find(name);
        return summary(haproxy::find_server(seen.running, name.first, name.second),
                       limit == seen.limits.end() ? std::string() : limit->second);
    };
    row["before"] = describe(before);
    row["after"] = describe(after);
    row["answer"] = refused ? Json(*refused) : Json("done");
    table_.rows.push_back(std::move(row));
}

ExitCode ServerChange::finish(ExitCode code) {
    if (context_.options.dry_run || table_.rows.empty())
        return code;
    const ExitCode printed = context_.print(std::move(table_));
    if (code != done || printed != done)
        return std::max(code, printed);
    return refused_ ? failed : done;
}

} // namespace hitless::ctl
