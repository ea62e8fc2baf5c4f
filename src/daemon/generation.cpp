#include "daemon/generation.hpp"

#include "hitless/apply/reports.hpp"
#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/line_files.hpp"
#include "hitless/keys/keys_file.hpp"

#include "base/event.hpp"
#include "base/in_place.hpp"
#include "base/spawn.hpp"
#include "daemon/plain_keeper.hpp"
#include "daemon/reconciler.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;

constexpr std::string_view cut_off = "cut off"; ///< a topic of Status

/// Whether the template makes a configuration of HAProxy of the keys.
Result<bool> judge(Work& work) {
    const confd::Rendering rendering = work.renderer->render({nullptr, !work.rules.strict});
    if (rendering.output.failure)
        return Error{apply::explain(*rendering.output.failure, *work.renderer, work.rules)};
    return apply::makes_haproxy(rendering, work.rules);
}

/// With -onetime. A node that doesn't answer is left after half of it.
constexpr std::chrono::seconds longest_wait_for_keys{20};

std::string why_no_keys(const Work& work) {
    return fmt::format("{} and what it is for stay as they are, since the keys could not be read "
                       "within {} s: {}",
                       work.resource.dest, longest_wait_for_keys.count(),
                       work.cut_off.empty() ? "there is no whole answer yet" : work.cut_off);
}

/// Waits for the keys, the names that the template looks up, and the first rendering; returns
/// whether it is HAProxy's configuration, or nothing when told to stop before that.
asio::awaitable<std::optional<bool>> first_rendering(Work& work) {
    using Clock = Wake::Clock;
    Complaints complaints(work.status, apply::keys_trouble);
    auto limit = work.onetime ? Clock::now() + longest_wait_for_keys : Clock::time_point::max();
    for (; !work.stopping; co_await work.wake.wait_until(limit)) {
        if (!work.feed.complete()) {
            if (Clock::now() < limit)
                continue;
            complaints.raise("keys", why_no_keys(work));
            break;
        }
        limit = Clock::time_point::max();
        const auto is_haproxy = judge(work);
        if (work.waits_for_names())
            continue;
        if (is_haproxy)
            co_return *is_haproxy;
        complaints.raise("render", fmt::format("{} is not rendered: {}", work.resource.dest,
                                               is_haproxy.error().message));
        if (work.onetime)
            break;
    }
    work.failed = complaints.any() || work.onetime;
    co_return std::nullopt;
}

/// What has arrived, a line each key.
void tell_at_debug(const keys::Update& update) {
    constexpr std::size_t most_value = 100;
    if (!spdlog::should_log(spdlog::level::debug))
        return;
    if (update.kind == keys::Update::Kind::snapshot)
        log(spdlog::level::debug, base::Event("read")
                                      .with("keys_below", update.root)
                                      .with("keys", std::int64_t(update.entries.size()))
                                      .with("index", std::int64_t(update.index)));
    for (const keys::Event& event : update.events) {
        const bool is_set = event.kind == keys::Event::Kind::put;
        auto line = base::Event(is_set ? "key_set" : "key_deleted").with("key", event.key);
        if (is_set)
            line.with("value", base::printable(event.value, most_value));
        log(spdlog::level::debug, line.with("index", std::int64_t(update.index)));
    }
}

/// The keys that were deleted, for whoever asks which to put back.
void note_gone(const keys::Update& update, std::vector<std::string>& gone) {
    constexpr std::size_t most_gone = 20;
    for (const keys::Event& event : update.events) {
        if (event.kind == keys::Event::Kind::remove && gone.size() < most_gone)
            gone.push_back(event.key);
    }
}

/// Removes what a run that was killed has left beside dest.
void clean_up(const std::string& dest) {
    const auto finished = base::finish_in_place(dest);
    if (!finished)
        spdlog::error("can't finish what a hitlessd that was killed has begun to write: {}",
                      finished.error().message);
    else if (*finished)
        spdlog::warn("{} may have been half a file, since a hitlessd was killed while it wrote it "
                     "in place; it is whole now, as that one wanted it",
                     dest);
    for (const std::string& file :
         {dest, base::companion_path(dest, keys::dump_suffix),
          base::companion_path(dest, "store.json"), base::companion_path(dest, "resource.json"),
          apply::status_path(dest), apply::follow_path(dest), apply::holds_path(dest)}) {
        for (const std::string& left : base::remove_abandoned(file))
            spdlog::info("removed the unfinished file {} of a hitlessd that was killed", left);
    }
}

