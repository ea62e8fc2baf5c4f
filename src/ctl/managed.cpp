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
bool would_be_undone(const Channel& channel, const Wanted& wanted, const Name& server) {
    const auto plan = preview(channel, wanted);
    return !plan || std::ranges::any_of(plan->actions, [&](const plan::Action& action) {
        return action.backend == server.first &&
               (action.running_name() == server.second ||
                plan::stood_in_for(action.server) == server.second);
    });
}

} // namespace

Keeper keeper_of(const ConfigFile& file) {
    const std::string note = confd::note_path(file.path);
    if (base::is_held(note) || base::is_held(apply::status_path(file.path)))
        return Keeper::hitlessd;
    return is_there(note) || is_there(base::companion_path(file.path, keys::dump_suffix))
               ? Keeper::stopped
               : Keeper::none;
}

void remind_of_manager(const Context& context, Channel& channel, const Name& server,
                       bool can_hold) {
    const auto info = channel.info();
    if (!info)
        return;
    const auto wanted = find_wanted(context.options, info->pid);
    const Keeper keeper = wanted ? keeper_of(wanted->file) : Keeper::none;
    if (keeper == Keeper::none || !would_be_undone(channel, *wanted, server))
        return;
    context.complain(fmt::format(
        "hitlessd keeps {} in step with its keys{}: it will undo this {}; {}{}", wanted->file.path,
        keeper == Keeper::stopped ? ", but does not run now" : "",
        keeper == Keeper::stopped ? "when it is started" : "within its -resync time",
        can_hold ? "hold it with -for TIME, or " : "", what_to_change(*wanted, server)));
}

std::string what_to_change(const Wanted& wanted, const Name& server) {
    const haproxy::Section* const section = wanted.config.find_backend(server.first);
    const haproxy::ServerLine* const line =
        section != nullptr ? section->find_server(server.second) : nullptr;
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
