#include "daemon/file_keeper.hpp"

#include "hitless/haproxy/environment.hpp"

#include "base/event.hpp"
#include "base/off_the_loop.hpp"
#include "daemon/unless_stopped.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <utility>
#include <variant>

namespace hitless::daemon {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

/// These troubles outlive a new reading of the confdir.
constexpr std::array lasting_topics{"file", "reload"};

bool has_directory(const std::string& dest) {
    const fs::path directory = fs::path(dest).parent_path();
    std::error_code error;
    return directory.empty() || fs::is_directory(directory, error);
}

} // namespace

FileKeeper::FileKeeper(const asio::any_io_executor& executor, KeptResource& kept, Owner owner)
    : kept_(kept),
      owner_(std::move(owner)),
      note_(kept.resource.dest),
      noted_(note_.obstacles()),
      machine_({kept.publishing.sync_only, kept.options.reload_interval}, noted_, Clock::now()),
      dump_(kept),
      wake_(executor),
      complaints_(kept.status, apply::file_trouble) {
    for (const char* const topic : lasting_topics)
        complaints_.remember(topic, kept_.told_before);
    complaints_.say_again("reload"); // SIGHUP tries it at once
    if (const auto known = note_.expect_no_newer_build(); !known)
        spdlog::warn("{}; a reload counts as owed, for what stands there", known.error().message);
}

void FileKeeper::start_from(const haproxy::Config& on_disk) {
    machine_.found(on_disk);
}

void FileKeeper::want(const haproxy::Config& config, plan::Obstacles obstacles, bool held,
                      Clock::time_point no_reload_before) {
    const haproxy::Config* const before = machine_.wanted();
    const bool is_new = before == nullptr || &before->text() != &config.text();
    const plan::Obstacles noted = machine_.noted();
    const bool any_comes = !coming_.empty();
    std::ranges::move(std::exchange(coming_, {}), std::back_inserter(unnoted_));
    machine_.want(config, std::move(obstacles), Clock::now());
    settle_reload();
    if (machine_.is_writing() || machine_.is_reloading()) { // run() may wait long for that
        note_owed_reload();
        kept_.witness.owes(!machine_.awaited().empty());
    }
    machine_.put_off_reload(no_reload_before);
    if (is_new && !held)
        dump_.note_change();
    if (is_new || !machine_.idle() || any_comes || noted != machine_.noted())
        wake_.notify();
}

/// The need may go while a reload is under way that fails then.
void FileKeeper::settle_reload() {
    if (machine_.wanted() != nullptr && !machine_.needs_reload())
        complaints_.settle("reload", "no reload is needed any more: what it was for is undone, or "
                                     "HAProxy was started anew");
}

void FileKeeper::note_keys() {
    dump_.note_change();
    wake_.notify();
}

void FileKeeper::look_at_notes() {
    if (dump_.is_gone())
        dump_.note_change();
    looks_at_note_ = true;
    wake_.notify();
}

/// Nobody else has a reason to write it.
asio::awaitable<void> FileKeeper::remove_foreign_note() {
    const bool is_foreign = std::exchange(looks_at_note_, false) && noted_.empty() &&
                            note_.is_set() && !kept_.status.is_shown_by_another();
    if (!is_foreign)
        co_return;
    const Result<void> cleared = co_await base::off_the_loop([this] { return note_.clear(); });
    if (cleared)
        spdlog::info("removed a note beside {} that said that HAProxy is owed a reload: this "
                     "hitlessd owes it none",
                     kept_.resource.dest);
}

void FileKeeper::note_used_file(const std::string& path, bool needs_reload) {
    if (needs_reload)
        coming_.push_back(path);
    if (machine_.is_refused())
        check_again();
}

void FileKeeper::check_again() {
    machine_.check_again();
    wake_.notify();
}

void FileKeeper::check_current() {
    checks_current_ = true;
    check_again();
}

void FileKeeper::note_process(const haproxy::Config* started_from) {
    machine_.process_met(started_from, Clock::now());
    if (machine_.is_refused() && !missing_.empty()) // which it may have
        machine_.check_again();
    wake_.notify();
}

void FileKeeper::stop() {
    machine_.stop();
    wake_.notify();
}