asio::awaitable<void> keep(asio::any_io_executor executor, Work& work) {
    for (;;) {
        const auto is_haproxy = co_await first_rendering(work);
        if (!is_haproxy)
            co_return;
        work.changed = true;
        if (*is_haproxy) {
            Reconciler reconciler(executor, work);
            work.reconciler = &reconciler;
            co_await reconciler.run();
            work.reconciler = nullptr;
            co_return;
        }
        work.is_plain = true;
        const PlainEnd end = co_await keep_plain(work);
        work.is_plain = false;
        if (end == PlainEnd::stopped)
            co_return;
        spdlog::info("{} is a configuration of HAProxy from now on, and is kept as one",
                     work.resource.dest);
    }
}

} // namespace

Generation::Generation(asio::any_io_executor executor, apply::Resolver& resolver,
                       const confd::Settings& settings, const Options& options,
                       monitor::Monitor* monitor)
    : executor_(std::move(executor)),
      resolver_(resolver),
      settings_(settings),
      options_(options),
      monitor_(monitor),
      troubles_(std::make_shared<base::SharedTroubles>()),
      ended_(executor_) {
    troubles_->when_over([this] {
        for (const auto& work : works_) {
            work->tell_in_step = true;
            work->wake.notify();
        }
    });
    troubles_->when_raised([this] { note_failure(); });
    troubles_->when_cut_off([this](std::string_view why) { note_cut_off(why); });
}

/// `why`: no registry can be followed; empty: it can be.
void Generation::note_cut_off(std::string_view why) {
    if (monitor_ != nullptr)
        monitor_->registry.trouble = why;
    for (const auto& work : works_) {
        work->cut_off = why;
        if (why.empty()) {
            work->status.settle(this, cut_off);
            work->wake.notify(); // it may be in step, which wasn't said meanwhile
            continue;
        }
        work->status.raise(
            this, apply::registry_trouble, cut_off,
            fmt::format("{}; {}", why,
                        work->feed.complete()
                            ? "until it can be, the keys that were last read count"
                            : "since it was started, this hitlessd has not read all its keys, and "
                              "until it has, it changes nothing"));
    }
}

bool Generation::load() {
    auto registry = confd::registry_settings(settings_);
    if (!registry) {
        complain(registry.error().message);
        return false;
    }
    registry_ = std::move(*registry);
    confd::Resources resources = confd::load_resources(settings_.confdir, settings_.prefix);
    std::erase_if(resources.loaded, [&](const confd::Resource& resource) {
        const auto regular = base::expect_regular(resource.dest);
        if (!regular)
            resources.errors.push_back(fail("{}: its dest {}; this resource is left out",
                                            resource.file, regular.error().message));
        return !regular;
    });
    for (const Error& error : resources.errors)
        complain(error.message);
    const auto by_lines = apply::files_read_by_lines(resources.loaded);
    for (confd::Resource& resource : resources.loaded)
        add(std::move(resource));
    for (const auto& work : works_)
        work->is_read_by_lines = haproxy::names_file(by_lines, work->resource.dest);
    if (works_.empty())
        spdlog::error(
            "there is no usable template resource (a *.toml file) in {}/conf.d, so there is "
            "nothing to do; 'man hitless-configuration' says what one looks like",
            settings_.confdir);
    return !works_.empty();
}

void Generation::add(confd::Resource resource) {
    auto renderer = confd::Renderer::load(resource.src);
    if (!renderer) {
        const std::string text = fmt::format("{}: {}", resource.file, renderer.error().message);
        complain(text);
        broken_.emplace_back(resource.dest, !settings_.noop)
            .raise(this, apply::keys_trouble, "template", text);
        return;
    }
    if (!settings_.noop)
        clean_up(resource.dest);
    auto work =
        std::make_unique<Work>(executor_, resolver_, options_, std::move(resource),
                               std::move(*renderer), settings_.strict, settings_.noop, monitor_);
    work->publishing = {settings_.sync_only, settings_.keep_stage_file};
    work->note = {settings_.confdir, work->resource.file, settings_.prefix, settings_.strict,
                  options_.drain_timeout};
    work->onetime = settings_.onetime;
    for (const std::string& root : work->resource.watched()) {
        auto& watcher = watches_[root].watcher;
        if (!watcher)
            watcher = registry::watch(
                registry_, root, [this](const keys::Update& update) { spread(update); }, troubles_);
    }
    works_.push_back(std::move(work));
}

