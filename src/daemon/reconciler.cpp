#include "daemon/reconciler.hpp"

#include "hitless/base/file.hpp"
#include "hitless/haproxy/check_output.hpp"
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

converge::OneConfiguration::Options machine_options(const Work& work) {
    converge::OneConfiguration::Options options;
    options.onetime = work.onetime;
    options.files_only = work.publishing.sync_only;
    options.slots = work.options.slots;
    options.sockets = work.options.haproxy_sockets;
    options.environment = haproxy::own_environment();
    options.guard.limits = {static_cast<std::size_t>(work.options.min_servers),
                            work.options.max_removal};
    options.guard.delay = work.options.guard_delay;
    return options;
}

} // namespace

Reconciler::Reconciler(const asio::any_io_executor& executor, Work& work)
    : executor_(executor),
      work_(work),
      complaints_(work.status, apply::keys_trouble),
      vetter_(work.rules),
      file_keeper_(executor, work, owner()),
      machine_(machine_options(work), file_keeper_.owed()) {}

FileKeeper::Owner Reconciler::owner() {
    return {[this] { std::ranges::for_each(keepers_, &HaproxyKeeper::note_reload_begins); },
            [this] { std::ranges::for_each(keepers_, &HaproxyKeeper::note_reload_failed); },
            [this](const haproxy::Config& config) { note_reloaded(config); },
            [this] { return processes(); },
            [this] { return sockets_; },
            [this] { return std::ranges::any_of(keepers_, &HaproxyKeeper::answers); },
            [this](const haproxy::Config& config) { note_untold(config); },
            [this](const haproxy::Config& config) {
                machine_.written(config, seconds_since_1970());
                vetter_.note_accepted();
            },
            [this](const haproxy::Config& config, const apply::Published& refused) {
                return leave_out_refused(config, refused);
            }};
}

asio::awaitable<void> Reconciler::run() {
    work_.status.show();
    for (bool goes_on = true; goes_on;)
        goes_on = co_await do_step();
}

/// Tells the machine what has come in.
void Reconciler::take_in() {
    Inbox inbox = std::exchange(work_.inbox, {});
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
    if (work_.stopping)
        machine_.stop();
    std::ranges::move(inbox.deleted_keys, std::back_inserter(deleted_keys_));
}

converge::Progress Reconciler::progress() {
    if (!machine_.is_ending()) // end() asks them for their troubles
        std::erase_if(keepers_, [](const HaproxyKeeper& keeper) { return keeper.ended(); });
    const auto all = [this](bool (HaproxyKeeper::*is_so)() const) {
        return std::ranges::all_of(keepers_, is_so);
    };
    converge::Progress progress;
    progress.any_haproxy = !keepers_.empty();
    progress.being_told = std::ranges::any_of(keepers_, &HaproxyKeeper::busy);
    progress.all_told = all(&HaproxyKeeper::is_told);
    progress.have_options = all(&HaproxyKeeper::has_options);
    progress.needs_reload = std::ranges::any_of(keepers_, &HaproxyKeeper::needs_reload);
    progress.haproxies_in_step = all(&HaproxyKeeper::in_step);
    progress.haproxies_settled = all(&HaproxyKeeper::settled);
    progress.haproxies_ended = all(&HaproxyKeeper::ended);
    progress.oldest = oldest_haproxy();
    progress.on_disk = file_keeper_.on_disk();
    progress.file_idle = file_keeper_.idle();
    progress.file_in_trouble = file_keeper_.in_trouble();
    progress.file_ended = file_keeper_.ended();
    progress.has_live_note = progress.any_haproxy && work_.live.is_set();
    return progress;
}

haproxy::Info Reconciler::oldest_haproxy() const {
    haproxy::Info oldest;
    for (const HaproxyKeeper& keeper : keepers_) {
        const haproxy::Info& info = keeper.info();
        if (info.major != 0 && (oldest.major == 0 || !info.at_least(oldest.major, oldest.minor)))
            oldest = info;
    }
    return oldest;
}

