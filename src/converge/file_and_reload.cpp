#include "converge/file_and_reload.hpp"

#include <algorithm>
#include <utility>

namespace hitless::converge {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_reload_pause{1'000};
constexpr milliseconds longest_reload_pause{60'000};
constexpr milliseconds after_write_error{1'000};
/// Checks of a large file cost more than the change: while changes go on, checks get a quarter of
/// the time at most. Those that take longer than `long_check` get a half, since until the next one
/// the file isn't what a HAProxy that is restarted should read.
constexpr int rest_after_check = 3;
constexpr milliseconds long_check{1'000};

/// A reload that the last run had begun when it was killed may still be under way. The process that
/// it starts has read an older file, and must not be taken for that of the next reload.
constexpr milliseconds for_an_earlier_one{1'000};

Clock::duration rest_after(Clock::duration check) {
    return std::min(rest_after_check * check, std::max<Clock::duration>(check, long_check));
}

bool is_same(const haproxy::Config& one, const haproxy::Config& other) {
    return &one.text() == &other.text() || one.text() == other.text();
}

/// The obstacles of other files that HAProxy reads; or those of the configuration itself.
plan::Obstacles select(const plan::Obstacles& obstacles, bool of_other_files) {
    plan::Obstacles selected;
    for (const auto& [object, causes] : obstacles.by_object()) {
        for (const plan::Cause& cause : causes) {
            if ((cause.kind == plan::Cause::Kind::file_changed) == of_other_files)
                selected.add(object, cause);
        }
    }
    return selected;
}

plan::Obstacles of_other_files(const plan::Obstacles& obstacles) {
    return select(obstacles, true);
}

/// HAProxy has what a configuration with these obstacles says.
bool is_live(const plan::Obstacles& obstacles) {
    return select(obstacles, false).empty();
}

} // namespace

FileAndReload::FileAndReload(Options options, plan::Obstacles owed, Clock::time_point now)
    : options_(options),
      owed_(std::move(owed)),
      disk_obstacles_(owed_),
      reload_pause_(first_reload_pause) {
    if (!owed_.empty())
        reload_not_before_ = now + for_an_earlier_one;
}

FileAndReload::Step FileAndReload::next(Clock::time_point now) {
    if (std::exchange(reload_has_failed_, false) && must_put_back()) {
        doing_ = Doing::putting_back;
        in_hand_ = last_good_;
        return PutBack{*in_hand_};
    }
    if (writes_now(now)) {
        doing_ = Doing::writing;
        // HAProxy has what is on disk, perhaps brought by commands: a failed reload can go back to
        // it.
        if (disk_ && is_live(disk_obstacles_) && !options_.files_only)
            last_good_ = disk_;
        in_hand_ = wanted_;
        in_hand_obstacles_ = obstacles_;
        return Write{*in_hand_};
    }
    if (stopping_)
        return End{};
    if (reload_is_due() && reload_turn() <= now) {
        doing_ = Doing::reloading;
        in_hand_ = disk_ && refused_ ? disk_ : wanted_;
        in_hand_obstacles_ = due();
        return Reload{*in_hand_, in_hand_obstacles_};
    }
    return Wait{next_turn()};
}

bool FileAndReload::writes_now(Clock::time_point now) const {
    const bool puts_back_first = reload_has_failed_ && must_put_back();
    return !puts_back_first && file_is_due() && (stopping_ ? !put_back_ : file_not_before_ <= now);
}

void FileAndReload::found(const haproxy::Config& on_disk) {
    disk_ = on_disk;
    if (owed_.empty())
        last_good_ = on_disk;
}

void FileAndReload::want(const haproxy::Config& config, plan::Obstacles obstacles,
                         Clock::time_point now) {
    // HAProxy needs no reload for it, so the file needn't wait for the next try of the reload.
    if (obstacles.empty() && std::exchange(put_back_, false))
        file_not_before_ = now;
    wanted_ = config;
    obstacles_ = std::move(obstacles);
    obstacles_known_ = true;
    if (options_.files_only)
        return;
    if (has_on_disk(*wanted_)) {
        disk_obstacles_ = obstacles_;
        return;
    }
    disk_obstacles_ = select(disk_obstacles_, false);
    disk_obstacles_.add(of_other_files(obstacles_));
}

void FileAndReload::process_met(const haproxy::Config* started_from, Clock::time_point now) {
    if (started_from != nullptr)
        last_good_ = *started_from;
    reload_pause_ = first_reload_pause;
    reload_not_before_ = std::min(reload_not_before_, now + options_.reload_interval);
    if (put_back_) // the file comes back with the reload
        file_not_before_ = std::min(file_not_before_, reload_not_before_);
}

void FileAndReload::written(Clock::time_point began, Clock::time_point now) {
    doing_ = Doing::nothing;
    file_not_before_ = now + rest_after(now - began);
    disk_ = last_write_ = in_hand_;
    refused_ = put_back_ = false;
    // If something else is wanted by now, its obstacles say nothing about this file.
    if (!options_.files_only)
        disk_obstacles_ = is_same(*in_hand_, *wanted_) ? obstacles_ : in_hand_obstacles_;
    if (is_live(disk_obstacles_))
        last_good_ = disk_;
    if (!options_.files_only)
        disk_obstacles_.add(of_other_files(obstacles_)); // written meanwhile
}

void FileAndReload::refused(Clock::time_point began, Clock::time_point now) {
    doing_ = Doing::nothing;
    file_not_before_ = now + rest_after(now - began);
    last_write_ = in_hand_;
    refused_ = true;
}

void FileAndReload::not_written(Clock::time_point began, Clock::time_point now) {
    doing_ = Doing::nothing;
    file_not_before_ = now + std::max<Clock::duration>(after_write_error, rest_after(now - began));
    if (stopping_)
        given_up();
}

void FileAndReload::given_up() {
    doing_ = Doing::nothing;
    last_write_ = wanted_; // the next run does it again
}

void FileAndReload::reloaded(Clock::time_point began) {
    doing_ = Doing::nothing;
    last_good_ = in_hand_;
    put_back_ = false;
    reload_pause_ = first_reload_pause;
    reload_not_before_ = began + options_.reload_interval;
    disk_obstacles_.clear();
    obstacles_.clear();
    obstacles_known_ = is_same(*in_hand_, *wanted_);
}

void FileAndReload::reload_failed(Clock::time_point began, Clock::time_point now) {
    doing_ = Doing::nothing;
    reload_not_before_ = std::max(now + reload_pause_, began + options_.reload_interval);
    reload_pause_ = std::min<Clock::duration>(reload_pause_ * 2, longest_reload_pause);
    reload_has_failed_ = true;
}

void FileAndReload::not_reloadable(Clock::time_point now) {
    doing_ = Doing::nothing;
    reload_not_before_ = now + longest_reload_pause;
}

void FileAndReload::was_put_back() {
    doing_ = Doing::nothing;
    put_back_ = true;
    disk_ = in_hand_;
    disk_obstacles_ = of_other_files(obstacles_); // HAProxy runs this file
    last_write_.reset();
    file_not_before_ = reload_not_before_;
    if (obstacles_known_ && obstacles_.empty()) { // by now no reload is needed
        put_back_ = false;
        file_not_before_ = Clock::time_point::min();
    }
}

const plan::Obstacles& FileAndReload::noted() const {
    // hitlessd may be killed as soon as the file is there, so the note must be there before it.
    const bool is_coming = doing_ == Doing::writing && !in_hand_obstacles_.empty();
    return is_coming ? in_hand_obstacles_ : disk_obstacles_;
}

const plan::Obstacles& FileAndReload::due() const {
    return refused_ ? disk_obstacles_ : obstacles_;
}

bool FileAndReload::has_on_disk(const haproxy::Config& config) const {
    return last_write_ && !refused_ && disk_ && is_same(*disk_, config);
}

bool FileAndReload::idle() const {
    return doing_ == Doing::nothing && !reload_has_failed_ && obstacles_known_ &&
           next_turn() == Clock::time_point::max();
}

bool FileAndReload::file_is_due() const {
    return wanted_ && obstacles_known_ && (!last_write_ || !is_same(*last_write_, *wanted_));
}

Clock::time_point FileAndReload::next_turn() const {
    if (file_is_due())
        return file_not_before_;
    return reload_is_due() ? reload_turn() : Clock::time_point::max();
}

Clock::time_point FileAndReload::reload_turn() const {
    return std::max(reload_not_before_, put_off_until_);
}

std::optional<Clock::time_point> FileAndReload::next_reload() const {
    if (due().empty())
        return std::nullopt;
    const auto turn = file_is_due() ? std::max(reload_turn(), file_not_before_) : reload_turn();
    return turn == Clock::time_point::max() ? std::nullopt : std::optional(turn);
}

bool FileAndReload::must_put_back() const {
    return last_good_ && (!disk_ || !is_same(*last_good_, *disk_));
}

} // namespace hitless::converge
