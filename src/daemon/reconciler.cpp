#include "daemon/reconciler.hpp"

#include "hitless/base/file.hpp"
#include "hitless/haproxy/environment.hpp"

#include "base/spawn.hpp"
#include "daemon/guard_log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;

long seconds_since_1970() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

converge::OneConfiguration::Options machine_options(const KeptResource& kept) {
    converge::OneConfiguration::Options options;
    options.onetime = kept.onetime;
    options.files_only = kept.publishing.sync_only;
    options.slots = kept.options.slots;
    options.sockets = kept.options.haproxy_sockets;
    options.environment = haproxy::own_environment();
    options.guard.limits = {static_cast<std::size_t>(kept.options.min_servers),
                            kept.options.max_removal};
    options.guard.delay = kept.options.guard_delay;
    return options;
}

} // namespace

Reconciler::Reconciler(const asio::any_io_executor& executor, KeptResource& kept)
    : executor_(executor),
      kept_(kept),
      complaints_(kept.status, apply::keys_trouble),
      vetter_(kept.rules),
      file_keeper_(executor, kept, owner()),
      machine_(machine_options(kept), file_keeper_.owed()),
      haproxies_(executor, kept,
                 [this](const haproxy::Info& process) { return started_from(process); }),
      names_(
          executor, kept, [this](const plan::ServerId& server) { return address_of(server); },
          [this] { kept_.wake.notify(); }) {
    complaints_.remember("render", kept_.told_before);
    names_.tell_sources_by([this] { return sources_of_servers(); });
}

/// Where HAProxy has the server, or would have it if it were started now. The file may have the
/// address that an earlier run has put there in the place of the name.
std::string Reconciler::address_of(const plan::ServerId& server) const {
    const std::string running = haproxies_.address_of(server);
    const haproxy::Config* const on_disk = file_keeper_.now_on_disk();
    return running.empty() && on_disk != nullptr ? plan::written_address(*on_disk, server)
                                                 : running;
}

/// What the keeper of the file asks and tells.
FileKeeper::Owner Reconciler::owner() {
    return {[this] {
                machine_.reload_begins();
                haproxies_.note_reload_begins();
            },
            [this] { haproxies_.note_reload_failed(); },
            [this](const haproxy::Config& config) { note_reloaded(config); },
            [this] { return haproxies_.processes(); },
            [this] { return haproxies_.sockets(); },
            [this] { return haproxies_.any_answers(); },
            [this](const haproxy::Config& config) {
                machine_.about_to_write(config);
                note_untold(config);
            },
            [this](const haproxy::Config& config) {
                machine_.written(config, seconds_since_1970());
                vetter_.note_accepted();
            },
            [this](const haproxy::Config& config, const apply::Published& refused) {
                return leave_out_refused(config, refused);
            }};
}

asio::awaitable<KeeperEnd> Reconciler::run() {
    kept_.site.take_reloads(kept_.resource.dest, true);
    for (bool goes_on = true; goes_on;)
        goes_on = co_await do_step();
    complaints_.hand_over("render", kept_.told_before);
    co_return is_of_other_kind_ ? KeeperEnd::other_kind : KeeperEnd::stopped;
}

/// Tells the machine what has come in.
void Reconciler::take_in() {
    Inbox inbox = std::exchange(kept_.inbox, {});
    if (inbox.changed)
        machine_.changed(inbox.since);
    if (inbox.store_emptied)
        machine_.store_emptied();
    if (inbox.compare_all)
        machine_.compare_all();
    if (inbox.say_in_step)
        machine_.say_in_step();
    if (inbox.confirmed && machine_.holds()) {
        log_confirmed(machine_.held());
        machine_.confirm();
    }
    if (inbox.look_at_notes)
        file_keeper_.look_at_notes();
    if (inbox.name_is_lost) // HAProxy couldn't be started with the file, perhaps
        file_keeper_.check_current();
    if (kept_.stopping)
        machine_.stop();
    names_.find_addresses();
    machine_.note_unresolved(names_.servers());
    are_files_new_ = are_files_new_ || inbox.has_live_files;
    if (!files_since_)
        files_since_ = inbox.live_files_since;
    std::ranges::move(inbox.used_files, std::back_inserter(written_files_));
    std::ranges::move(inbox.deleted_keys, std::back_inserter(deleted_keys_));
}

