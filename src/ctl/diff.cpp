#include "hitless/apply/kept_files.hpp"
#include "hitless/apply/preview.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/present.hpp"
#include "hitless/live/kind.hpp"
#include "hitless/plan/difference.hpp"
#include "hitless/plan/slots.hpp"

#include "base/run_to_end.hpp"
#include "ctl/change.hpp"
#include "ctl/commands.hpp"
#include "ctl/keeper_told.hpp"
#include "ctl/kept_file.hpp"
#include "ctl/managed.hpp"
#include "ctl/preview.hpp"
#include "ctl/told.hpp"
#include "ctl/wanted.hpp"
#include "ctl/ways.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <utility>

/// How the running HAProxy differs from what is wanted of it.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

/// What keeps HAProxy from being as the keys want it, beside what a plan can do.
struct Hindrances {
    std::vector<std::string> left_out; ///< for bad values
    std::vector<std::string> troubles;
    std::vector<std::string> held;    ///< by a guard
    std::vector<std::string> stopped; ///< frontends, but those that hitlessd tells as a trouble
    OwedReload owed;
    std::string file;            ///< that it follows, which hinders nobody; empty: it has
    bool is_not_known = false;   ///< whether HAProxy is as it is wanted
    apply::FollowNote::Time now; ///< when it was looked
    std::vector<Json> queued;    ///< rows of servers that hitlessd is about to plan, as it tells
    std::vector<Json> waiting;   ///< rows of what it waits for
    bool is_told = false;        ///< the two above are known

    [[nodiscard]] bool none() const {
        return left_out.empty() && troubles.empty() && held.empty() && stopped.empty() &&
               !owed.is_owed && queued.empty() && waiting.empty() && !is_not_known;
    }

    /// One of the troubles says so.
    [[nodiscard]] bool is_trouble(const std::string& text) const {
        return std::ranges::any_of(troubles, [&](const std::string& trouble) {
            return trouble.find(text) != std::string::npos;
        });
    }

    [[nodiscard]] std::vector<std::string> files() const {
        return file.empty() ? std::vector<std::string>() : std::vector<std::string>(1, file);
    }

    /// What is doubtful in the plan, and not told by hitlessd.
    [[nodiscard]] std::vector<std::string> other_doubts(const plan::Plan& plan) const {
        auto texts = in_words(plan.doubts);
        std::erase_if(texts, [this](const std::string& text) {
            return std::ranges::find(troubles, text) != troubles.end();
        });
        return texts;
    }

    /// What a reload is for that is not owed yet, as far as is known.
    [[nodiscard]] std::vector<std::string> of_other_reloads(const plan::Plan& plan) const {
        auto texts = in_words(plan.obstacles);
        std::erase_if(texts, [this](const std::string& text) {
            return std::ranges::any_of(owed.why, [&](const std::string& why) {
                return why == text || why == text + std::string(plan::owed_since_before);
            });
        });
        return texts;
    }
};

Hindrances hindrances_of(const Wanted& wanted, const std::optional<KeeperTold>& told, long pid) {
    Hindrances found;
    for (const apply::SpoiltPtr& spoilt : wanted.spoilt)
        found.left_out.push_back(spoilt->message);
    for (const apply::StatusNote::Trouble& trouble : wanted.status.troubles)
        found.troubles.push_back(trouble.message);
    if (!wanted.no_status.empty())
        found.troubles.push_back(wanted.no_status);
    for (const KeptFile& file : find_kept_files(wanted.config, wanted.file.path)) {
        for (const std::string& trouble : file.troubles)
            found.troubles.push_back(about_file(file.path, trouble));
        for (const std::string& left_out : file.left_out)
            found.left_out.push_back(about_file(file.path, left_out));
    }
    found.held = wanted.status.held;
    if (told) {
        found.is_told = told->haproxy(pid).is_object();
        found.queued = told->rows(pid, "queued", "queued");
        found.waiting = told->rows(pid, "waits", "wait");
    }
    found.owed = wanted.owed;
    found.is_not_known = is_not_known(wanted, told, pid);
    if (wanted.coming)
        found.file = wanted.coming->text;
    found.now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return found;
}

Json step_json(const plan::Step& step) {
    Json json;
    json["action"] = plan::verb(step.phase);
    if (step.object.kind == plan::ObjectId::Kind::server) {
        json["backend"] = step.object.scope;
        json["server"] = step.object.name;
    } else {
        json["object"] = to_string(step.object);
    }
    json["change"] = step.detail;
    // Those of a new version of a file have its number, which only HAProxy knows.
    json["commands"] =
        haproxy::lines_of(step.transaction ? step.transaction->one_by_one : step.commands);
    return json;
}

