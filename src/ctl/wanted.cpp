#include "ctl/wanted.hpp"

#include "hitless/apply/live_note.hpp"
#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/confd/settings.hpp"

#include "confd/options.hpp"
#include "ctl/managed.hpp"
#include "render/rendering.hpp"
#include "render/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace hitless::ctl {
namespace {

namespace fs = std::filesystem;

/// confd's flags that say how it runs, not where things are.
constexpr std::array of_running = {"interval", "keep-stage-file", "log-format", "log-level",
                                   "noop",     "onetime",         "sync-only",  "watch"};

/// The resource that the flag names, or whose dest is the file, or the only one.
Result<confd::Resource> choose(const confd::Settings& settings, const std::string& name,
                               const std::string& file) {
    auto resources = confd::load_resources(settings.confdir, settings.prefix);
    std::error_code ignored;
    for (const confd::Resource& resource : resources.loaded) {
        if (name.empty() ? fs::equivalent(resource.dest, file, ignored) : resource.is_named(name))
            return resource;
    }
    if (!resources.errors.empty())
        return resources.errors.front();
    if (!name.empty())
        return fail("there is no template resource '{}' in {}/conf.d", base::printable(name),
                    settings.confdir);
    return fail("no template resource in {}/conf.d has the dest {}; name one with --resource",
                settings.confdir, file);
}

using LeftOut = std::vector<apply::SpoiltPtr>;

/// What hitlessd leaves out of these lines though nothing is wrong with it here: check_cmd, which
/// isn't run here, has refused it. Only where the value is still the one that was refused.
std::map<int, std::string> lines_left_out(const LeftOut& left_out, const Wanted& wanted) {
    std::map<int, std::string> lines;
    for (const apply::SpoiltPtr& one : left_out) {
        const auto is_blamed = [&](const apply::OriginPiece& piece) {
            return piece.source == one->source && one->message.starts_with(piece.described);
        };
        for (const apply::OriginLine& line : wanted.origins) {
            const bool is_meant =
                one->server.empty() ||
                base::trim(line.text).starts_with(fmt::format("server {} ", one->server));
            if (is_meant && std::ranges::any_of(line.pieces, is_blamed))
                lines.emplace(line.number, one->message);
        }
    }
    return lines;
}

/// Renders the resource with the keys, without what hitlessd leaves out.
Result<void> render_into(Wanted& wanted, bool strict, const LeftOut& left_out = {}) {
    const confd::Resource& resource = *wanted.resource;
    auto renderer = render::ResourceRenderer::load(resource, wanted.keys, strict);
    if (!renderer)
        return renderer.error();
    auto rendered = (*renderer)->render();
    if (!rendered)
        return rendered.error();
    const auto find_origins = [&] {
        wanted.origins = apply::origins_of(rendered->text, *rendered->known,
                                           (*renderer)->renderer(), (*renderer)->rules());
    };
    find_origins();
    if (const auto lines = lines_left_out(left_out, wanted);
        !lines.empty() && (*renderer)->leave_out(rendered->text, lines)) {
        rendered = (*renderer)->render();
        if (!rendered)
            return rendered.error();
        find_origins();
        std::erase_if(rendered->spoilt, [&](const apply::SpoiltPtr& one) { // told by hitlessd
            return std::ranges::any_of(left_out, [&](const apply::SpoiltPtr& known) {
                return known->source == one->source && known->what == one->what;
            });
        });
    }
    wanted.spoilt = std::move(rendered->spoilt);
    wanted.template_name = (*renderer)->renderer().name();
    auto config = haproxy::Config::parse(std::move(rendered->text));
    if (!config)
        return fail("{} renders no configuration of HAProxy: {}", resource.src,
                    config.error().message);
    wanted.config = std::move(*config);
    return {};
}

/// What to do when the registry can't be read, behind what is wrong.
std::string hint(const confd::Resource& resource, std::string_view wrong) {
    const std::string kept = render::kept_keys_of(std::vector<confd::Resource>(1, resource));
    return kept.empty() ? std::string()
                        : fmt::format("{} Without -confdir and the other flags of confd, the last "
                                      "keys that hitlessd has read are taken, from {}",
                                      wrong.ends_with('?') ? "" : ".", kept);
}

Result<Wanted> render(const Options& options, ConfigFile file) {
    const confd::Program program{"hitlessctl", "", "", "", {}};
    const confd::CommandLine line = confd::read_command_line(options.confd, program);
    if (line.action != confd::CommandLine::Action::run)
        return fail("{}", line.text.substr(0, line.text.find('\n')));
    auto resource = choose(line.settings, options.resource, file.path);
    if (!resource)
        return resource.error();
    auto keys = render::read_keys(line.settings, render::Options(),
                                  std::vector<confd::Resource>(1, *resource));
    if (!keys)
        return fail("{}{}", keys.error().message, hint(*resource, keys.error().message));
    Wanted wanted{std::move(file), {}, *resource, std::move(*keys), "the registry"};
    wanted.from_registry = true;
    const auto status = apply::read_status(wanted.file.path);
    const LeftOut left_out = status ? status->left_out : LeftOut();
    if (auto rendered = render_into(wanted, line.settings.strict, left_out); !rendered)
        return rendered.error();
    return wanted;
}

/// With the keys that hitlessd keeps beside the file, and the template that its note names.
Wanted from_kept(ConfigFile file) {
    Wanted wanted{file, file.config, {}, {}, {}};
    const auto kept = read_kept_keys(file.path);
    if (!kept) {
        wanted.no_origins = fmt::format(
            "hitlessd keeps no keys beside {}, or they can't be read; flags of confd name others",
            file.path);
        return wanted;
    }
    wanted.keys.replace("/", kept->entries);
    wanted.keys_from = kept->path;
    const auto note = confd::read_note(file.path);
    auto resource = note ? confd::load_resource(note->confdir, note->file, note->prefix)
                         : Result<confd::Resource>(note.error());
    if (!resource) {
        wanted.no_origins = fmt::format("its template isn't known: {}", resource.error().message);
        return wanted;
    }
    wanted.resource = std::move(*resource);
    if (const auto rendered = render_into(wanted, note->strict); !rendered) {
        wanted.no_origins = rendered.error().message;
        const auto newer = about_newer_template(*note, *wanted.resource);
        wanted.status.troubles.push_back(
            {std::string(newer ? apply::confdir_trouble : apply::keys_trouble),
             newer ? fmt::format("{}. As it is now, it can't be rendered: {}", *newer,
                                 rendered.error().message)
                   : rendered.error().message});
    } else {
        wanted.made = std::move(wanted.config);
    }
    wanted.config = file.config; // hitlessd may hold something, and has spare servers in it
    return wanted;
}

Stamp stamp_of(const std::string& dest) {
    return {confd::state_of_file(dest), confd::state_of_file(base::companion_path(dest, "live"))};
}

/// What hitlessd has to write does not come soon: check_cmd refuses it, or a reload with it fails.
bool is_kept_back(const std::string& file) {
    const auto follow = apply::read_follow(file);
    return follow && *follow &&
           std::ranges::find((*follow)->trouble_with, apply::file_trouble) !=
               (*follow)->trouble_with.end();
}

/// The configuration file of HAProxy. While hitlessd checks and writes it, HAProxy is already what
/// it will say: that is waited for.
Result<ConfigFile> find_settled_config(const Options& options, const haproxy::Info& process,
                                       Stamp& stamp) {
    using Clock = std::chrono::steady_clock;
    constexpr auto between_looks = std::chrono::milliseconds(10);
    auto file = find_config(options, process.pid);
    if (!file)
        return file;
    stamp = stamp_of(file->path);
    if (keeper_of(*file) != Keeper::hitlessd || is_kept_back(file->path))
        return file;
    const apply::LiveNote live(file->path);
    const auto limit = Clock::now() + std::chrono::seconds(1);
    for (auto newer = live.is_newer_than_dest(process); (!newer || *newer) && Clock::now() < limit;
         newer = live.is_newer_than_dest(process))
        std::this_thread::sleep_for(between_looks);
    // Read again also where nothing was waited for: it may have been written since the first time.
    stamp = stamp_of(file->path);
    return find_config(options, process.pid);
}

/// What a hitlessd that doesn't run any more can't say itself.
void add_stopped(Wanted& wanted) {
    if (keeper_of(wanted.file) != Keeper::stopped)
        return;
    // It may run, and read the confdir without this resource.
    const auto note = confd::read_note(wanted.file.path);
    const auto resource = note ? confd::load_resource(note->confdir, note->file, note->prefix)
                               : Result<confd::Resource>(confd::Resource());
    const std::string why = resource ? std::string()
                                     : fmt::format(", or can't use the template resource: {}",
                                                   resource.error().message);
    wanted.status.troubles.push_back(
        {std::string(apply::keys_trouble),
         fmt::format("hitlessd does not run{}; changes of keys since it ended are not in {}", why,
                     wanted.file.path)});
}

/// That hitlessd, which runs or ended before it could write the file, has brought HAProxy further.
void add_lag(Wanted& wanted, const haproxy::Info& process) {
    auto& troubles = wanted.status.troubles;
    const auto newer = apply::LiveNote(wanted.file.path).is_newer_than_dest(process);
    if (!newer) {
        troubles.push_back(
            {std::string(apply::file_trouble),
             fmt::format("hitlessd may have changed servers of HAProxy, and {} may not say so yet: "
                         "{}",
                         wanted.file.path, newer.error().message)});
        return;
    }
    if (!*newer || wanted.status.has_trouble_with(apply::file_trouble))
        return;
    ComingFile coming = find_coming(wanted.file.path);
    if (keeper_of(wanted.file) == Keeper::hitlessd && (coming.is_checked || troubles.empty())) {
        if (coming.config) {
            wanted.on_disk = std::move(wanted.file.config);
            wanted.file.config = wanted.config = *coming.config;
        }
        wanted.coming = std::move(coming);
        return;
    }
    troubles.push_back({std::string(apply::file_trouble),
                        fmt::format("hitlessd has changed servers of HAProxy, and {} does not say "
                                    "so yet",
                                    wanted.file.path)});
}

/// The same where HAProxy is compared with the registry. The file is older than `wanted` has it
/// where it was read before hitlessd wrote it.
Result<void> add_doubt(Wanted& wanted, const Options& options, const haproxy::Info& process) {
    const apply::LiveNote live(wanted.file.path);
    const auto newer = live.is_newer_than_dest(process);
    if (!newer)
        return newer.error();
    if (!*newer) {
        auto file = find_config(options, process.pid);
        if (!file)
            return file.error();
        wanted.file = std::move(*file);
        return {};
    }
    ComingFile coming = find_coming(wanted.file.path);
    const bool runs = keeper_of(wanted.file) == Keeper::hitlessd;
    if (runs && coming.config) {
        wanted.brought = std::move(*coming.config);
    } else {
        auto noted = live.read(process);
        if (!noted)
            return noted.error();
        wanted.in_doubt = std::move(*noted);
    }
    // By check_cmd, or by a reload that fails: no other file is due.
    const bool is_in_trouble = wanted.status.has_trouble_with(apply::file_trouble);
    if (runs && (coming.is_checked || !is_in_trouble))
        wanted.coming = std::move(coming);
    return {};
}

/// Why nobody can tell whether hitlessd follows the keys, which must not look as if it did; empty:
/// it can be told.
std::string why_no_status(const ConfigFile& file, const Result<apply::StatusNote>& status) {
    std::string why;
    if (!status)
        why = status.error().message;
    else if (keeper_of(file) != Keeper::unknown)
        return {};
    else if (const auto held = base::is_held(confd::note_path(file.path)); !held)
        why = held.error().message;
    else if (const auto same = confd::expect_note_of_same_build(file.path); !same)
        return fmt::format("it isn't known whether hitlessd follows the keys: {}",
                           same.error().message);
    const char* const what_to_do =
        ::geteuid() == 0 ? "" : "; run hitlessctl as root, or as the user whom hitlessd runs as";
    return fmt::format("it isn't known whether hitlessd follows the keys: {}{}", why, what_to_do);
}

} // namespace