converge::Progress Reconciler::progress() {
    if (!machine_.is_ending()) // end() asks them for their troubles
        haproxies_.forget_ended();
    converge::Progress progress;
    haproxies_.describe(progress);
    progress.on_disk = file_keeper_.on_disk();
    progress.file_idle = file_keeper_.idle();
    progress.file_is_being_written = file_keeper_.writing();
    progress.file_in_trouble = file_keeper_.in_trouble();
    progress.file_ended = file_keeper_.ended();
    progress.awaits_used_file = kept_.site.awaits_file(kept_.resource.dest);
    progress.is_registry_followed = kept_.cut_off.empty();
    progress.has_live_note =
        progress.any_haproxy && (kept_.live.is_set() || haproxies_.any_lacks_note());
    return progress;
}

/// Returns false when it is time to end.
asio::awaitable<bool> Reconciler::do_step() {
    take_in();
    const converge::Progress now_at = progress();
    const Machine::Step step = machine_.next(now_at, Clock::now());
    if (const auto* const gathers = std::get_if<Machine::Gather>(&step)) {
        co_await gather(gathers->until);
    } else if (std::holds_alternative<Machine::Render>(step)) {
        co_await render();
    } else if (const auto* const pause = std::get_if<Machine::Wait>(&step)) {
        const bool are_told = tell_files();
        kept_.status.write();
        kept_.site.tells_haproxies(kept_.resource.dest, are_told || now_at.being_told);
        if (!are_told && machine_.is_in_step(now_at))
            kept_.witness.note_in_step();
        co_await kept_.wake.wait_until(pause->until);
    } else {
        do_at_once(step);
    }
    co_return !std::holds_alternative<Machine::End>(step);
}

/// The file says all that the HAProxies run.
void Reconciler::forget_live_note() {
    kept_.live.clear();
    haproxies_.need_no_note();
}

void Reconciler::do_at_once(const Machine::Step& step) {
    if (std::holds_alternative<Machine::ReadFile>(step))
        read_file();
    else if (const auto* const told = std::get_if<Machine::TellHaproxies>(&step))
        tell_haproxies(*told);
    else if (std::holds_alternative<Machine::CompareAll>(step))
        compare_all();
    else if (const auto* const connects = std::get_if<Machine::Connect>(&step))
        connect(*connects);
    else if (const auto* const file = std::get_if<Machine::TellFile>(&step))
        tell_file(*file);
    else if (std::holds_alternative<Machine::ForgetLiveNote>(step))
        forget_live_note();
    else if (std::holds_alternative<Machine::ConfirmFile>(step))
        kept_.live.confirm_dest();
    else if (std::holds_alternative<Machine::SayInStep>(step))
        say_in_step();
    else if (std::holds_alternative<Machine::StopHaproxies>(step))
        stop_haproxies();
    else if (std::holds_alternative<Machine::StopFile>(step))
        file_keeper_.stop();
    else if (const auto* const ends = std::get_if<Machine::End>(&step))
        end(ends->is_cut_off);
}

/// Takes in what has arrived already: a change among thousands of servers costs milliseconds, ten
/// at once hardly more. Ends when nothing comes, so that a single change waits for nothing.
asio::awaitable<void> Reconciler::gather(Clock::time_point until) {
    constexpr int quiet_rounds = 4; // of the event loop, since an event takes some to come through
    for (int quiet = 0; quiet < quiet_rounds && Clock::now() < until; ++quiet) {
        const auto before = kept_.changes;
        co_await asio::post(executor_, asio::use_awaitable);
        if (kept_.changes != before)
            quiet = -1;
    }
}

/// What is on disk; empty where nothing is. An Error: that can't be read now.
Result<haproxy::Config> Reconciler::load_file() {
    auto text = base::read_if_present(kept_.resource.dest);
    if (!text)
        return text.error();
    if (!*text)
        return haproxy::Config();
    auto config = haproxy::Config::parse(std::move(**text));
    if (config)
        return config;
    spdlog::warn("{} on disk is no configuration of HAProxy, and is taken for an empty one: {}",
                 kept_.resource.dest, config.error().message);
    return haproxy::Config();
}

void Reconciler::read_file() {
    auto on_disk = load_file();
    if (!on_disk) {
        complaints_.raise("dest", fmt::format("nothing is changed until {} can be read: {}",
                                              kept_.resource.dest, on_disk.error().message));
        machine_.file_not_read(Clock::now());
        return;
    }
    complaints_.settle("dest", fmt::format("{} can be read", kept_.resource.dest));
    if (!on_disk->sections().empty())
        file_keeper_.start_from(*on_disk);
    machine_.file_read(*std::move(on_disk), seconds_since_1970());
    base::spawn(executor_, file_keeper_.run());
}