/// The rows of a table: what stands in the way, steps, what needs a reload, what can't be had.
Table to_table(const apply::Preview& preview, const Hindrances& hindrances) {
    const plan::Plan& plan = preview.plan;
    Table table;
    table.columns = {
        {"action", "ACTION"}, {"backend", "BACKEND"}, {"server", "SERVER"}, {"change", "CHANGE"}};
    const auto add = [&](const char* kind, const std::vector<std::string>& texts) {
        for (const std::string& text : texts)
            table.rows.push_back({{"action", kind}, {"change", text}});
    };
    add("trouble", hindrances.troubles);
    add("stopped", hindrances.stopped);
    add("held", hindrances.held);
    add("left out", hindrances.left_out);
    add("file", hindrances.files());
    for (const plan::Step& step : plan.steps) {
        Json& row = table.rows.emplace_back(step_json(step));
        if (row.contains("object"))
            row["change"] = fmt::format("{}: {}", to_string(step.object), step.detail);
    }
    add("reload", hindrances.owed.in_words(hindrances.now));
    add("reload", hindrances.of_other_reloads(plan));
    add("problem", in_words(plan.problems));
    add("problem", hindrances.other_doubts(plan));
    if (hindrances.waiting.empty())
        add("wait", in_words(plan.waiting));
    add("leaving", in_words(preview.leaving));
    add("unknown", in_words(preview.unknown));
    for (const auto* const rows : {&hindrances.queued, &hindrances.waiting})
        table.rows.insert(table.rows.end(), rows->begin(), rows->end());
    return table;
}

void print_commands(Context& context, const apply::Preview& preview, const Hindrances& hindrances) {
    const plan::Plan& plan = preview.plan;
    const auto remark = [&](const char* kind, const std::vector<std::string>& texts) {
        for (const std::string& text : texts)
            context.out << "# " << kind << ": " << base::printable(text, 500) << '\n';
    };
    remark("trouble", hindrances.troubles);
    remark("stopped", hindrances.stopped);
    remark("held", hindrances.held);
    remark("left out", hindrances.left_out);
    remark("file", hindrances.files());
    remark("reload", hindrances.owed.in_words(hindrances.now));
    remark("reload", hindrances.of_other_reloads(plan));
    remark("problem", in_words(plan.problems));
    remark("problem", hindrances.other_doubts(plan));
    remark("waiting", in_words(plan.waiting));
    remark("leaving", in_words(preview.leaving));
    remark("unknown", in_words(preview.unknown));
    for (const auto* const rows : {&hindrances.queued, &hindrances.waiting}) {
        for (const Json& row : *rows)
            remark(row["action"].get_ref<const std::string&>().c_str(),
                   {fmt::format("{}/{}: {}", row["backend"].get_ref<const std::string&>(),
                                row["server"].get_ref<const std::string&>(),
                                row["change"].get_ref<const std::string&>())});
    }
    for (const plan::Step& step : plan.steps) {
        if (step.transaction) {
            const bool has_commands = !step.transaction->one_by_one.empty();
            remark("change", {fmt::format("{}: {} ({})", to_string(step.object), step.detail,
                                          has_commands ? "hitlessd does this at once, in a new "
                                                         "version of all entries; these commands "
                                                         "do it one after the other"
                                                       : "all entries at once, in a new version")});
            for (const haproxy::Command& command : step.transaction->one_by_one)
                context.out << command.line << '\n';
            continue;
        }
        if (std::holds_alternative<plan::CertificateEffect>(step.effect)) { // its text has the key
            remark("change", {fmt::format("{}: {}", to_string(step.object), step.detail)});
            continue;
        }
        const std::string& running = step.running_name();
        // A server that goes has the name that HAProxy tells.
        const bool is_named = haproxy::is_name(step.object.name);
        const bool is_global = step.object.scope.empty();
        const Name name(is_global ? step.object.name : step.object.scope,
                        is_named ? running : step.object.name);
        // Words of these are quoted already.
        const bool is_quoted = std::holds_alternative<plan::PatternEffect>(step.effect) ||
                               std::holds_alternative<plan::AclLineEffect>(step.effect);
        for (const haproxy::Command& command : step.commands) {
            context.out << (is_quoted ? command.line : command_line(name, command.line)) << '\n';
            if (command.payload)
                context.out << *command.payload
                            << (command.payload->ends_with('\n') ? "\n" : "\n\n");
        }
    }
}

} // namespace

