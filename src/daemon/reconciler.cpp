#include "daemon/reconciler.hpp"

#include "hitless/base/file.hpp"
#include "hitless/haproxy/check_output.hpp"
#include "hitless/haproxy/environment.hpp"
#include "hitless/plan/slots.hpp"

#include "base/spawn.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;

/// HAProxy is told of a change before the file is written, unless that takes longer than this.
constexpr std::chrono::milliseconds head_start{100};
constexpr std::chrono::seconds between_tries{1};

long seconds_since_1970() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

} // namespace

Reconciler::Reconciler(const asio::any_io_executor& executor, Work& work)
    : executor_(executor),
      work_(work),
      complaints_(work.status, apply::keys_trouble),
      vetter_(work.rules),
      guard_(work.options),
      file_keeper_(executor, work,
                   {[this] { std::ranges::for_each(keepers_, &HaproxyKeeper::note_reload_begins); },
                    [this] { std::ranges::for_each(keepers_, &HaproxyKeeper::note_reload_failed); },
                    [this](const haproxy::Config& config) { note_reloaded(config); },
                    [this] { return processes(); }, [this] { return sockets_; },
                    [this] { return std::ranges::any_of(keepers_, &HaproxyKeeper::answers); },
                    [this](const haproxy::Config& config) { note_untold(config); },
                    [this](const haproxy::Config& config) {
                        history_.note_written(config, seconds_since_1970());
                        vetter_.note_accepted();
                    },
                    [this](const haproxy::Config& config, const apply::Published& refused) {
                        return leave_out_refused(config, refused);
                    }}),
      owed_reload_(!file_keeper_.owed().empty()) {}

/// Reads what is on disk, and tries again until that succeeds: a file that can't be read must not
/// be taken for one that is missing. False when it is time to stop before that.
asio::awaitable<bool> Reconciler::begin() {
    for (auto loaded = load_file(); !loaded; loaded = load_file()) {
        complaints_.raise("dest", fmt::format("nothing is changed until {} can be read: {}",
                                              work_.resource.dest, loaded.error().message));
        if (work_.onetime)
            co_return false;
        const auto again = Clock::now() + between_tries;
        while (!work_.stopping && Clock::now() < again)
            co_await work_.wake.wait_until(again);
        if (work_.stopping)
            co_return false;
    }
    complaints_.settle("dest", fmt::format("{} can be read", work_.resource.dest));
    history_.begin_with(loaded_);
    begin_seconds_ = seconds_since_1970();
    if (!loaded_.sections().empty())
        file_keeper_.start_from(loaded_);
    co_return true;
}

asio::awaitable<void> Reconciler::run() {
    work_.status.show();
    if (!co_await begin()) {
        work_.failed = true;
        co_return;
    }
    base::spawn(executor_, file_keeper_.run());
    while (!work_.stopping) {
        if (work_.changed)
            co_await gather_changes();
        take_turn();
        forget_live_note();
        tell_when_in_step();
        if (work_.onetime && settled())
            break;
        if (!work_.changed && !work_.stopping)
            co_await work_.wake.wait_until(std::min(guard_turn(), head_start_ends_));
    }
    tell_when_in_step();
    guard_.tell_the_rest();
    const bool is_cut_off = work_.onetime && (guarded_ || !settled());
    for (HaproxyKeeper& keeper : keepers_)
        keeper.stop();
    while (!all_ended())
        co_await work_.wake.wait_until(Clock::time_point::max());
    if (wanted_)
        hand_to_file_keeper();
    file_keeper_.stop();
    while (!file_keeper_.ended())
        co_await work_.wake.wait_until(Clock::time_point::max());
    forget_live_note();
    work_.failed = is_cut_off || complaints_.any() || file_keeper_.in_trouble() ||
                   std::ranges::any_of(keepers_, &HaproxyKeeper::in_trouble);
}

/// Takes in what has arrived already: a change among thousands of servers costs milliseconds, ten
/// at once hardly more. Ends when nothing comes, so that a single change waits for nothing; and
/// when it has taken as long as the last turn.
asio::awaitable<void> Reconciler::gather_changes() {
    constexpr int quiet_rounds = 4; // of the event loop, since an event takes some to come through
    const auto limit = Clock::now() + turn_time_;
    for (int quiet = 0; quiet < quiet_rounds && Clock::now() < limit; ++quiet) {
        const auto before = work_.changes;
        co_await asio::post(executor_, asio::use_awaitable);
        if (work_.changes != before)
            quiet = -1;
    }
}

void Reconciler::take_turn() {
    work_.status.write();
    if (std::exchange(work_.confirmed, false))
        guard_.confirm();
    if (std::exchange(work_.changed, false) || guard_turn() <= Clock::now()) {
        const auto begin = Clock::now();
        refresh();
        turn_time_ = Clock::now() - begin;
    }
    if (std::exchange(work_.reconcile, false)) {
        for (HaproxyKeeper& keeper : keepers_)
            keeper.reconcile();
        file_keeper_.check_again();
    }
    if (!wanted_)
        return;
    if (!work_.publishing.sync_only) // which touches files only
        choose_proxies();
    if (!is_told_first())
        hand_to_file_keeper();
}

