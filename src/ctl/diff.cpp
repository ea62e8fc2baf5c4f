#include "hitless/apply/preview.hpp"
#include "hitless/base/text.hpp"
#include "hitless/plan/difference.hpp"
#include "hitless/plan/slots.hpp"

#include "base/run_to_end.hpp"
#include "ctl/commands.hpp"
#include "ctl/preview.hpp"
#include "ctl/wanted.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

/// How the running HAProxy differs from what is wanted of it.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t most_reasons = 100;

/// Nothing is to be done, and nothing waited for.
bool is_in_step(const plan::Plan& plan) {
    return plan.empty() && plan.waiting.empty();
}

Json to_json(const plan::Action& action) {
    Json json;
    json["action"] = plan::to_string(action.kind);
    json["backend"] = action.backend;
    json["server"] = action.server;
    json["change"] = action.detail;
    json["commands"] = action.commands;
    return json;
}

/// The rows of a table: actions, then what needs a reload, then what can't be had.
Table to_table(const plan::Plan& plan) {
    Table table;
    table.columns = {
        {"action", "ACTION"}, {"backend", "BACKEND"}, {"server", "SERVER"}, {"change", "CHANGE"}};
    for (const plan::Action& action : plan.actions)
        table.rows.push_back(to_json(action));
    for (const std::string& reason : plan.reload_reasons)
        table.rows.push_back({{"action", "reload"}, {"change", reason}});
    for (const std::string& problem : plan.problems)
        table.rows.push_back({{"action", "problem"}, {"change", problem}});
    for (const std::string& waiting : plan.waiting)
        table.rows.push_back({{"action", "wait"}, {"change", waiting}});
    return table;
}

void print_commands(Context& context, const plan::Plan& plan) {
    for (const std::string& reason : plan.reload_reasons)
        context.out << "# reload: " << base::printable(reason, 500) << '\n';
    for (const std::string& problem : plan.problems)
        context.out << "# problem: " << base::printable(problem, 500) << '\n';
    for (const std::string& waiting : plan.waiting)
        context.out << "# waiting: " << base::printable(waiting, 500) << '\n';
    for (const plan::Action& action : plan.actions) {
        for (const std::string& command : action.commands)
            context.out << command << '\n';
    }
}

} // namespace

Result<plan::Plan> preview(const Channel& channel, const Wanted& wanted) {
    if (!channel.target().worker.empty())
        return fail("behind a master's CLI nothing is planned: name a stats socket");
    auto plan = base::run_to_end(apply::preview(channel.target().address, wanted.file.config,
                                                plan::without_slots(wanted.config)));
    if (!plan)
        return plan.error();
    // What isn't a server's line needs a reload.
    const auto difference =
        plan::compare(plan::without_slots(wanted.file.config), plan::without_slots(wanted.config));
    for (std::string& reason : plan::reasons(difference, most_reasons))
        plan->reload_reasons.push_back(std::move(reason));
    return plan;
}

Json to_json(const plan::Plan& plan) {
    Json json;
    json["in_step"] = is_in_step(plan);
    json["actions"] = Json::array();
    for (const plan::Action& action : plan.actions)
        json["actions"].push_back(to_json(action));
    json["reload"] = plan.reload_reasons;
    json["problems"] = plan.problems;
    json["waiting"] = plan.waiting;
    return json;
}

std::vector<base::Flag> diff_flags(Options& options) {
    auto flags = wanted_flags(options);
    flags.push_back(base::switch_flag("commands", "print the runtime commands", options.commands));
    return flags;
}

ExitCode show_difference(Context& context) {
    const auto channel = context.channel();
    if (!channel)
        return failed;
    const auto info = channel->info();
    if (!info)
        return context.complain(info.error().message, unreachable);
    const auto wanted = find_wanted(context.options, info->pid);
    if (!wanted)
        return context.complain(wanted.error().message);
    const auto plan = preview(*channel, *wanted);
    if (!plan)
        return context.complain(plan.error().message);
    if (context.options.commands)
        print_commands(context, *plan);
    else if (context.options.json)
        context.out << json_text(to_json(*plan));
    else if (!is_in_step(*plan) || context.options.csv)
        context.print(to_table(*plan));
    return is_in_step(*plan) ? done : differs;
}

} // namespace hitless::ctl
