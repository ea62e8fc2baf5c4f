#include "hitless/apply/resolve.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/vet.hpp"
#include "hitless/plan/plan.hpp"

#include "base/run_to_end.hpp"
#include "ctl/commands.hpp"
#include "ctl/managed.hpp"

#include <boost/algorithm/string/find.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>
#include <utility>

/// Adds a server to the running HAProxy, as hitlessd would if the file had its line.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

/// The configuration with the line at the end of the backend.
Result<haproxy::Config> with_line(const haproxy::Config& config, const haproxy::Section& backend,
                                  const std::string& line) {
    int last = backend.number;
    if (!backend.settings.empty())
        last = std::max(last, backend.settings.back().number);
    if (!backend.servers.empty())
        last = std::max(last, backend.servers.back().number);
    std::string text = config.text();
    const auto end_of_last = boost::algorithm::find_nth(text, "\n", last - 1).begin();
    text.insert(static_cast<std::size_t>(end_of_last - text.begin()), "\n    " + line);
    return haproxy::Config::parse(std::move(text));
}

/// What adds the server, or why it can't be added while HAProxy runs.
Result<plan::Step> plan_addition(Channel& channel, const ConfigFile& file,
                                 const haproxy::Info& info, const std::string& backend,
                                 const std::string& server, const std::string& line) {
    const haproxy::Section* const section = file.config.find_backend(backend);
    if (section == nullptr)
        return fail("{} has no backend {}", file.path, backend);
    const auto wanted = with_line(file.config, *section, line);
    if (!wanted)
        return wanted.error();
    const haproxy::Section* const with_server = wanted->find_backend(backend);
    const haproxy::ServerLine& own = with_server->servers.back();
    if (const auto bad = haproxy::vet_server(*wanted, *with_server, own))
        return fail("{}", bad->message);
    auto running = channel.servers();
    if (!running)
        return running.error();
    if (haproxy::find_server(*running, backend, server) != nullptr)
        return fail("HAProxy has a server {}/{} already", backend, server);
    plan::adopt_options(*running, file.config);
    const std::vector<plan::ServerId> change(1, {backend, server});
    plan::Names names;
    base::run_to_end(apply::resolve(plan::names_to_resolve(*wanted, change), names));
    auto plan = plan::make_plan({*wanted, *running, info, names}, change);
    if (!plan.obstacles.empty() || !plan.problems.empty())
        return fail(
            "HAProxy can't take {}/{} while it runs: {}", backend, server,
            fmt::join(plan.obstacles.empty() ? in_words(plan.problems) : in_words(plan.obstacles),
                      "; "));
    if (plan.steps.size() != 1)
        return fail("it takes more than one step to add {}/{}", backend, server);
    return std::move(plan.steps.front());
}

/// Sends the commands until one is refused. The answer that refuses, or nothing.
Result<std::optional<std::string>> carry_out(Channel& channel,
                                             const std::vector<haproxy::Command>& commands) {
    for (const haproxy::Command& command : commands) {
        const auto answer = channel.run(command);
        if (!answer)
            return answer.error();
        if (auto refused = haproxy::command::refusal(command, *answer))
            return std::optional(fmt::format("HAProxy refuses '{}': {}",
                                             base::printable(command.line),
                                             base::printable(*refused)));
    }
    return std::optional<std::string>();
}

ExitCode report(Context& context, Channel& channel, const plan::Step& step) {
    const auto after = channel.servers();
    if (!after)
        return context.complain(after.error().message, unreachable);
    if (haproxy::find_server(*after, step.object.scope, step.object.name) == nullptr)
        return context.complain(fmt::format("HAProxy took all commands, but has no server {}/{}",
                                            step.object.scope, step.object.name));
    Table table;
    table.columns = {{"backend", "BACKEND"}, {"server", "SERVER"}, {"change", "ADDED"}};
    Json row;
    row["backend"] = step.object.scope;
    row["server"] = step.object.name;
    row["change"] = step.detail;
    row["commands"] = haproxy::lines_of(step.commands);
    table.rows.push_back(std::move(row));
    return context.print(std::move(table));
}

} // namespace

ExitCode add_server(Context& context) {
    const std::string& name = context.operands.front();
    const std::size_t slash = name.find('/');
    const std::string backend = name.substr(0, slash);
    const std::string server = slash == std::string::npos ? "" : name.substr(slash + 1);
    if (!haproxy::is_name(backend) || !haproxy::is_name(server))
        return context.complain(fmt::format("'{}' is no BACKEND/SERVER", base::printable(name)),
                                usage);
    const auto channel = context.channel();
    if (!channel)
        return failed;
    const auto info = channel->info();
    if (!info)
        return context.complain(info.error().message, unreachable);
    const auto file = find_config(context.options, info->pid);
    if (!file)
        return context.complain(
            fmt::format("{}: default-server lines are not inherited by servers that are added",
                        file.error().message));
    std::string line = "server " + server;
    for (auto word = context.operands.begin() + 1; word != context.operands.end(); ++word)
        line += " " + *word;
    const auto step = plan_addition(*channel, *file, *info, backend, server, line);
    if (!step)
        return context.complain(step.error().message);
    if (context.options.dry_run) {
        context.out << fmt::format("{}\n", fmt::join(step->commands, "\n"));
        return done;
    }
    const auto refused = carry_out(*channel, step->commands);
    if (!refused)
        return context.complain(refused.error().message, unreachable);
    if (*refused)
        return context.complain(**refused);
    const ExitCode code = report(context, *channel, *step);
    remind_of_manager(context, *channel, {backend, server});
    return code;
}

} // namespace hitless::ctl
