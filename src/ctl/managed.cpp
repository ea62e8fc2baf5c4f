#include "ctl/managed.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/keys/keys_file.hpp"

#include "ctl/preview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace hitless::ctl {

namespace {

bool is_there(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0;
}

/// hitlessd would have something to do for the server now. True where that can't be told.
bool would_be_undone(const Result<plan::Plan>& plan, const Name& server) {
    return !plan || std::ranges::any_of(plan->actions, [&](const plan::Action& action) {
        return action.backend == server.first &&
               (action.running_name() == server.second ||
                plan::stood_in_for(action.server) == server.second);
    });
}

/// The server of the file in whose place this one is, as a spare one or as a stand-in; itself where
/// there is none.
Name served_by(const Result<plan::Plan>& plan, const Name& server) {
    if (const std::string_view original = plan::stood_in_for(server.second); !original.empty())
        return {server.first, std::string(original)};
    if (plan) {
        for (const plan::Action& action : plan->actions) {
            if (action.backend == server.first && action.slot == server.second)
                return {server.first, action.server};
        }
    }
    return server;
}

} // namespace

Keeper keeper_of(const ConfigFile& file) {
    const std::string note = confd::note_path(file.path);
    const auto note_held = base::is_held(note);
    const auto status_held = base::is_held(apply::status_path(file.path));
    if ((note_held && *note_held) || (status_held && *status_held))
        return Keeper::hitlessd;
    if (!note_held || !status_held)
        return Keeper::unknown;
    return is_there(note) || is_there(base::companion_path(file.path, keys::dump_suffix))
               ? Keeper::stopped
               : Keeper::none;
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
    const auto plan = preview(channel, *wanted);
    if (!would_be_undone(plan, server))
        return;
    const Name served = served_by(plan, server);
    const std::string place = served == server
                                  ? std::string()
                                  : fmt::format("; {0}/{1} is in the place of {0}/{2}",
                                                server.first, server.second, served.second);
    context.complain(fmt::format(
        "hitlessd keeps {} in step with its keys{}: it will undo this {}{}; {}{}",
        wanted->file.path, keeper == Keeper::stopped ? ", but does not run now" : "",
        keeper == Keeper::stopped    ? "when it is started"
        : keeper == Keeper::hitlessd ? "within its -resync time"
                                     : "within its -resync time, if it runs",
        place, can_hold ? "hold it with -for TIME, or " : "", what_to_change(*wanted, served)));
}

std::string what_to_change(const Wanted& wanted, const Name& server) {
    const haproxy::ServerLine* const line = wanted.config.find_server(server.first, server.second);
    const auto key = line != nullptr ? key_of_line(wanted, line->text) : std::nullopt;
    if (!key)
        return "change the server's key instead";
    const std::string* const value = wanted.keys.find(*key);
    return fmt::format("change key {} instead{}", base::printable(*key),
                       value != nullptr ? fmt::format(", which is '{}'", base::printable(*value))
                                        : "");
}

std::optional<KeptKeys> read_kept_keys(const ConfigFile& file) {
    KeptKeys kept{base::companion_path(file.path, keys::dump_suffix), {}};
    const auto text = base::read_file(kept.path);
    if (!text)
        return std::nullopt;
    auto entries = keys::parse_keys(*text, kept.path);
    if (!entries)
        return std::nullopt;
    kept.entries = std::move(*entries);
    return kept;
}

} // namespace hitless::ctl
