#include "converge/one_configuration.hpp"

#include "hitless/live/kind.hpp"
#include "hitless/plan/slots.hpp"

#include <algorithm>
#include <utility>

namespace hitless::converge {
namespace {

bool same_text(const haproxy::Config& one, const haproxy::Config& other) {
    return &one.text() == &other.text() || one.text() == other.text();
}

} // namespace

OneConfiguration::OneConfiguration(Options options, plan::Obstacles owed)
    : options_(std::move(options)), owed_(std::move(owed)), guard_(options_.guard) {}

OneConfiguration::Step OneConfiguration::next(const Progress& progress, Time now) {
    for (;;) {
        const Phase phase = phase_;
        if (phase != Phase::ended)
            phase_ = static_cast<Phase>(static_cast<int>(phase) + 1);
        if (auto step = in_phase(phase, progress, now))
            return *std::move(step);
    }
}

/// The step of this phase; nullopt: it has none, and the next phase is looked at.
std::optional<OneConfiguration::Step>
OneConfiguration::in_phase(Phase phase, const Progress& progress, Time now) {
    switch (phase) {
    case Phase::reading_file:
        return read_file(now);
    case Phase::gathering:
        return gather(now);
    case Phase::rendering:
        return render(now);
    case Phase::telling_haproxies:
        return tell_haproxies();
    case Phase::comparing:
        return compare(now);
    case Phase::connecting:
        return connect();
    case Phase::telling_file:
        return is_head_start(progress, now) ? std::nullopt : tell_file(progress, now);
    case Phase::noting:
    case Phase::noting_at_last:
        return note(progress);
    case Phase::saying:
    case Phase::saying_at_last:
        return say(progress);
    case Phase::resting:
        return rest(progress, now);
    case Phase::stopping_haproxies:
        is_cut_off_ = options_.onetime && (is_held_ || !settled(progress));
        return StopHaproxies{};
    case Phase::awaiting_haproxies:
        return stay_until(progress.haproxies_ended, phase);
    case Phase::telling_file_at_last:
        return tell_file(progress, now);
    case Phase::stopping_file:
        return StopFile{};
    case Phase::awaiting_file:
        return stay_until(progress.file_ended, phase);
    case Phase::ended:
        return End{is_cut_off_};
    }
    return End{is_cut_off_};
}

OneConfiguration::Step OneConfiguration::read_file(Time now) {
    const bool has_failed = read_again_at_ != Time::min();
    if (is_stopping_ || (options_.onetime && has_failed)) {
        phase_ = Phase::ended;
        is_cut_off_ = options_.onetime;
        return End{is_cut_off_};
    }
    phase_ = Phase::reading_file; // until file_read()
    if (now < read_again_at_)
        return Wait{read_again_at_};
    return ReadFile{};
}

void OneConfiguration::file_read(haproxy::Config on_disk, Seconds now) {
    loaded_ = std::move(on_disk);
    history_.begin_with(loaded_);
    began_ = now;
    phase_ = Phase::gathering;
}

void OneConfiguration::changed(std::optional<Time> since) {
    changed_ = true;
    if (!since_)
        since_ = since;
}

std::optional<OneConfiguration::Step> OneConfiguration::gather(Time now) {
    if (is_stopping_) {
        phase_ = Phase::saying_at_last;
        return std::nullopt;
    }
    return changed_ ? std::optional<Step>(Gather{now + turn_time_}) : std::nullopt;
}

std::optional<OneConfiguration::Step> OneConfiguration::render(Time now) {
    const bool is_guard_due = guard_turn() <= now;
    if (!std::exchange(changed_, false) && !is_guard_due)
        return std::nullopt;
    render_began_ = now;
    return Render{};
}

/// When the guard lets something through. While there is nothing to ask it about, it is not asked.
OneConfiguration::Time OneConfiguration::guard_turn() const {
    return rendering_ == Rendering::done ? guard_.next() : Time::max();
}

void OneConfiguration::not_rendered(NotRendered why) {
    if (why == NotRendered::lacks_names) {
        rendering_ = Rendering::lacks_names;
        return;
    }
    rendering_ = Rendering::failed;
    since_.reset();
}

std::vector<Guard::Finding> OneConfiguration::rendered(haproxy::Config config,
                                                       std::optional<plan::Difference> difference,
                                                       const std::vector<std::string>& deleted,
                                                       Time now) {
    rendering_ = Rendering::done;
    const haproxy::Config before = wanted_ ? *wanted_ : plan::without_slots(loaded_);
    auto verdict = guard_.pass(before, config, std::exchange(is_distrusted_, false), deleted, now);
    const bool was_held = std::exchange(is_held_, verdict.instead.has_value());
    if (is_held_)
        config = *std::move(verdict.instead);
    if (!wanted_ || is_held_ || was_held)
        difference.reset();
    if (!difference && wanted_)
        difference = plan::compare(*wanted_, config);
    wanted_ = std::move(config);
    to_tell_ = {*wanted_, std::move(difference), std::exchange(since_, std::nullopt), is_held_};
    is_connection_due_ = true;
    return std::move(verdict.findings);
}

std::optional<OneConfiguration::Step> OneConfiguration::tell_haproxies() {
    if (!to_tell_)
        return std::nullopt;
    Step step = *std::move(to_tell_);
    to_tell_.reset();
    return step;
}

std::optional<OneConfiguration::Step> OneConfiguration::compare(Time now) {
    if (render_began_)
        turn_time_ = now - *render_began_;
    render_began_.reset();
    return std::exchange(compare_all_, false) ? std::optional<Step>(CompareAll{}) : std::nullopt;
}

/// The HAProxies that the command line names, or the one that runs; where that is not known, the
/// one that is wanted.
std::optional<OneConfiguration::Step> OneConfiguration::connect() {
    if (!wanted_ || options_.files_only || !std::exchange(is_connection_due_, false))
        return std::nullopt;
    Connect step{options_.sockets, {}, false};
    if (step.sockets.empty()) {
        auto found = haproxy::find_admin_sockets(loaded_.sections().empty() ? *wanted_ : loaded_,
                                                 options_.environment);
        step.sockets = std::move(found.addresses);
        step.sockets.resize(std::min<std::size_t>(step.sockets.size(), 1));
        step.missing = std::move(found.missing);
        step.is_coming =
            step.sockets.empty() &&
            !haproxy::find_admin_sockets(*wanted_, options_.environment).addresses.empty();
    }
    sockets_ = step.sockets;
    return step;
}

/// True while a HAProxy is about to be told of the change: the file can wait a moment.
bool OneConfiguration::is_head_start(const Progress& progress, Time now) {
    head_start_ends_ = Time::max();
    if (!progress.being_told) {
        being_told_since_.reset();
        return false;
    }
    if (!being_told_since_)
        being_told_since_ = now;
    if (now >= *being_told_since_ + head_start) // it doesn't answer, say
        return false;
    head_start_ends_ = *being_told_since_ + head_start;
    return true;
}

std::optional<OneConfiguration::Step> OneConfiguration::tell_file(const Progress& progress,
                                                                  Time now) {
    await_used_files(progress, now);
    if (!wanted_)
        return std::nullopt;
    return file_step(progress.oldest);
}

OneConfiguration::TellFile OneConfiguration::file_step(const haproxy::Info& oldest) {
    return {file(oldest), is_held_, no_reload_before_};
}

/// A change of the keys may change several files that HAProxy reads: one reload is enough, when all
/// are on disk.
void OneConfiguration::await_used_files(const Progress& progress, Time now) {
    if (!progress.awaits_used_file)
        awaited_since_.reset();
    else if (!awaited_since_)
        awaited_since_ = now;
    no_reload_before_ =
        awaited_since_ ? *awaited_since_ + longest_wait_for_used_files : Time::min();
}

/// The note of live changes has done its work when the file that is wanted is on disk and the
/// HAProxies have all its options.
std::optional<OneConfiguration::Step> OneConfiguration::note(const Progress& progress) {
    if (!wanted_ || !progress.any_haproxy || !progress.has_live_note || !is_on_disk(progress) ||
        progress.file_is_being_written)
        return std::nullopt;
    if (progress.have_all_possible && !needs_reload(progress))
        return ForgetLiveNote{};
    return ConfirmFile{};
}

std::optional<OneConfiguration::Step> OneConfiguration::say(const Progress& progress) {
    if (!say_in_step_ || !is_in_step(progress))
        return std::nullopt;
    say_in_step_ = false;
    return SayInStep{};
}

std::optional<OneConfiguration::Step> OneConfiguration::rest(const Progress& progress, Time now) {
    if (is_stopping_ || (options_.onetime && settled(progress)))
        return std::nullopt;
    phase_ = Phase::gathering;
    if (changed_ || compare_all_ || guard_turn() <= now)
        return std::nullopt;
    return Wait{std::min(guard_turn(), head_start_ends_)};
}

std::optional<OneConfiguration::Step> OneConfiguration::stay_until(bool is_over, Phase phase) {
    if (is_over)
        return std::nullopt;
    phase_ = phase;
    return Wait{Time::max()};
}

bool OneConfiguration::still_owes(Seconds start) {
    if (start > began_)
        owed_.clear();        // it has read a file that is newer than what the last run owed
    if (sockets_.size() == 1) // of several, the others may have older files
        std::erase_if(used_files_, [&](const auto& file) { return file.second.written < start; });
    return !owed_.empty();
}

const haproxy::Config& OneConfiguration::started_from(haproxy::Config on_disk, Seconds start) {
    if (same_text(on_disk, history_.now()) || (coming_ && same_text(on_disk, *coming_))) {
        loaded_ = history_.at(start);
    } else { // somebody else has written it
        loaded_ = std::move(on_disk);
        history_.begin_with(loaded_);
    }
    is_connection_due_ = true;
    return loaded_;
}

void OneConfiguration::reload_begins() {
    for (auto& [path, used] : used_files_)
        used.is_in_reload = true;
}

std::optional<OneConfiguration::TellFile> OneConfiguration::reloaded(const haproxy::Config& config,
                                                                     const haproxy::Info& oldest) {
    loaded_ = config;
    history_.begin_with(config);
    owed_.clear();
    std::erase_if(used_files_, [](const auto& used) { return used.second.is_in_reload; });
    is_connection_due_ = true;
    const bool is_urgent = is_ending() || !used_files_.empty();
    return is_urgent && wanted_ ? std::optional(file_step(oldest)) : std::nullopt;
}

/// The next run must not take the file for what a HAProxy runs that was not told of it.
std::vector<plan::ObjectId> OneConfiguration::untold(const haproxy::Config& config,
                                                     const Progress& progress) const {
    if (progress.all_told)
        return {};
    return live::compare(history_.now(), config).objects;
}

/// Without a socket, all that differs needs a reload.
plan::Obstacles OneConfiguration::without_socket(const haproxy::Info& oldest) {
    plan::Obstacles all;
    const auto difference = plan::compare(loaded_, file(oldest));
    all.add(difference.lines);
    for (const plan::ServerId& server : difference.servers)
        all.add(object_id(server),
                {plan::Cause::Kind::no_socket, "it differs, and there is no admin socket"});
    return all;
}

plan::Obstacles OneConfiguration::obstacles(const plan::Obstacles& of_haproxies,
                                            const haproxy::Info& oldest) {
    // A cause that is found again is not added again.
    plan::Obstacles all = owed_;
    if (sockets_.empty())
        all.add(without_socket(oldest));
    all.add(of_haproxies);
    for (const auto& [path, file] : used_files_)
        all.add({plan::ObjectId::Kind::file, {}, path}, {plan::Cause::Kind::file_changed, {}});
    return all;
}

bool OneConfiguration::needs_reload(const Progress& progress) {
    return !owed_.empty() || !used_files_.empty() || progress.needs_reload ||
           (sockets_.empty() && !without_socket(progress.oldest).empty());
}

/// There are as many spare servers as the HAProxy needs that needs most.
const haproxy::Config& OneConfiguration::file(const haproxy::Info& oldest) {
    if (options_.slots == 0 && unresolved_.empty())
        return *wanted_;
    if (!file_ || !same_text(file_->wanted, *wanted_) || file_->unresolved != unresolved_ ||
        file_->version != oldest.version)
        file_ = {
            *wanted_, unresolved_, oldest.version,
            plan::with_slots(plan::without_names(*wanted_, unresolved_), oldest, options_.slots)};
    return file_->config;
}

bool OneConfiguration::is_on_disk(const Progress& progress) {
    return wanted_ && progress.on_disk != nullptr &&
           same_text(*progress.on_disk, file(progress.oldest));
}

bool OneConfiguration::is_in_step(const Progress& progress) {
    return wanted_ && progress.is_registry_followed && rendering_ == Rendering::done && !is_held_ &&
           unresolved_.empty() && progress.file_idle && !progress.file_in_trouble &&
           is_on_disk(progress) && progress.haproxies_in_step && !needs_reload(progress);
}

/// All that can be done now is done.
bool OneConfiguration::settled(const Progress& progress) const {
    if (rendering_ == Rendering::lacks_names)
        return false;
    return rendering_ == Rendering::failed ||
           (wanted_ && (progress.file_idle || progress.file_in_trouble) &&
            !progress.awaits_used_file && progress.haproxies_settled);
}

} // namespace hitless::converge