bool is_in_step(const plan::Plan& plan) {
    return plan.empty() && plan.waiting.empty() && plan.doubts.empty();
}

std::optional<std::string> why_not_compared(const Wanted& wanted) {
    const bool is_behind =
        !wanted.from_registry && wanted.status.has_trouble_with(apply::file_trouble);
    if (wanted.coming && !wanted.coming->config && !wanted.from_registry)
        return fmt::format("hitlessd has changed HAProxy, and {} doesn't say so yet, so that "
                           "nothing was compared; try again when hitlessd has written it, or add "
                           "-confdir and -node to compare HAProxy with the keys",
                           wanted.file.path);
    if (!is_behind)
        return std::nullopt;
    if (wanted.owed.is_check_refused)
        return fmt::format("hitlessd could not bring the newest configuration into {}, since "
                           "check_cmd refuses it, so that nothing was compared: mend what the "
                           "trouble names, in its key or in the template (or check_cmd, which "
                           "SIGHUP tries again at once)",
                           wanted.file.path);
    return fmt::format("hitlessd could not bring the newest configuration into {}, so that a "
                       "comparison with it would tell nothing; add -confdir and -node to compare "
                       "HAProxy with the keys",
                       wanted.file.path);
}

bool is_not_known(const Wanted& wanted, const std::optional<KeeperTold>& told, long pid) {
    const bool may_differ =
        wanted.from_registry ? !wanted.in_doubt.empty() : wanted.coming && !wanted.coming->config;
    return may_differ && !(told && is_true(told->haproxy(pid), "in_step"));
}

namespace {

/// Entries that lead to no backend, while hitlessd owes a reload that may bring it: what is planned
/// for their maps would send requests elsewhere until then.
void hold_back_doubtful(plan::Plan& plan) {
    for (plan::Remark& doubt : std::exchange(plan.doubts, {})) {
        std::erase_if(plan.steps,
                      [&](const plan::Step& step) { return step.object == doubt.object; });
        doubt.what += "; the reload that hitlessd owes may bring them";
        plan.waiting.push_back(std::move(doubt));
    }
}

} // namespace

Result<apply::Preview> preview(Channel& channel, const Wanted& wanted) {
    if (!channel.target().worker.empty())
        return fail("behind a master's CLI nothing is planned: name a stats socket");
    if (!wanted.from_registry && !wanted.no_status.empty())
        return fail("{} may not be what HAProxy is to run now, so that nothing was compared: {}",
                    wanted.file.path, wanted.no_status);
    if (why_not_compared(wanted))
        return apply::Preview(); // it would undo what HAProxy has been brought to since
    apply::PreviewInput input{wanted.file.config,
                              plan::without_slots(wanted.config),
                              apply::kept_files(wanted.config, wanted.file.path),
                              apply::states_of(wanted.holds),
                              wanted.brought,
                              wanted.in_doubt,
                              wanted.places,
                              wanted.made,
                              wanted.frontend_limit_flag,
                              wanted.is_read_by_haproxy};
    if (wanted.on_disk) {
        input.brought = std::exchange(input.loaded, *wanted.on_disk);
        input.to_come = wanted.config;
    }
    auto found = base::run_to_end(apply::preview(channel.target().address, std::move(input)));
    if (!found)
        return found.error();
    // What no kind of live objects claims needs a reload.
    const auto changes = live::compare(
        plan::without_slots(haproxy::without_missing_backends(wanted.file.config, found->backends)),
        plan::without_slots(wanted.config));
    found->plan.obstacles.add(changes.lines);
    if (wanted.owed.is_owed)
        hold_back_doubtful(found->plan);
    if (keeper_of(wanted.file) == Keeper::none)
        std::ranges::move(std::exchange(found->leaving, {}),
                          std::back_inserter(found->plan.waiting));
    return found;
}

Json to_json(const apply::Preview& preview) {
    const plan::Plan& plan = preview.plan;
    Json json;
    json["in_step"] = is_in_step(plan);
    json["actions"] = Json::array();
    for (const plan::Step& step : plan.steps)
        json["actions"].push_back(step_json(step));
    json["reload"] = in_words(plan.obstacles);
    json["problems"] = in_words(plan.problems);
    for (std::string& doubt : in_words(plan.doubts))
        json["problems"].push_back(std::move(doubt));
    json["waiting"] = in_words(plan.waiting);
    json["leaving"] = in_words(preview.leaving);
    json["unknown"] = in_words(preview.unknown);
    return json;
}