/// Returns false when it is time to end.
asio::awaitable<bool> Reconciler::do_step() {
    take_in();
    const converge::Progress now_at = progress();
    const Machine::Step step = machine_.next(now_at, Clock::now());
    if (const auto* const gathers = std::get_if<Machine::Gather>(&step)) {
        co_await gather(gathers->until);
    } else if (const auto* const pause = std::get_if<Machine::Wait>(&step)) {
        work_.status.write();
        co_await work_.wake.wait_until(pause->until);
    } else {
        do_at_once(step);
    }
    co_return !std::holds_alternative<Machine::End>(step);
}

void Reconciler::do_at_once(const Machine::Step& step) {
    if (std::holds_alternative<Machine::ReadFile>(step))
        read_file();
    else if (std::holds_alternative<Machine::Render>(step))
        render();
    else if (const auto* const told = std::get_if<Machine::TellHaproxies>(&step))
        tell_haproxies(*told);
    else if (std::holds_alternative<Machine::CompareAll>(step))
        compare_all();
    else if (const auto* const connects = std::get_if<Machine::Connect>(&step))
        connect(*connects);
    else if (const auto* const file = std::get_if<Machine::TellFile>(&step))
        tell_file(*file);
    else if (std::holds_alternative<Machine::ForgetLiveNote>(step))
        work_.live.clear();
    else if (std::holds_alternative<Machine::ConfirmFile>(step))
        work_.live.confirm_dest();
    else if (std::holds_alternative<Machine::SayInStep>(step))
        say_in_step();
    else if (std::holds_alternative<Machine::StopHaproxies>(step))
        std::ranges::for_each(keepers_, &HaproxyKeeper::stop);
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
        const auto before = work_.changes;
        co_await asio::post(executor_, asio::use_awaitable);
        if (work_.changes != before)
            quiet = -1;
    }
}

/// What is on disk; empty where nothing is. An Error: that can't be read now.
Result<haproxy::Config> Reconciler::load_file() {
    auto text = base::read_if_present(work_.resource.dest);
    if (!text)
        return text.error();
    if (!*text)
        return haproxy::Config();
    auto config = haproxy::Config::parse(std::move(**text));
    if (config)
        return config;
    spdlog::warn("{} on disk is no configuration of HAProxy, and is taken for an empty one: {}",
                 work_.resource.dest, config.error().message);
    return haproxy::Config();
}

void Reconciler::read_file() {
    auto on_disk = load_file();
    if (!on_disk) {
        complaints_.raise("dest", fmt::format("nothing is changed until {} can be read: {}",
                                              work_.resource.dest, on_disk.error().message));
        machine_.file_not_read(Clock::now());
        return;
    }
    complaints_.settle("dest", fmt::format("{} can be read", work_.resource.dest));
    if (!on_disk->sections().empty())
        file_keeper_.start_from(*on_disk);
    machine_.file_read(*std::move(on_disk), seconds_since_1970());
    base::spawn(executor_, file_keeper_.run());
}

/// A process that someone else started has what the file said at its start.
Result<haproxy::Config> Reconciler::started_from(const haproxy::Info& process) {
    const long start = process.start_seconds != 0 ? process.start_seconds
                                                  : seconds_since_1970() - process.uptime_seconds;
    if (machine_.still_owes(start)) {
        file_keeper_.note_process(nullptr);
        return machine_.loaded();
    }
    auto on_disk = load_file();
    if (!on_disk) {
        file_keeper_.note_process(nullptr);
        return on_disk.error();
    }
    const haproxy::Config& config = machine_.started_from(*std::move(on_disk), start);
    file_keeper_.note_process(&config);
    return config;
}

void Reconciler::render() {
    auto vetted = vetter_.vet(*work_.renderer);
    if (work_.waits_for_names()) {
        spdlog::debug("{} is rendered when the names are known that the template looks up",
                      work_.resource.dest);
        machine_.not_rendered(Machine::NotRendered::lacks_names);
        return;
    }
    if (!vetted) {
        complaints_.raise("render", fmt::format("{} and HAProxy get no changes, since the template "
                                                "can't be rendered: {}",
                                                work_.resource.dest, vetted.error().message));
        machine_.not_rendered(Machine::NotRendered::failed);
        return;
    }
    complaints_.settle("render", fmt::format("{} is rendered again", work_.resource.dest));
    work_.lookups.keep_only(work_.renderer->questions());
    apply::log(vetted->news);
    const auto findings =
        machine_.rendered(std::move(vetted->config), std::move(vetted->difference), Clock::now());
    log(findings, work_.options.guard_delay, std::exchange(deleted_keys_, {}));
    work_.status.set_held(in_words(machine_.held()));
}

