#include "daemon/fallback.hpp"

#include "hitless/apply/publish.hpp"
#include "hitless/haproxy/environment.hpp"

#include "base/event.hpp"
#include "daemon/unless_stopped.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds first_reload_pause{1'000};
constexpr milliseconds longest_reload_pause{60'000};
constexpr milliseconds after_write_error{1'000};

/// A reload that the last run had begun when it was killed may still be under way. The process that
/// it starts has read an older file, and must not be taken for that of the next reload.
constexpr milliseconds for_an_earlier_one{1'000};
/// Of a reason that an earlier run, or an earlier reading of the confdir, has noted.
constexpr std::string_view since_before = " (owed since before the last start or SIGHUP)";

} // namespace

Fallback::Fallback(const asio::any_io_executor& executor, Work& work, Owner owner)
    : work_(work),
      owner_(std::move(owner)),
      note_(work.resource.dest),
      dump_(work),
      wake_(executor),
      complaints_(work.status, apply::file_trouble),
      is_noted_(note_.is_set()),
      noted_(note_.reasons()),
      reload_pause_(first_reload_pause) {
    complaints_.remember("file", work_.told_before);
    if (!is_noted_)
        return;
    reload_not_before_ = Clock::now() + for_an_earlier_one;
    for (const std::string& reason : noted_)
        owed_reasons_.push_back(
            reason.ends_with(since_before) ? reason : reason + std::string(since_before));
    if (owed_reasons_.empty())
        owed_reasons_.emplace_back("a reload was owed when the last run ended");
    noted_ = owed_reasons_;
}

void Fallback::start_from(const haproxy::Config& on_disk) {
    disk_ = on_disk;
    if (is_noted_)
        disk_reasons_ = owed_reasons_;
    else
        good_ = on_disk;
}

void Fallback::want(const haproxy::Config& config, std::vector<std::string> reload_reasons,
                    bool held) {
    if (reload_reasons.empty() && !reasons_.empty()) {
        complaints_.settle("reload", "no reload is needed any more: HAProxy has been started "
                                     "again, or the keys are as before");
        if (std::exchange(put_back_, false))
            file_not_before_ = Clock::now();
    }
    if (!wanted_ || &wanted_->text() != &config.text()) {
        wanted_ = config;
        if (!held)
            note_keys();
    }
    reasons_ = std::move(reload_reasons);
    if (has_on_disk(*wanted_))
        note_owed(reasons_);
    if (file_is_due() || reload_is_due()) {
        idle_ = false;
        wake_.notify();
    }
}

void Fallback::note_keys() {
    dump_.note_change();
    wake_.notify();
}

bool Fallback::has_on_disk(const haproxy::Config& config) const {
    return settled_ && !refused_ && disk_ && disk_->text() == config.text();
}

/// What is on disk needs a reload, or none where there is no reason. Where files only are touched,
/// nobody knows.
void Fallback::note_owed(std::vector<std::string> reasons) {
    if (work_.publishing.sync_only)
        return;
    disk_reasons_ = std::move(reasons);
    set_note(disk_reasons_);
}

/// Notes for the next run, should this one be killed, whether what is on disk needs a reload:
/// before such a file is written, and not any more when one that needs none is there.
void Fallback::set_note(const std::vector<std::string>& reasons) {
    const bool is_owed = !reasons.empty();
    if (is_noted_ == is_owed && noted_ == reasons)
        return;
    if (!is_owed) {
        note_.clear();
    } else if (const auto noted = note_.set(reasons); !noted) {
        complaints_.raise("note", fmt::format("{}; if hitlessd ends before the reload that is due, "
                                              "the next one doesn't know that it is",
                                              noted.error().message));
        return;
    }
    is_noted_ = is_owed;
    noted_ = reasons;
    complaints_.settle("note", "the note of an owed reload can be kept again");
}

void Fallback::check_again() {
    settled_.reset();
    wake_.notify();
}

void Fallback::note_process() {
    // What kept a reload from succeeding may be over; perhaps none is due any more.
    reload_pause_ = first_reload_pause;
    reload_not_before_ = std::min(reload_not_before_, Clock::now() + work_.options.reload_interval);
    if (refused_ && !missing_.empty())
        check_again();
}

void Fallback::stop() {
    stopping_ = true;
    wake_.notify();
}

bool Fallback::file_is_due() const {
    return wanted_ && settled_ != wanted_->text();
}

/// Why a reload is due: where what is wanted was refused, what is on disk may need it all the same.
const std::vector<std::string>& Fallback::due_reasons() const {
    return refused_ ? disk_reasons_ : reasons_;
}

bool Fallback::reload_is_due() const {
    return !due_reasons().empty() && !file_is_due();
}

Fallback::Clock::time_point Fallback::next_turn() const {
    if (file_is_due())
        return file_not_before_;
    return reload_is_due() ? reload_not_before_ : Clock::time_point::max();
}

asio::awaitable<void> Fallback::run() {
    for (;;) {
        const bool file_turn =
            file_is_due() && (stopping_ ? !put_back_ : file_not_before_ <= Clock::now());
        if (file_turn) {
            const bool written = co_await bring_to_disk();
            if (stopping_ && !written)
                break;
            continue;
        }
        if (dump_.due() <= Clock::now() || (stopping_ && dump_.due() != Clock::time_point::max())) {
            co_await dump_.write();
            continue;
        }
        if (stopping_)
            break;
        if (reload_is_due() && reload_not_before_ <= Clock::now()) {
            co_await reload();
            continue;
        }
        tell_turn();
        idle_ = next_turn() == Clock::time_point::max();
        if (idle_)
            work_.wake.notify();
        co_await wake_.wait_until(std::min(next_turn(), dump_.due()));
    }
    complaints_.hand_over("file", work_.told_before);
    ended_ = idle_ = true;
    work_.wake.notify();
}

/// Returns false when the file could not be written.
asio::awaitable<bool> Fallback::bring_to_disk() {
    const haproxy::Config config = *wanted_;
    const std::vector<std::string> reasons = reasons_;
    const std::string& dest = work_.resource.dest;
    const std::vector<std::string> noted_before = noted_;
    const auto begin = Clock::now();
    if (!reasons.empty())
        set_note(reasons);
    co_await complete_environment(config);
    apply::PublishOptions publishing = work_.publishing;
    publishing.environment = environment_;
    auto publishes = apply::publish(work_.resource, config.text(), publishing);
    const auto done = co_await unless_stopped(work_, grace_of_check, std::move(publishes));
    if (!done) {
        spdlog::warn("{} is left as it is, since its check_cmd did not end within {} s of the "
                     "signal; the next start, or the new reading of the confdir, does it again",
                     dest, grace_of_check.count());
        set_note(noted_before);
        co_return false;
    }
    const Result<apply::Published>& published = *done;
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
    // Checks of a large file cost more than the change: they get a quarter of the time at most.
    file_not_before_ = Clock::now() + 3 * took;
    if (!published) {
        complaints_.raise("file",
                          fmt::format("{} stays as it is: {}", dest, published.error().message));
        file_not_before_ = Clock::now() + std::max<Clock::duration>(after_write_error, 3 * took);
        co_return false;
    }
    settle(config, *published);
    if (published->kind == apply::Published::Kind::refused) {
        set_note(noted_before);
        co_return true;
    }
    disk_ = config;
    // The reasons may have changed meanwhile, and be those of a newer configuration.
    note_owed(&config.text() == &wanted_->text() ? reasons_ : reasons);
    if (disk_reasons_.empty())
        good_ = config;
    if (published->kind == apply::Published::Kind::written) {
        owner_.written(config);
        tell_written(took);
    }
    co_return true;
}

/// check_cmd, and reload_cmd, run in our environment, where variables may be missing that the file
/// names and that HAProxy has.
asio::awaitable<void> Fallback::complete_environment(const haproxy::Config& config) {
    environment_.clear();
    missing_ = haproxy::missing_variables(config, haproxy::own_environment());
    if (missing_.empty())
        co_return;
    const std::vector<std::string> sockets = owner_.sockets();
    for (const std::string& socket : sockets) {
        auto found = co_await apply::ask_environment(socket, missing_);
        for (std::string& variable : found) {
            missing_.erase(variable.substr(0, variable.find('=')));
            environment_.push_back(std::move(variable));
        }
        if (missing_.empty())
            break;
    }
}

void Fallback::settle(const haproxy::Config& config, const apply::Published& published) {
    constexpr int most_in_a_row = 100;
    const std::string& dest = work_.resource.dest;
    settled_ = config.text();
    refused_ = published.kind == apply::Published::Kind::refused;
    if (!refused_) {
        refused_in_a_row_ = 0;
        complaints_.settle("file",
                           fmt::format("the new {} is accepted, and can be written again", dest));
    } else if (++refused_in_a_row_ > most_in_a_row || !owner_.refused(config, published)) {
        refused_in_a_row_ = 0; // the next change may bring it further
        complaints_.raise(
            "file", fmt::format("{} stays as it is, since its check_cmd refuses the new one: {}",
                                dest, why_refused(published)));
    }
}

/// Reloads HAProxy with what is on disk.
asio::awaitable<void> Fallback::reload() {
    const std::string reason = fmt::format("{}", fmt::join(due_reasons(), "; "));
    if (work_.resource.reload_cmd.empty() && work_.options.haproxy_master.empty()) {
        complaints_.raise("reload",
                          fmt::format("HAProxy needs a reload, but {} has no reload_cmd; add one, "
                                      "start hitlessd with -haproxy-master, or reload HAProxy "
                                      "yourself. Why: {}",
                                      work_.resource.file, reason));
        reload_not_before_ = Clock::now() + longest_reload_pause;
        co_return;
    }
    const haproxy::Config config = disk_ && refused_ ? *disk_ : *wanted_;
    log(complaints_.raised("reload") ? spdlog::level::debug : spdlog::level::info,
        base::Event("reload").with("dest", work_.resource.dest).with("reason", reason));
    const auto begin = Clock::now();
    auto reloads = apply::reload(work_.resource, work_.options.haproxy_master, owner_.processes(),
                                 environment_);
    work_.reloading = true;
    const auto ended = co_await unless_stopped(work_, grace_of_reload, std::move(reloads));
    work_.reloading = false;
    if (!ended) {
        spdlog::warn(
            "the reload of HAProxy did not end within {} s of the signal; it is noted, and "
            "the next start, or the new reading of the confdir, does it",
            grace_of_reload.count());
        co_return;
    }
    const Result<void>& done = *ended;
    if (!done) {
        report_failed_reload(done.error().message);
        co_await put_back();
        co_return;
    }
    ++reloads_;
    good_ = config;
    put_back_ = is_put_back_told_ = false;
    reload_pause_ = first_reload_pause;
    reload_not_before_ = begin + work_.options.reload_interval;
    reasons_.clear(); // what is still owed comes with the next want()
    note_owed({});
    complaints_.settle("reload", "HAProxy can be reloaded again");
    log(spdlog::level::info,
        base::Event("reloaded").with("dest", work_.resource.dest).took(Clock::now() - begin));
    owner_.reloaded(config);
}

void Fallback::report_failed_reload(const std::string& what) {
    complaints_.raise("reload",
                      fmt::format("the reload failed, HAProxy runs on as it was, and the reload is "
                                  "tried again with growing pauses: {}",
                                  what));
    spdlog::debug("the next try of the reload is in {} ms", reload_pause_.count());
    reload_not_before_ = Clock::now() + reload_pause_;
    reload_pause_ = std::min(reload_pause_ * 2, longest_reload_pause);
}

/// HAProxy goes on with what it had; should it be restarted, it must not find the file that it
/// could not be reloaded with.
asio::awaitable<void> Fallback::put_back() {
    if (!good_ || (disk_ && good_->text() == disk_->text()))
        co_return;
    apply::PublishOptions options;
    options.sync_only = true; // it was checked when it was new
    const auto published = co_await apply::publish(work_.resource, good_->text(), options);
    if (!published) {
        complaints_.raise(
            "file", fmt::format("{} is newer than what HAProxy runs, and the older file can't "
                                "be put back, so that a restart of HAProxy may fail: {}",
                                work_.resource.dest, published.error().message));
        co_return;
    }
    if (!is_put_back_told_)
        spdlog::warn(
            "{} is what it was before the reload again, until the next try, so that a restart "
            "of HAProxy finds a file that it can load",
            work_.resource.dest);
    is_put_back_told_ = true;
    put_back_ = true;
    disk_ = *good_;
    owner_.written(*good_);
    work_.live.outdate_dest();
    note_owed({}); // the next daemon sees by the file itself what differs
    settled_.reset();
    file_not_before_ = reload_not_before_;
}

} // namespace hitless::daemon
