#include "ctl/managed.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/keys/keys_file.hpp"

#include "ctl/preview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sys/stat.h>
#include <utility>

namespace hitless::ctl {

namespace {

bool is_there(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0;
}

/// hitlessd would have something to do for the server now. True where that can't be told.
bool would_be_undone(const Result<apply::Preview>& found, const Name& server) {
    return !found || std::ranges::any_of(found->plan.steps, [&](const plan::Step& step) {
        return step.object.scope == server.first &&
               (step.running_name() == server.second ||
                plan::stood_in_for(step.object.name) == server.second);
    });
}

/// The server of the file in whose place this one is, as a spare one or as a stand-in; itself where
/// there is none.
Name served_by(const Result<apply::Preview>& found, const Name& server) {
    if (const std::string_view original = plan::stood_in_for(server.second); !original.empty())
        return {server.first, std::string(original)};
    if (found) {
        for (const plan::Step& step : found->plan.steps) {
            if (step.object.kind == plan::ObjectId::Kind::server &&
                step.object.scope == server.first && step.server().slot == server.second)
                return {server.first, step.object.name};
        }
    }
    return server;
}

/// "key /a/b, which is 'c'", with `more` after the key; `otherwise` where that isn't known.
std::string named(const Wanted& wanted, const std::optional<std::string>& key,
                  std::string_view otherwise, std::string_view more = {}) {
    if (!key)
        return fmt::format("{}{}", otherwise, more);
    const std::string* const value = wanted.keys.find(*key);
    return fmt::format("key {}{}{}", base::printable(*key), more,
                       value != nullptr ? fmt::format(", which is '{}'", base::printable(*value))
                                        : "");
}

std::optional<std::string> key_of(const Wanted& wanted, const Name& server) {
    const haproxy::ServerLine* const line = wanted.config.find_server(server.first, server.second);
    return line != nullptr ? key_of_line(wanted, wanted.config, *line) : std::nullopt;
}

/// The key that a line has the words "weight 0" from.
std::optional<std::string> source_of_no_weight(const apply::OriginLine& line) {
    constexpr std::string_view kind = "key ";
    std::optional<std::string> key;
    for (const apply::OriginPiece& piece : line.pieces) {
        if (!piece.source.starts_with(kind))
            continue;
        const bool has_both =
            fmt::format(" {} ", piece.text).find(" weight 0 ") != std::string::npos;
        if (has_both || base::trim(piece.text) == "0")
            key = piece.source.substr(kind.size());
        if (has_both)
            break;
    }
    return key;
}

/// Instead of a change by hand that will be undone.
std::string what_to_do(const Wanted& wanted, const Name& server, bool can_hold) {
    const auto& [backend, name] = server;
    if (wanted.config.find_server(backend, name) == nullptr) {
        const bool is_spoilt = std::ranges::any_of(
            wanted.spoilt, [&](const auto& spoilt) { return may_be_of(*spoilt, server); });
        return fmt::format("{}/{} {}", base::printable(backend), base::printable(name),
                           is_spoilt ? "has a key with a bad value, and is taken out; mend its key"
                                     : "has no key now, and is taken out; to keep it, write its "
                                       "key");
    }
    return fmt::format("{}change {}", can_hold ? "hold it with -for TIME, or " : "",
                       named(wanted, key_of(wanted, server), "the server's key", " instead"));
}

} // namespace

Keeper keeper_of(const std::string& file) {
    const std::string note = confd::note_path(file);
    const auto note_held = base::is_held(note);
    const std::string follow = apply::follow_path(file);
    const auto follow_held = base::is_held(follow);
    const auto status_held = base::is_held(apply::status_path(file));
    for (const auto* const held : {&note_held, &follow_held, &status_held}) {
        if (*held && **held)
            return Keeper::hitlessd;
    }
    // Only its owner may look at the status; everybody may look at the others.
    if (!note_held || !follow_held || (!status_held && !is_there(follow)))
        return Keeper::unknown;
    if (!confd::expect_note_of_same_build(file)) // another build may lock it otherwise
        return Keeper::unknown;
    return is_there(note) || is_there(follow) ||
                   is_there(base::companion_path(file, keys::dump_suffix))
               ? Keeper::stopped
               : Keeper::none;
}

Keeper keeper_of(const ConfigFile& file) {
    return keeper_of(file.path);
}

apply::LivePlaces noted_places(const ConfigFile& file, const haproxy::Info& process) {
    if (keeper_of(file) == Keeper::none)
        return {};
    auto places = apply::LiveNote(file.path).places(process);
    return places ? std::move(*places) : apply::LivePlaces();
}

void remind_of_manager(const Context& context, Channel& channel, const Name& server,
                       bool can_hold) {
    const auto info = channel.info();
    if (!info)
        return;
    const auto wanted = find_wanted(context.options, *info);
    const Keeper keeper = wanted ? keeper_of(wanted->file) : Keeper::none;
    if (keeper == Keeper::none)
        return;
    const auto found = preview(channel, *wanted);
    if (!would_be_undone(found, server))
        return;
    const Name served = served_by(found, server);
    const std::string place = served == server
                                  ? std::string()
                                  : fmt::format("; {0}/{1} is in the place of {0}/{2}",
                                                server.first, server.second, served.second);
    context.complain(fmt::format(
        "hitlessd keeps {} in step with its keys{}: it {} undo this {}{}; {}", wanted->file.path,
        keeper == Keeper::stopped ? ", but does not run now" : "", found ? "will" : "may",
        keeper == Keeper::stopped    ? "when it is started"
        : keeper == Keeper::hitlessd ? "within its -resync time"
                                     : "within its -resync time, if it runs",
        place, what_to_do(*wanted, served, can_hold)));
}

std::string key_of_server(const Wanted& wanted, const Name& server) {
    return named(wanted, key_of(wanted, server), "the server's key");
}

std::string key_of_no_weight(const Wanted& wanted, const Name& server) {
    const haproxy::ServerLine* const line = wanted.config.find_server(server.first, server.second);
    const apply::OriginLine* const origin =
        line != nullptr ? find_origin(wanted, wanted.config, *line) : nullptr;
    const auto key = origin != nullptr ? source_of_no_weight(*origin) : std::nullopt;
    return named(wanted, key, "the key that its weight comes from");
}

bool may_be_of(const apply::Spoilt& spoilt, const Name& server) {
    return spoilt.server.empty() ? spoilt.source.ends_with("/" + server.second)
                                 : spoilt.backend == server.first && spoilt.server == server.second;
}

std::optional<std::string> about_newer_template(const confd::ResourceNote& note,
                                                const confd::Resource& resource) {
    if (note.template_read.empty() || confd::state_of_file(resource.src) == note.template_read)
        return std::nullopt;
    return fmt::format("the template {} was changed since hitlessd read it: hitlessd goes on with "
                       "what it has read, until SIGHUP (systemctl reload hitlessd) has it read its "
                       "files again",
                       resource.src);
}

Result<KeptKeys> read_kept_keys(const std::string& file) {
    KeptKeys kept{base::companion_path(file, keys::dump_suffix), {}};
    const auto text = base::read_file(kept.path);
    if (!text)
        return text.error();
    auto entries = keys::parse_keys(*text, kept.path);
    if (!entries)
        return entries.error();
    kept.entries = std::move(*entries);
    return kept;
}

} // namespace hitless::ctl