/// When the guard lets through what it holds: not while there is nothing to ask it about.
Reconciler::Clock::time_point Reconciler::guard_turn() const {
    return is_rendered_ ? guard_.next() : Clock::time_point::max();
}

/// The next run must not take the file for what a HAProxy runs that was not told of it.
void Reconciler::note_untold(const haproxy::Config& config) {
    if (std::ranges::all_of(keepers_, &HaproxyKeeper::is_told))
        return;
    const auto servers = plan::compare(history_.now(), config).servers;
    if (const auto noted = work_.live.add_untold(servers); !noted)
        spdlog::warn(
            "{}; if hitlessd ends before HAProxy is told of the change, the next one takes "
            "{} for what HAProxy runs",
            noted.error().message, work_.resource.dest);
}

/// The note of live changes has done its work when the file that is wanted is on disk and HAProxy
/// has all its options.
void Reconciler::forget_live_note() {
    if (!wanted_ || keepers_.empty() || !work_.live.is_set() || !file_keeper_.has_on_disk(file()))
        return;
    if (std::ranges::all_of(keepers_, &HaproxyKeeper::has_options) && obstacles().empty())
        work_.live.clear();
    else
        work_.live.confirm_dest();
}

bool Reconciler::all_ended() const {
    return std::ranges::all_of(keepers_, &HaproxyKeeper::ended);
}

/// All that can be done now is done: for -onetime.
bool Reconciler::settled() const {
    if (work_.waits_for_names())
        return false;
    return complaints_.raised("render") ||
           (wanted_ && (file_keeper_.idle() || file_keeper_.in_trouble()) &&
            std::ranges::all_of(keepers_, &HaproxyKeeper::settled));
}

/// Takes what is on disk for what HAProxy runs. An Error: that can't be read now.
Result<void> Reconciler::load_file() {
    auto text = base::read_if_present(work_.resource.dest);
    if (!text)
        return text.error();
    loaded_ = {};
    if (!*text)
        return {}; // there is none yet
    if (auto config = haproxy::Config::parse(std::move(**text)))
        loaded_ = std::move(*config);
    else
        spdlog::warn("{} on disk is no configuration of HAProxy, and is taken for an empty one: {}",
                     work_.resource.dest, config.error().message);
    return {};
}

/// A process that someone else started has what the file said at its start.
Result<haproxy::Config> Reconciler::started_from(const haproxy::Info& process) {
    const long start = process.start_seconds != 0 ? process.start_seconds
                                                  : seconds_since_1970() - process.uptime_seconds;
    if (start > begin_seconds_)
        owed_reload_ = false; // it has read a file that is newer than what the last run owed
    if (owed_reload_) {
        file_keeper_.note_process(nullptr);
        return loaded_;
    }
    if (auto loaded = load_file(); !loaded) {
        file_keeper_.note_process(nullptr);
        return loaded.error();
    }
    if (loaded_.text() != history_.now().text()) // somebody else has written it
        history_.begin_with(loaded_);
    else
        loaded_ = history_.at(start);
    file_keeper_.note_process(&loaded_);
    return loaded_;
}

void Reconciler::refresh() {
    const auto since = std::exchange(work_.since, std::nullopt);
    if (!since_)
        since_ = since;
    const auto began = Clock::now();
    auto vetted = vetter_.vet(*work_.renderer);
    if (vetted && !work_.waits_for_names())
        work_.witness.rendered(*vetted, vetter_, Clock::now() - began);
    else
        work_.witness.not_rendered(work_.waits_for_names());
    is_rendered_ = vetted && !work_.waits_for_names();
    if (work_.waits_for_names()) {
        spdlog::debug("{} is rendered when the names are known that the template looks up",
                      work_.resource.dest);
        return;
    }
    if (!vetted) {
        since_.reset();
        complaints_.raise("render", fmt::format("{} and HAProxy get no changes, since the template "
                                                "can't be rendered: {}",
                                                work_.resource.dest, vetted.error().message));
        return;
    }
    complaints_.settle("render", fmt::format("{} is rendered again", work_.resource.dest));
    work_.lookups.keep_only(work_.renderer->questions());
    apply::log(vetted->news);
    std::optional<haproxy::Config> on_disk;
    if (!wanted_)
        on_disk = plan::without_slots(loaded_);
    auto passed =
        guard_.pass(wanted_ ? *wanted_ : *on_disk, vetted->config,
                    std::exchange(work_.distrusted, false), std::exchange(work_.gone, {}));
    work_.is_guarded = guard_.next() != Clock::time_point::max();
    work_.status.set_held(guard_.held());
    work_.witness.held(guard_.held());
    const bool was_guarded = std::exchange(guarded_, passed.has_value());
    if (!guarded_ && !work_.noop)
        file_keeper_.note_keys(); // what is left out makes no other file
    if (!wanted_ || guarded_ || was_guarded)
        take_over(passed ? std::move(*passed) : std::move(vetted->config), nullptr);
    else
        take_over(std::move(vetted->config), vetted->difference ? &*vetted->difference : nullptr);
}