void add_left_out(Wanted& wanted, const std::vector<apply::SpoiltPtr>& left_out) {
    std::set<std::pair<std::string_view, std::string_view>> known;
    for (const apply::SpoiltPtr& one : wanted.spoilt)
        known.emplace(one->source, one->what);
    for (const apply::SpoiltPtr& one : left_out) {
        if (!known.contains({one->source, one->what}))
            wanted.spoilt.push_back(one);
    }
}

std::vector<base::Flag> wanted_flags(Options& options) {
    std::vector<base::Flag> flags;
    for (const confd::Option& option : confd::options()) {
        const bool is_shown = *option.help != '\0';
        if (!is_shown ||
            std::ranges::find(of_running, std::string_view(option.flag)) != of_running.end())
            continue;
        flags.push_back({option.flag, option.value, option.help,
                         [&options, name = option.flag](const std::string& value) {
                             options.confd.push_back(fmt::format("-{}={}", name, value));
                             return Result<void>();
                         }});
    }
    flags.push_back(base::text_flag(
        "resource", "NAME",
        "compare with this template resource (default the one whose dest is the file)",
        options.resource));
    return flags;
}

Result<Wanted> find_wanted(const Options& options, const haproxy::Info& process) {
    Stamp before;
    auto file = find_settled_config(options, process, before);
    if (!file)
        return file.error();
    const std::string dest = file->path;
    auto wanted = options.confd.empty() ? Result<Wanted>(from_kept(std::move(*file)))
                                        : render(options, std::move(*file));
    if (!wanted)
        return wanted;
    auto holds = apply::read_holds(dest, apply::ManualHold::Clock::now());
    if (!holds)
        return holds.error();
    wanted->holds = std::move(*holds);
    auto status = apply::read_status(dest);
    if (!wanted->from_registry)
        add_stopped(*wanted);
    wanted->no_status = why_no_status(wanted->file, status);
    std::vector<std::string> owed;
    if (status) {
        add_left_out(*wanted, status->left_out);
        owed = std::move(status->reload);
    }
    // What hitlessd says is told better than what was found here of the same.
    if (status && (!status->troubles.empty() || !status->held.empty()))
        wanted->status = std::move(*status);
    if (!wanted->from_registry)
        add_lag(*wanted, process);
    else if (auto known = add_doubt(*wanted, options, process); !known)
        return known.error();
    wanted->places = noted_places(wanted->file, process);
    wanted->frontend_limit_flag = frontend_limit_flag(dest, process.pid);
    wanted->is_read_by_haproxy = apply::has_read(process, dest);
    wanted->stamp = std::move(before);
    const bool in_trouble = !wanted->status.troubles.empty() || !wanted->no_status.empty();
    wanted->owed = find_owed_reload(wanted->file, process, std::move(owed), in_trouble);
    return wanted;
}

bool has_moved_on(const Wanted& wanted) {
    return stamp_of(wanted.file.path) != wanted.stamp;
}

} // namespace hitless::ctl