void Reconciler::tell_haproxies(const Machine::TellHaproxies& wanted) {
    tell_rendered(wanted);
    if (!wanted.is_held && !work_.noop)
        file_keeper_.note_keys(); // what is left out makes no other file
    for (HaproxyKeeper& keeper : keepers_)
        keeper.want(wanted.config, wanted.difference ? &*wanted.difference : nullptr, wanted.since);
}

void Reconciler::compare_all() {
    std::ranges::for_each(keepers_, &HaproxyKeeper::reconcile);
    file_keeper_.check_again();
}

/// check_cmd has refused the file. True when it named lines that values have brought: they are left
/// out, and another file comes.
bool Reconciler::leave_out_refused(const haproxy::Config& config, const apply::Published& refused) {
    if (work_.rules.strict ||
        !vetter_.refuse(config,
                        haproxy::refused_lines(refused.reason, refused.checked_file, config)))
        return false;
    work_.note_changed();
    work_.wake.notify();
    return true;
}

void Reconciler::connect(const Machine::Connect& wanted) {
    complain_of_socket(wanted);
    if (wanted.sockets == sockets_)
        return;
    std::ranges::for_each(keepers_, &HaproxyKeeper::stop);
    sockets_ = wanted.sockets;
    for (const std::string& socket : sockets_)
        start_keeper(socket);
}

void Reconciler::start_keeper(const std::string& socket) {
    HaproxyKeeper& keeper = keepers_.emplace_back(
        executor_, work_, socket, machine_.loaded(),
        [this](const haproxy::Info& process) { return started_from(process); });
    keeper.want(*machine_.wanted(), nullptr, std::nullopt);
    if (file_keeper_.reloading())
        keeper.note_reload_begins();
    base::spawn(executor_, keeper.run());
}

void Reconciler::tell_file(const Machine::TellFile& wanted) {
    if (work_.noop)
        show_noop(wanted.config);
    else
        file_keeper_.want(wanted.config,
                          work_.publishing.sync_only ? plan::Obstacles() : obstacles(),
                          wanted.is_held);
}

plan::Obstacles Reconciler::obstacles() {
    plan::Obstacles of_haproxies;
    for (const HaproxyKeeper& keeper : keepers_)
        of_haproxies.add(keeper.obstacles());
    return machine_.obstacles(of_haproxies, oldest_haproxy());
}

/// The next run must not take the file for what a HAProxy runs that was not told of it.
void Reconciler::note_untold(const haproxy::Config& config) {
    const auto servers = machine_.untold(config, progress());
    if (const auto noted = work_.live.add_untold(servers); !noted)
        spdlog::warn(
            "{}; if hitlessd ends before HAProxy is told of the change, the next one takes "
            "{} for what HAProxy runs",
            noted.error().message, work_.resource.dest);
}

std::vector<apply::Process> Reconciler::processes() const {
    std::vector<apply::Process> all;
    for (const HaproxyKeeper& keeper : keepers_) {
        if (apply::Process process = keeper.process(); process.info.pid != 0)
            all.push_back(std::move(process));
    }
    return all;
}

void Reconciler::note_reloaded(const haproxy::Config& config) {
    const auto last = machine_.reloaded(config, oldest_haproxy());
    for (HaproxyKeeper& keeper : keepers_)
        keeper.note_reloaded(config);
    if (last)
        tell_file(*last);
    work_.wake.notify();
}

void Reconciler::end(bool is_cut_off) {
    work_.failed = is_cut_off || complaints_.any() || file_keeper_.in_trouble() ||
                   std::ranges::any_of(keepers_, &HaproxyKeeper::in_trouble);
}

} // namespace hitless::daemon