/// check_cmd has refused the file. True when it named lines that values have brought: they are left
/// out, and another file comes.
bool Reconciler::leave_out_refused(const haproxy::Config& config, const apply::Published& refused) {
    if (work_.rules.strict ||
        !vetter_.refuse(config,
                        haproxy::refused_lines(refused.reason, refused.checked_file, config)))
        return false;
    work_.changed = true;
    work_.wake.notify();
    return true;
}

void Reconciler::take_over(haproxy::Config config, const plan::Difference* difference) {
    std::optional<plan::Difference> compared;
    if (difference == nullptr && wanted_) {
        compared = plan::compare(*wanted_, config);
        difference = &*compared;
    }
    tell_rendered(difference);
    wanted_ = std::move(config);
    const auto since = std::exchange(since_, std::nullopt);
    for (HaproxyKeeper& keeper : keepers_)
        keeper.want(*wanted_, difference, since);
}

/// The HAProxies that the command line names, or the one that runs; where that is not known, the
/// one that is wanted.
void Reconciler::choose_proxies() {
    std::vector<std::string> sockets = work_.options.haproxy_sockets;
    std::set<std::string> missing;
    if (sockets.empty()) {
        auto found = haproxy::find_admin_sockets(loaded_.sections().empty() ? *wanted_ : loaded_,
                                                 haproxy::own_environment());
        sockets = std::move(found.addresses);
        sockets.resize(std::min<std::size_t>(sockets.size(), 1));
        missing = std::move(found.missing);
    }
    std::erase_if(keepers_, [](const HaproxyKeeper& keeper) { return keeper.ended(); });
    if (sockets.empty())
        complain_of_missing_socket(missing);
    else
        complaints_.settle("admin socket",
                           fmt::format("{} has a stats socket now, so that HAProxy is changed "
                                       "without reloads",
                                       work_.resource.dest));
    if (sockets == sockets_)
        return;
    for (HaproxyKeeper& keeper : keepers_)
        keeper.stop();
    sockets_ = std::move(sockets);
    for (const std::string& socket : sockets_)
        start_keeper(socket);
}

void Reconciler::start_keeper(const std::string& socket) {
    HaproxyKeeper& keeper = keepers_.emplace_back(
        executor_, work_, socket, loaded_,
        [this](const haproxy::Info& process) { return started_from(process); });
    keeper.want(*wanted_, nullptr, std::nullopt);
    if (file_keeper_.reloading())
        keeper.note_reload_begins();
    base::spawn(executor_, keeper.run());
}

/// True while a HAProxy is about to be told of the change: the file can wait a moment.
bool Reconciler::is_told_first() {
    head_start_ends_ = Clock::time_point::max();
    if (std::ranges::none_of(keepers_, &HaproxyKeeper::busy)) {
        busy_since_.reset();
        return false;
    }
    const auto now = Clock::now();
    if (!busy_since_)
        busy_since_ = now;
    if (now >= *busy_since_ + head_start) // it doesn't answer, say
        return false;
    head_start_ends_ = *busy_since_ + head_start;
    return true;
}

void Reconciler::hand_to_file_keeper() {
    if (work_.noop) {
        show_noop();
        return;
    }
    file_keeper_.want(file(), work_.publishing.sync_only ? plan::Obstacles() : obstacles(),
                      guarded_);
}

/// What is wanted, with spare servers for the HAProxy that needs most of them.
const haproxy::Config& Reconciler::file() {
    const int slots = work_.options.slots;
    if (slots == 0)
        return *wanted_;
    const haproxy::Info info = oldest_haproxy();
    if (!file_ || &file_->wanted.text() != &wanted_->text() || file_->version != info.version)
        file_ = {*wanted_, info.version, plan::with_slots(*wanted_, info, slots)};
    return file_->config;
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

/// What an earlier run has owed comes first, so that the log says so: a cause that is found again
/// is not added again.
plan::Obstacles Reconciler::obstacles() {
    plan::Obstacles all;
    if (owed_reload_)
        all.add(file_keeper_.owed());
    if (sockets_.empty()) {
        const auto difference = plan::compare(loaded_, file());
        all.add(difference);
        for (const plan::ServerId& server : difference.servers)
            all.add(object_id(server),
                    {plan::Cause::Kind::no_socket, "it differs, and there is no admin socket"});
    }
    for (const HaproxyKeeper& keeper : keepers_)
        all.add(keeper.obstacles());
    return all;
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
    loaded_ = config;
    history_.begin_with(config);
    owed_reload_ = false;
    for (HaproxyKeeper& keeper : keepers_)
        keeper.note_reloaded(config);
    if (work_.stopping && wanted_) // nobody else does it any more
        hand_to_file_keeper();
    work_.wake.notify();
}

} // namespace hitless::daemon