Json to_json(const OwedReload& owed, apply::FollowNote::Time now) {
    if (!owed.is_owed)
        return nullptr;
    Json json;
    json["why"] = owed.why;
    json["next_try_ms"] = owed.next_try ? Json(owed.next_try->time_since_epoch().count()) : Json();
    json["text"] = owed.in_words(now);
    return json;
}

std::vector<base::Flag> diff_flags(Options& options) {
    auto flags = wanted_flags(options);
    flags.push_back(keeper_flag(options));
    flags.push_back(base::switch_flag(
        "commands", "print runtime commands that would remove the difference", options.commands));
    return flags;
}

namespace {

/// HAProxy, what is wanted of it, and how it differs, all of one moment.
struct Compared {
    Wanted wanted;
    std::optional<KeeperTold> told;
    apply::Preview preview;
    bool is_settled = true; ///< else hitlessd changes HAProxy all the time, and nothing is compared
};

/// A change of hitlessd between two looks would be planned back.
Result<Compared> compare_now(Context& context, Channel& channel, const haproxy::Info& process) {
    constexpr int most_tries = 5;
    for (int tries = 1;; ++tries) {
        auto wanted = find_wanted(context.options, process);
        if (!wanted)
            return wanted.error();
        auto told = ask_keeper(context.options, wanted->file.path);
        if (told && *told)
            take_told(*wanted, **told);
        auto found = preview(channel, *wanted);
        if (!found)
            return found.error();
        const bool is_settled = !has_moved_on(*wanted);
        if (!is_settled && tries < most_tries)
            continue;
        if (!told)
            context.complain(told.error().message);
        return Compared{std::move(*wanted), told ? std::move(*told) : std::nullopt,
                        is_settled ? std::move(*found) : apply::Preview(), is_settled};
    }
}

} // namespace

ExitCode show_difference(Context& context) {
    const auto channel = context.channel();
    if (!channel)
        return failed;
    const auto info = channel->info();
    if (!info) {
        complain_of_keeper(context);
        return context.complain(info.error().message, unreachable);
    }
    const auto compared = compare_now(context, *channel, *info);
    if (!compared)
        return context.complain(compared.error().message);
    const auto& [wanted, told, found, is_settled] = *compared;
    Hindrances hindrances = hindrances_of(wanted, told, info->pid);
    hindrances.is_not_known = hindrances.is_not_known || !is_settled;
    for (const auto& [frontend, state] : find_stopped_frontends(*channel, &wanted.file.config)) {
        std::string text = live::about_stopped(frontend, state);
        if (!hindrances.is_trouble(text))
            hindrances.stopped.push_back(std::move(text));
    }
    const bool equal = is_in_step(found.plan) && hindrances.none();
    if (!is_settled)
        context.complain("hitlessd changes HAProxy at this moment, again and again, so that "
                         "nothing was compared; try again in a while");
    else if (const auto why = why_not_compared(wanted); why && !equal)
        context.complain(*why);
    if (wanted.from_registry && !equal && keeper_of(wanted.file) == Keeper::stopped)
        context.complain("hitlessd does not run: nobody brings HAProxy to what the keys want");
    if (context.options.commands) {
        print_commands(context, found, hindrances);
    } else if (context.options.json) {
        Json json = to_json(found);
        json["in_step"] = equal;
        json["troubles"] = hindrances.troubles;
        json["stopped"] = hindrances.stopped;
        json["held"] = hindrances.held;
        json["left_out"] = hindrances.left_out;
        json["owed_reload"] = to_json(hindrances.owed, hindrances.now);
        json["file_follows"] = hindrances.file.empty() ? Json() : Json(hindrances.file);
        json["queued"] = hindrances.is_told ? Json(hindrances.queued) : Json();
        json["waits"] = hindrances.is_told ? Json(hindrances.waiting) : Json();
        context.out << json_text(json);
    } else if (!equal || !hindrances.file.empty() || !found.leaving.empty() ||
               !found.unknown.empty() || context.options.csv) {
        context.print(to_table(found, hindrances));
    }
    return equal ? done : differs;
}

} // namespace hitless::ctl