void Generation::complain(const std::string& text) {
    spdlog::error("{}", text);
    if (trouble_.empty())
        trouble_ = text;
}

void Generation::note_stale(const std::string& why) {
    for (const auto& work : works_)
        work->status.raise(this, apply::keys_trouble, "stale", why);
}

/// What is followed, and what is kept in step with it.
void Generation::tell_beginning() const {
    std::vector<std::string> roots;
    for (const auto& [root, watch] : watches_)
        roots.push_back(base::printable(root));
    const std::string where = registry::describe(registry_);
    log(spdlog::level::info,
        base::Event("follow")
            .with("registry", where)
            .with("keys", roots)
            .says(fmt::format("following {}: the keys below {}", where, fmt::join(roots, ", "))));
    for (const auto& work : works_) {
        const confd::Resource& resource = work->resource;
        log(spdlog::level::info,
            base::Event("keep")
                .with("dest", resource.dest)
                .with("resource", resource.file)
                .with("template", resource.src)
                .says(
                    fmt::format("keeping {} in step with the keys by the template resource {} and "
                                "the template {}",
                                resource.dest, resource.file, resource.src)));
    }
}

void Generation::remember(Generation& before) {
    for (const auto& work : works_) {
        for (const auto& old : before.works_) {
            if (old->resource.dest != work->resource.dest)
                continue;
            work->told_before = std::move(old->told_before);
            work->held_note = std::move(old->held_note);
            work->status.take_hold_of(old->status);
            work->lookups.remember(old->lookups);
        }
    }
}

void Generation::start() {
    tell_beginning();
    if (monitor_ != nullptr)
        monitor_->registry.trouble.clear(); // of the watchers before
    running_ = works_.size() + watches_.size();
    for (const auto& work : works_)
        asio::co_spawn(executor_, keep(executor_, *work),
                       [this, &lookups = work->lookups](const std::exception_ptr& error) {
                           base::rethrow(error);
                           lookups.stop();
                           end_of_one();
                           if (running_ == watches_.size())
                               stop_watching();
                       });
    for (auto& [root, watch] : watches_)
        asio::co_spawn(executor_, watch.watcher->run(),
                       asio::bind_cancellation_slot(watch.cancel.slot(),
                                                    [this](const std::exception_ptr& error) {
                                                        if (!stopped_watching_)
                                                            base::rethrow(error);
                                                        end_of_one();
                                                    }));
}

void Generation::stop_watching() {
    stopped_watching_ = true;
    for (auto& [root, watch] : watches_)
        watch.cancel.emit(asio::cancellation_type::terminal);
}

void Generation::end_of_one() {
    --running_;
    ended_.notify();
}

void Generation::spread(const keys::Update& update) {
    tell_at_debug(update);
    note_update(update);
    for (const auto& work : works_) {
        if (!work->feed.watches(update.root))
            continue;
        const bool was_complete = work->feed.complete();
        const bool other_store =
            update.other_store ||
            (update.kind == keys::Update::Kind::snapshot && work->store.is_other(update));
        work->store.see(update);
        const bool changed = work->feed.apply(update, work->renderer->tree());
        if (!changed && was_complete)
            continue;
        work->changed = true;
        ++work->changes;
        note_gone(update, work->gone);
        if (changed && other_store && update.entries.empty())
            work->distrusted = true;
        if (update.kind == keys::Update::Kind::events && !work->since)
            work->since = update.received;
        if (work->feed.complete())
            work->wake.notify();
    }
}

void Generation::reconcile() {
    for (auto& [root, watch] : watches_) {
        asked_to_read_.insert(root);
        watch.watcher->read_again();
    }
    for (const auto& work : works_) {
        work->reconcile = true;
        work->wake.notify();
    }
}

void Generation::confirm() {
    if (std::ranges::none_of(works_, [](const auto& work) { return work->is_guarded; })) {
        spdlog::info("SIGUSR1: no change is held, so there is nothing to apply");
        return;
    }
    for (const auto& work : works_) {
        work->confirmed = true;
        work->wake.notify();
    }
}

void Generation::stop() {
    for (const auto& work : works_) {
        work->stopping = true;
        work->wake.notify();
    }
}

asio::awaitable<void> Generation::finished() {
    while (running_ > 0)
        co_await ended_.wait_until(Wake::Clock::time_point::max());
}

bool Generation::failed() const {
    return std::ranges::any_of(works_, [](const auto& work) { return work->failed; });
}

} // namespace hitless::daemon