asio::awaitable<void> FileKeeper::run() {
    for (bool goes_on = true; goes_on;) {
        co_await keep_note();
        settle_reload();
        note_owed_reload();
        kept_.witness.owes(!machine_.awaited().empty());
        const auto now = Clock::now();
        const bool is_dump_due = dump_.due() <= now || (machine_.is_stopping() &&
                                                        dump_.due() != Clock::time_point::max());
        if (is_dump_due && !machine_.writes_now(now)) {
            co_await dump_.write(machine_.is_stopping());
            continue;
        }
        const Machine::Step step = machine_.next(now);
        if (const auto* const write = std::get_if<Machine::Write>(&step))
            goes_on = co_await bring_to_disk(write->config);
        else if (const auto* const reload_it = std::get_if<Machine::Reload>(&step))
            goes_on = co_await reload(reload_it->config, reload_it->why);
        else if (const auto* const back = std::get_if<Machine::PutBack>(&step))
            co_await put_back(back->config);
        else if (const auto* const pause = std::get_if<Machine::Wait>(&step))
            co_await wait(pause->until);
        else
            goes_on = false;
    }
    co_await keep_note();
    for (const char* const topic : lasting_topics)
        complaints_.hand_over(topic, kept_.told_before);
    ended_ = true;
    kept_.wake.notify();
}

asio::awaitable<void> FileKeeper::wait(Clock::time_point until) {
    tell_turn();
    // Once a trouble: the owner may answer by waking this.
    const bool is_news = std::exchange(told_trouble_, in_trouble()) != in_trouble();
    if (machine_.idle() || is_news)
        kept_.wake.notify();
    co_await wake_.wait_until(std::min(until, dump_.due()));
}

/// Notes for the next run, should this one be killed, whether what is on disk needs a reload:
/// before such a file is written, and not any more when one that needs none is there.
asio::awaitable<void> FileKeeper::keep_note() {
    if (kept_.publishing.sync_only)
        co_return;
    const std::vector<std::string> used_files = std::exchange(unnoted_, {});
    if (noted_ == machine_.noted()) {
        kept_.site.note_reload(used_files);
        complaints_.settle("note", "no note of an owed reload is needed any more");
        co_await remove_foreign_note();
        co_return;
    }
    plan::Obstacles obstacles = machine_.noted();
    const auto write = [this, &obstacles] {
        return obstacles.empty() ? note_.clear() : note_.set(obstacles);
    };
    const Result<void> written = co_await base::off_the_loop(write);
    if (!written) {
        // Where dest's directory is missing, the file's own trouble says so.
        if (has_directory(kept_.resource.dest))
            complaints_.raise("note",
                              fmt::format("{}; if hitlessd ends before the reload that is due, "
                                          "the next one doesn't know that it is",
                                          written.error().message));
        std::ranges::copy(used_files, std::back_inserter(unnoted_));
        co_return;
    }
    noted_ = std::move(obstacles);
    kept_.site.note_reload(used_files);
    complaints_.settle("note", "the note of an owed reload can be kept again");
}

asio::awaitable<bool> FileKeeper::bring_to_disk(haproxy::Config config) {
    const auto began = Clock::now();
    check_began_ = std::chrono::system_clock::now();
    co_await keep_note();
    co_await complete_environment(config, owner_.sockets());
    owner_.writes(config);
    kept_.witness.publishes();
    apply::PublishOptions publishing = kept_.publishing;
    publishing.environment = environment_;
    publishing.check_current = std::exchange(checks_current_, false);
    auto publishes = apply::publish(kept_.resource, config.text(), publishing);
    const auto done = co_await unless_stopped(kept_, grace_of_check, std::move(publishes));
    if (!done) {
        spdlog::warn("{} is left as it is, since its check_cmd did not end within {} s of the "
                     "signal; the next start, or the new reading of the confdir, does it again",
                     kept_.resource.dest, grace_of_check.count());
        machine_.given_up();
        co_return false;
    }
    const bool is_refused = *done && (*done)->kind == apply::Published::Kind::refused;
    kept_.witness.published(*done, is_refused ? why_refused(**done) : std::string(),
                            Clock::now() - began);
    if (*done) {
        note_outcome(config, **done, began);
        co_return true;
    }
    complaints_.raise(
        "file", fmt::format("{} stays as it is: {}", kept_.resource.dest, done->error().message));
    machine_.not_written(began, Clock::now());
    co_return true;
}

