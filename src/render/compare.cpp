#include "hitless/render/compare.hpp"

#include "hitless/apply/live_note.hpp"
#include "hitless/apply/preview.hpp"
#include "hitless/apply/reload.hpp"
#include "hitless/base/file.hpp"
#include "hitless/base/secrets.hpp"
#include "hitless/haproxy/certificate.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/environment.hpp"
#include "hitless/live/kind.hpp"
#include "hitless/plan/difference.hpp"
#include "hitless/plan/server_index.hpp"
#include "hitless/plan/slots.hpp"

#include "base/run_to_end.hpp"
#include "render/program.hpp"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>

namespace hitless::render {
namespace {

using nlohmann::json;

json step_json(const plan::Step& step) {
    json told = {{"action", plan::verb(step.phase)},
                 {"change", step.detail},
                 {"commands", haproxy::lines_of(step.commands)}};
    if (step.object.kind == plan::ObjectId::Kind::server) {
        told["backend"] = step.object.scope;
        told["server"] = step.object.name;
    } else {
        told["object"] = to_string(step.object);
    }
    return told;
}

json plan_json(const apply::Preview& preview) {
    const plan::Plan& plan = preview.plan;
    auto waiting = in_words(plan.waiting);
    auto problems = in_words(plan.problems);
    std::ranges::move(in_words(plan.doubts), std::back_inserter(problems));
    std::ranges::move(in_words(preview.leaving), std::back_inserter(waiting));
    json steps = json::array();
    for (const plan::Step& step : plan.steps)
        steps.push_back(step_json(step));
    return {{"plan",
             {{"actions", std::move(steps)},
              {"reload", in_words(plan.obstacles)},
              {"problems", std::move(problems)},
              {"waiting", std::move(waiting)}}}};
}

/// What brings the HAProxy that runs with `before` to what is wanted.
Result<apply::Preview> ask(const haproxy::Config& before, const haproxy::Config& after,
                           const live::Files& files) {
    const auto sockets = haproxy::find_admin_sockets(before, haproxy::own_environment());
    if (sockets.addresses.empty() && !sockets.missing.empty())
        return fail("dest names its stats socket by an environment variable that is not set here "
                    "({}): set it as HAProxy has it",
                    fmt::join(sockets.missing, ", "));
    if (sockets.addresses.empty())
        return fail("dest has no stats socket that may change servers");
    return base::run_to_end(apply::preview(sockets.addresses.front(), {before, after, files}));
}

/// What hitlessd would tell the HAProxy that runs with `before`.
json describe_plan(const haproxy::Config& before, const haproxy::Config& after) {
    const auto preview = ask(before, after, {});
    return preview ? plan_json(*preview) : json{{"no_plan", preview.error().message}};
}

/// Why dest may not say what HAProxy runs, by the notes that hitlessd has left beside it.
json why_uncertain(const std::string& dest) {
    json why = json::array();
    if (apply::LiveNote(dest).is_set())
        why.push_back("hitlessd has changed HAProxy live, and dest may not say so yet");
    if (apply::ReloadNote(dest).is_set())
        why.push_back("HAProxy is owed a reload, so that it may not run all that dest says");
    return why;
}

/// The file with that text, as the configuration at `config_file` uses it.
live::Files files_of(const confd::Resource& file, const std::string& text,
                     const haproxy::Config& config, const std::string& config_file) {
    live::Files files;
    for (const haproxy::FileUse& use :
         haproxy::file_uses(config.text(), haproxy::own_environment(), config_file)) {
        if (!live::object_kind(use.kind) || !haproxy::names_file(use, file.dest))
            continue;
        if (const auto content = live::read_file(use.kind, text))
            add(files, use, *content);
    }
    return files;
}

/// What hitlessd would tell the HAProxy whose configuration uses the file.
json describe_file(const confd::Resource& file, const std::string& wanted,
                   std::span<const confd::Resource> all) {
    for (const confd::Resource& other : all) {
        const auto text = other.dest == file.dest ? Result<std::optional<std::string>>(std::nullopt)
                                                  : base::read_if_present(other.dest);
        if (!file.live || !text || !*text || !haproxy::looks_like_haproxy(**text))
            continue;
        const auto config = haproxy::Config::parse(**text);
        const live::Files files =
            config ? files_of(file, wanted, *config, other.dest) : live::Files();
        if (files.empty())
            continue;
        const auto preview = ask(*config, *config, files);
        if (!preview)
            return {{"no_plan", preview.error().message}};
        apply::Preview own; // without what else differs
        for (const plan::Step& step : preview->plan.steps) {
            if (files.contains(step.object))
                own.plan.steps.push_back(step);
        }
        for (const auto& [object, unused] : files)
            own.plan.obstacles.add(preview->plan.obstacles.of(object));
        return plan_json(own);
    }
    return json::object();
}

json describe(const haproxy::Config& before, const haproxy::Config& after) {
    const auto difference = plan::compare(plan::without_slots(before), after);
    json servers = {
        {"added", json::object()}, {"removed", json::object()}, {"changed", json::object()}};
    const plan::ServerIndex old_servers(before, difference.servers.size());
    const plan::ServerIndex new_servers(after, difference.servers.size());
    for (const auto& change : difference.servers) {
        const char* const what = !old_servers.has(change)   ? "added"
                                 : !new_servers.has(change) ? "removed"
                                                            : "changed";
        servers[what][change.backend].push_back(change.server);
    }
    constexpr std::size_t most_reasons = 100;
    plan::Obstacles obstacles;
    const live::Changes all = live::claim(before, after, difference);
    obstacles.add(all.lines);
    json others = json::array(); // that commands can change
    for (const plan::ObjectId& object : all.objects) {
        if (object.kind != plan::ObjectId::Kind::server)
            others.push_back(to_string(object));
    }
    json changes = {{"servers", std::move(servers)},
                    {"others", std::move(others)},
                    {"reload", in_words(obstacles, most_reasons)}};
    changes.update(describe_plan(before, after));
    return changes;
}

/// Without the private keys, but with what tells two of them apart.
std::string with_marked_keys(std::string_view text) {
    std::string shown = base::without_private_keys(text);
    const auto read = haproxy::read_certificate(text);
    if (const auto* const certificate = std::get_if<haproxy::Certificate>(&read)) {
        const std::size_t at = shown.find(base::left_out_key);
        if (at != std::string::npos)
            shown.replace(at, base::left_out_key.size(),
                          fmt::format("\n{}; SHA-256 of the whole: {}\n", base::left_out_key,
                                      certificate->digest));
    }
    return shown;
}

} // namespace

Result<std::string> unified_difference(const std::string& file, std::string_view wanted,
                                       bool colour) {
    if (const auto regular = base::expect_regular(file); !regular)
        return regular.error();
    const auto present = base::read_if_present(file);
    if (!present)
        return present.error();
    const std::string text = present->value_or(std::string());
    const std::string before = present->has_value() ? file : "/dev/null";
    const bool is_secret = base::has_private_key(text) || base::has_private_key(wanted);
    std::optional<base::StagedFile> shown; // without the keys
    if (present->has_value() && is_secret) {
        auto staged = base::StagedFile::create(std::filesystem::temp_directory_path().string() +
                                                   "/hitless-render.pem",
                                               with_marked_keys(text), {0600, {}, {}});
        if (!staged)
            return staged.error();
        shown = std::move(*staged);
    }
    auto ended =
        run_program({"diff", "-u", colour ? "--color=always" : "--color=never", "--label", before,
                     "--label", file + " (rendered)", "--", shown ? shown->path() : before, "-"},
                    is_secret ? with_marked_keys(wanted) : std::string(wanted));
    if (!ended)
        return ended.error();
    // 1: they differ; more is trouble.
    if (ended->code > 1)
        return fail("can't compare {} with what was rendered: {}", file, ended->output);
    return std::move(ended->output);
}

Result<json> describe_changes(const confd::Resource& resource, const std::string& wanted,
                              std::span<const confd::Resource> all) {
    const bool exists = std::filesystem::exists(resource.dest);
    const auto present = exists ? base::read_file(resource.dest) : Result<std::string>("");
    if (!present)
        return present.error();
    json changes = {{"resource", resource.file},
                    {"dest", resource.dest},
                    {"in_sync", exists && *present == wanted}};
    if (!haproxy::looks_like_haproxy(wanted)) {
        changes.update(describe_file(resource, wanted, all));
        return changes;
    }
    const auto after = haproxy::Config::parse(wanted);
    if (!after)
        return fail("{}: what was rendered is no configuration of HAProxy: {}", resource.src,
                    after.error().message);
    const auto before = haproxy::Config::parse(*present);
    if (!exists || !before || !haproxy::looks_like_haproxy(*present))
        changes["reload"] = json::array(
            {exists ? "dest holds no configuration of HAProxy yet" : "dest does not exist yet"});
    else
        changes.update(describe(*before, plan::without_slots(*after)));
    if (json why = why_uncertain(resource.dest); !why.empty()) {
        changes["uncertain"] = why;
        for (const json& one : why)
            spdlog::warn("what runs is compared by {}, though {}; `hitlessctl diff` knows more",
                         resource.dest, one.get_ref<const std::string&>());
    }
    return changes;
}

} // namespace hitless::render