/// A process that someone else started has what the file said at its start.
Result<HaproxyKeeper::Start> Reconciler::started_from(const haproxy::Info& process) {
    const long start = process.start_seconds != 0 ? process.start_seconds
                                                  : seconds_since_1970() - process.uptime_seconds;
    if (machine_.still_owes(start)) {
        file_keeper_.note_process(nullptr);
        return HaproxyKeeper::Start{machine_.loaded(), false};
    }
    auto on_disk = load_file();
    if (!on_disk) {
        file_keeper_.note_process(nullptr);
        return on_disk.error();
    }
    const haproxy::Config& config = machine_.started_from(*std::move(on_disk), start);
    file_keeper_.note_process(&config);
    return HaproxyKeeper::Start{config, apply::may_have_read(process, kept_.resource.dest)};
}

void Reconciler::tell_haproxies(const Machine::TellHaproxies& wanted) {
    tell_rendered(wanted);
    kept_.site.renders_configuration(kept_.resource.dest, wanted.config,
                                     !wanted.difference || !wanted.difference->lines.empty());
    are_files_new_ = are_files_new_ || !wanted.difference || !wanted.difference->lines.empty();
    if (!wanted.is_held && !kept_.noop)
        file_keeper_.note_keys(); // what is left out makes no other file
    haproxies_.want(wanted);
}

void Reconciler::compare_all() {
    if (kept_.is_template_new) // check_cmd may accept it by now
        machine_.changed(std::nullopt);
    haproxies_.compare_all();
    names_.look_up_again();
    file_keeper_.check_again();
}

void Reconciler::connect(const Machine::Connect& wanted) {
    complain_of_socket(wanted);
    haproxies_.follow(wanted.sockets, machine_.loaded(), *machine_.wanted(),
                      file_keeper_.reloading());
}

/// True if there was something to tell. After the configuration, so that an entry that leads to a
/// backend of it is known as such.
bool Reconciler::tell_files() {
    const bool are_told = std::exchange(are_files_new_, false);
    if (are_told)
        haproxies_.want_files(kept_.site.live_files(kept_.resource.dest),
                              std::exchange(files_since_, std::nullopt));
    for (const Inbox::UsedFile& file : std::exchange(written_files_, {})) {
        const bool is_told = file.is_live && !haproxies_.sockets().empty();
        const bool needs_reload = file.needs_reload && !is_told;
        file_keeper_.note_used_file(file.path, needs_reload);
        if (is_told)
            kept_.site.note_reload(std::span(&file.path, 1));
        else if (needs_reload)
            machine_.used_file_written(file.path, seconds_since_1970());
        else if (file.is_live)
            kept_.site.leave_reload(file.path);
    }
    return are_told;
}

void Reconciler::tell_file(const Machine::TellFile& wanted) {
    (void)tell_files();
    if (kept_.noop)
        show_noop(wanted.config);
    else
        file_keeper_.want(wanted.config,
                          kept_.publishing.sync_only ? plan::Obstacles() : obstacles(),
                          wanted.is_held, wanted.no_reload_before);
}

plan::Obstacles Reconciler::obstacles() {
    return machine_.obstacles(haproxies_.obstacles(), haproxies_.oldest());
}

/// The next run must not take the file for what a HAProxy runs that was not told of it.
void Reconciler::note_untold(const haproxy::Config& config) {
    const auto objects = machine_.untold(config, progress());
    if (const auto noted = kept_.live.add_untold(objects); !noted)
        spdlog::warn(
            "{}; if hitlessd ends before HAProxy is told of the change, the next one takes "
            "{} for what HAProxy runs",
            noted.error().message, kept_.resource.dest);
}

void Reconciler::note_reloaded(const haproxy::Config& config) {
    const auto at_once = machine_.reloaded(config, haproxies_.oldest());
    haproxies_.note_reloaded(config);
    if (at_once)
        tell_file(*at_once);
    kept_.wake.notify();
}

void Reconciler::stop_haproxies() {
    log(machine_.rest_of_findings());
    kept_.site.take_reloads(kept_.resource.dest, false);
    haproxies_.stop();
}

void Reconciler::end(bool is_cut_off) {
    kept_.failed = is_cut_off || complaints_.any() || names_.in_trouble() ||
                   file_keeper_.in_trouble() || haproxies_.any_in_trouble();
}

} // namespace hitless::daemon