/// check_cmd, and reload_cmd, run in our environment, where variables may be missing that the file
/// names and that HAProxy has.
asio::awaitable<void> FileKeeper::complete_environment(haproxy::Config config,
                                                       std::vector<std::string> sockets) {
    environment_.clear();
    missing_ = haproxy::missing_variables(config, haproxy::own_environment());
    if (missing_.empty())
        co_return;
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

asio::awaitable<Result<apply::Published>> FileKeeper::try_out(haproxy::Config config,
                                                              std::vector<std::string> sockets) {
    co_await complete_environment(config, std::move(sockets));
    if (!missing_.empty()) // HAProxy may have them, and doesn't tell
        co_return apply::Published{};
    apply::PublishOptions options = kept_.publishing;
    options.environment = environment_;
    auto tries = apply::try_out(kept_.resource, config.text(), std::move(options));
    co_return co_await std::move(tries);
}

void FileKeeper::note_outcome(const haproxy::Config& config, const apply::Published& published,
                              Clock::time_point began) {
    const auto now = Clock::now();
    if (published.kind == apply::Published::Kind::refused) {
        machine_.refused(began, now);
        note_refused(config, published);
        return;
    }
    machine_.written(began, now);
    refused_in_a_row_ = 0;
    complaints_.settle("file", fmt::format("the new {} is accepted, and can be written again",
                                           kept_.resource.dest));
    if (published.kind == apply::Published::Kind::written) {
        owner_.written(config);
        tell_written(now - began);
    }
}

void FileKeeper::note_refused(const haproxy::Config& config, const apply::Published& published) {
    if (++refused_in_a_row_ <= most_refused_in_a_row && owner_.refused(config, published))
        return;
    refused_in_a_row_ = 0; // the next change may bring it further
    complaints_.raise("file",
                      fmt::format("{} stays as it is, since its check_cmd refuses the new one: {}",
                                  kept_.resource.dest, why_refused(published)));
}

asio::awaitable<bool> FileKeeper::reload(haproxy::Config config, plan::Obstacles why) {
    const std::string reason = fmt::format("{}", fmt::join(in_words(why, most_reasons), "; "));
    if (kept_.resource.reload_cmd.empty() && kept_.options.haproxy_master.empty()) {
        complaints_.raise("reload",
                          fmt::format("HAProxy needs a reload, but {} has no reload_cmd; add one, "
                                      "start hitlessd with -haproxy-master, or reload HAProxy "
                                      "yourself. Why: {}",
                                      kept_.resource.file, reason));
        machine_.not_reloadable(Clock::now());
        co_return true;
    }
    const bool is_first = std::exchange(is_first_reload_, false);
    log(complaints_.raised("reload") && !is_first ? spdlog::level::debug : spdlog::level::info,
        base::Event("reload").with("dest", kept_.resource.dest).with("reason", reason));
    const auto began = Clock::now();
    auto reloads = apply::reload(kept_.resource, kept_.options.haproxy_master, owner_.processes(),
                                 environment_);
    owner_.reload_begins();
    const auto done = co_await unless_stopped(kept_, grace_of_reload, std::move(reloads));
    if (!done || !*done)
        owner_.reload_failed();
    if (!done) {
        spdlog::warn(
            "the reload of HAProxy did not end within {} s of the signal; it is noted, and "
            "the next start, or the new reading of the confdir, does it",
            grace_of_reload.count());
        machine_.given_up();
        co_return false;
    }
    kept_.witness.reloaded(why, Clock::now() - began,
                           *done ? std::string() : done->error().message);
    if (!*done) {
        machine_.reload_failed(began, Clock::now());
        tell_failed_reload(done->error().message);
        co_return true;
    }
    ++reloads_;
    is_put_back_told_ = false;
    machine_.reloaded(began);
    complaints_.settle("reload", "HAProxy can be reloaded again");
    log(spdlog::level::info,
        base::Event("reloaded").with("dest", kept_.resource.dest).took(Clock::now() - began));
    owner_.reloaded(config);
    co_return true;
}

/// HAProxy goes on with what it had; should it be restarted, it must not find the file that it
/// could not be reloaded with.
asio::awaitable<void> FileKeeper::put_back(haproxy::Config config) {
    apply::PublishOptions options;
    options.sync_only = true; // it was checked when it was new
    kept_.live.outdate_coming_dest();
    const auto published = co_await apply::publish(kept_.resource, config.text(), options);
    if (!published) {
        complaints_.raise(
            "file", fmt::format("{} is newer than what HAProxy runs, and the older file can't "
                                "be put back, so that a restart of HAProxy may fail: {}",
                                kept_.resource.dest, published.error().message));
        machine_.not_put_back();
        kept_.live.outdate_dest();
        co_return;
    }
    if (!std::exchange(is_put_back_told_, true))
        spdlog::warn(
            "{} is what it was before the reload again, until the next try, so that a restart "
            "of HAProxy finds a file that it can load",
            kept_.resource.dest);
    machine_.was_put_back();
    owner_.written(config);
    kept_.live.outdate_dest();
}

} // namespace hitless::daemon
