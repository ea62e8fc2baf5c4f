#include "ctl/wanted.hpp"

#include "hitless/apply/live_note.hpp"
#include "hitless/apply/reload.hpp"
#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/confd/settings.hpp"

#include "confd/options.hpp"
#include "ctl/managed.hpp"
#include "render/rendering.hpp"
#include "render/source.hpp"

#include <fmt/chrono.h>
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
        wanted.status.troubles.push_back(
            {std::string(apply::keys_trouble), rendered.error().message});
    }
    wanted.config = file.config; // hitlessd may hold something, and has spare servers in it
    return wanted;
}

/// The configuration file of HAProxy. While hitlessd checks and writes it, HAProxy is already what
/// it will say: that is waited for.
Result<ConfigFile> find_settled_config(const Options& options, const haproxy::Info& process) {
    using Clock = std::chrono::steady_clock;
    constexpr auto between_looks = std::chrono::milliseconds(10);
    auto file = find_config(options, process.pid);
    if (!file || keeper_of(*file) != Keeper::hitlessd)
        return file;
    const apply::LiveNote live(file->path);
    const auto limit = Clock::now() + std::chrono::seconds(1);
    for (auto newer = live.is_newer_than_dest(process); (!newer || *newer) && Clock::now() < limit;
         newer = live.is_newer_than_dest(process))
        std::this_thread::sleep_for(between_looks);
    // Read again also where nothing was waited for: it may have been written since the first time.
    return find_config(options, process.pid);
}

/// What a hitlessd that doesn't run any more can't say itself.
void add_stopped(Wanted& wanted) {
    if (keeper_of(wanted.file) == Keeper::stopped)
        wanted.status.troubles.push_back(
            {std::string(apply::keys_trouble),
             fmt::format(
                 "hitlessd does not run, so that changes of keys since it ended are not in {}",
                 wanted.file.path)});
}

/// That hitlessd, which runs or ended before it could write the file, has brought HAProxy further.
void add_lag(Wanted& wanted, const haproxy::Info& process) {
    auto& troubles = wanted.status.troubles;
    const auto newer = apply::LiveNote(wanted.file.path).is_newer_than_dest(process);
    const auto of_file = [](const auto& trouble) { return trouble.source == apply::file_trouble; };
    if (!newer) {
        troubles.push_back(
            {std::string(apply::file_trouble),
             fmt::format("hitlessd may have changed servers of HAProxy, and {} may not say so yet: "
                         "{}",
                         wanted.file.path, newer.error().message)});
        return;
    }
    if (!*newer || std::ranges::any_of(troubles, of_file))
        return;
    ComingFile coming = find_coming(wanted.file.path);
    if (keeper_of(wanted.file) == Keeper::hitlessd && (coming.is_checked || troubles.empty())) {
        if (coming.config)
            wanted.file.config = wanted.config = *coming.config;
        wanted.coming = std::move(coming);
        return;
    }
    troubles.push_back({std::string(apply::file_trouble),
                        fmt::format("hitlessd has changed servers of HAProxy, and {} does not say "
                                    "so yet",
                                    wanted.file.path)});
}

/// The process has read the file as it is now.
bool is_started_since(const std::string& dest, const haproxy::Info& process) {
    struct stat file {};
    return ::stat(dest.c_str(), &file) == 0 && process.start_seconds > file.st_mtime;
}

/// Why a reload is owed, and when it comes.
OwedReload find_owed_reload(const ConfigFile& file, const haproxy::Info& process,
                            std::vector<std::string> told, bool is_in_trouble) {
    constexpr std::size_t most_reasons = 10;
    OwedReload owed;
    bool is_told = false;
    owed.is_in_trouble = is_in_trouble;
    const apply::ReloadNote note(file.path);
    owed.runs = keeper_of(file) == Keeper::hitlessd;
    if (const auto follow = apply::read_follow(file.path); follow && *follow) {
        owed.next_try = (*follow)->next_reload;
        owed.is_check_refused = (*follow)->is_check_refused;
        is_told = (*follow)->is_reload_owed;
    }
    owed.is_owed = owed.next_try || is_told ||
                   (note.is_set() && (owed.runs || !is_started_since(file.path, process)));
    if (owed.is_owed)
        owed.why = told.empty() ? note.reasons(most_reasons) : std::move(told);
    return owed;
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

// Servers of several backends may have the same line. So the third of them comes from the third
// line with that text; where there are more of one than of the other, nobody knows.
const apply::OriginLine* find_origin(const Wanted& wanted, const haproxy::ServerLine& line) {
    std::vector<int> numbers;
    for (const haproxy::Section& section : wanted.config.sections()) {
        for (const haproxy::ServerLine& server : section.servers) {
            if (server.text == line.text)
                numbers.push_back(server.number);
        }
    }
    std::vector<const apply::OriginLine*> origins;
    for (const apply::OriginLine& origin : wanted.origins) {
        if (base::trim(origin.text) == line.text)
            origins.push_back(&origin);
    }
    const auto own = std::ranges::find(numbers, line.number);
    if (own == numbers.end() || numbers.size() != origins.size())
        return nullptr;
    return origins[static_cast<std::size_t>(own - numbers.begin())];
}

std::optional<std::string> key_of_line(const Wanted& wanted, const haproxy::ServerLine& line) {
    const apply::OriginLine* const origin = find_origin(wanted, line);
    if (origin == nullptr)
        return std::nullopt;
    for (const apply::OriginPiece& piece : origin->pieces) {
        constexpr std::string_view kind = "key ";
        if (piece.source.starts_with(kind))
            return piece.source.substr(kind.size());
    }
    return std::nullopt;
}

std::string OwedReload::when(apply::FollowNote::Time now) const {
    if (!runs)
        return "hitlessd does not run, and reloads HAProxy when it is started";
    if (is_running)
        return "hitlessd is reloading HAProxy now";
    if (!next_try && is_check_refused)
        return "hitlessd reloads HAProxy when check_cmd accepts what the keys make";
    if (!next_try && !is_in_trouble)
        return "hitlessd checks the file, or reloads HAProxy with it, now";
    if (!next_try)
        return "hitlessd has not been able to reload HAProxy yet";
    if (*next_try <= now)
        return "hitlessd is about to reload HAProxy";
    const auto left = std::chrono::ceil<std::chrono::seconds>(*next_try - now);
    return fmt::format(
        "hitlessd reloads HAProxy at {:%H:%M:%S} UTC, in {} s",
        fmt::gmtime(std::chrono::system_clock::to_time_t(
            std::chrono::time_point_cast<std::chrono::system_clock::duration>(*next_try))),
        left.count());
}

std::vector<std::string> OwedReload::in_words(apply::FollowNote::Time now) const {
    std::vector<std::string> texts;
    for (const std::string& cause : why)
        texts.push_back(fmt::format("{}; {}", cause, when(now)));
    if (is_owed && texts.empty())
        texts.push_back(when(now));
    return texts;
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
    auto file = find_settled_config(options, process);
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
    const bool in_trouble = !wanted->status.troubles.empty() || !wanted->no_status.empty();
    wanted->owed = find_owed_reload(wanted->file, process, std::move(owed), in_trouble);
    return wanted;
}

} // namespace hitless::ctl
