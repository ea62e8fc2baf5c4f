#include "daemon/generation.hpp"

#include "hitless/apply/gate.hpp"
#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "base/event.hpp"
#include "base/spawn.hpp"
#include "daemon/keep_resource.hpp"
#include "daemon/leftovers.hpp"

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
      site_(haproxy::own_environment()),
      ended_(executor_) {
    troubles_->when_over([this] {
        for (const auto& kept : resources_) {
            kept->inbox.say_in_step = true;
            kept->wake.notify();
        }
    });
    troubles_->when_raised([this] { note_failure(); });
    troubles_->when_cut_off([this](std::string_view why) { note_cut_off(why); });
}

/// `why`: no registry can be followed; empty: it can be.
void Generation::note_cut_off(std::string_view why) {
    if (monitor_ != nullptr)
        monitor_->registry.trouble = why;
    for (const auto& kept : resources_) {
        kept->cut_off = why;
        if (why.empty()) {
            kept->status.settle(this, cut_off);
            kept->wake.notify(); // it may be in step, which wasn't said meanwhile
            continue;
        }
        kept->status.raise(
            this, apply::registry_trouble, cut_off,
            fmt::format("{}; {}", why,
                        kept->feed.complete()
                            ? "until it can be, the keys that were last read count"
                            : "since it was started, this hitlessd has not read all its keys, and "
                              "until it has, it changes nothing"));
    }
}

bool Generation::load(const Generation* before) {
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
    expect_uses(resources, before);
    for (confd::Resource& resource : resources.loaded)
        add(std::move(resource), before);
    if (before != nullptr)
        add_as_before(resources, *before);
    if (!resources_.empty() && resources_.size() == as_before_.size())
        return false; // it would all be begun anew for nothing
    if (!resources.errors.empty())
        note_left_out(resources.errors);
    for (const auto& [kept, why] : as_before_)
        kept->status.raise(this, apply::confdir_trouble, "template", why);
    if (resources_.empty())
        spdlog::error(
            "there is no usable template resource (a *.toml file) in {}/conf.d, so there is "
            "nothing to do; 'man hitless-configuration' says what one looks like",
            settings_.confdir);
    return !resources_.empty();
}

/// What is read from files that can't be read now is in what they have made.
void Generation::expect_uses(const confd::Resources& resources, const Generation* before) {
    std::vector<confd::Resource> all = resources.loaded;
    if (before != nullptr) {
        for (const auto& old : before->resources_) {
            if (resources.unreadable.contains(old->resource.file))
                all.push_back(old->resource);
        }
    }
    site_.expect_uses(apply::gated_files(all));
}

/// A resource that can't be read has no dest of its own to tell that beside.
void Generation::note_left_out(const std::vector<Error>& errors) {
    std::string text = fmt::format("a template resource can't be used, and what it makes stays as "
                                   "it is: {}",
                                   errors.front().message);
    if (errors.size() > 1)
        text += fmt::format("; and {} more", errors.size() - 1);
    for (const auto& kept : resources_)
        kept->status.raise(this, apply::confdir_trouble, "resources", text);
}

void Generation::add(confd::Resource resource, const Generation* before) {
    auto renderer = confd::Renderer::load(resource.src);
    if (renderer) {
        (void)keep(std::move(resource), std::move(*renderer));
        return;
    }
    const std::string text = fmt::format("{}: {}", resource.file, renderer.error().message);
    if (before != nullptr) {
        for (const auto& old : before->resources_) {
            if (old->resource.dest == resource.dest && keep_as_before(*old, text))
                return;
        }
    }
    complain(text);
    broken_.emplace_back(resource.dest, !settings_.noop)
        .raise(this, apply::keys_trouble, "template", text);
}

/// Goes on with resources whose files can't be read now, unless another one has their dest. They
/// are no errors then.
void Generation::add_as_before(confd::Resources& resources, const Generation& before) {
    for (const auto& old : before.resources_) {
        const auto unreadable = resources.unreadable.find(old->resource.file);
        const bool is_taken = std::ranges::any_of(resources_, [&](const auto& kept) {
            return kept->resource.dest == old->resource.dest;
        });
        if (unreadable == resources.unreadable.end() || is_taken ||
            !keep_as_before(*old, unreadable->second))
            continue;
        std::erase_if(resources.errors,
                      [&](const Error& error) { return error.message == unreadable->second; });
    }
}

/// Both the resource and its template, since these belong together.
bool Generation::keep_as_before(const KeptResource& old, const std::string& why) {
    auto renderer = confd::Renderer::parse(old.resource.src, old.renderer->text());
    if (!renderer)
        return false; // it includes what isn't there any more, say
    const std::string text =
        fmt::format("{}; so {} is made as before, by the template resource and the template that "
                    "were read last, until SIGHUP finds both usable",
                    why, old.resource.dest);
    complain(text);
    as_before_.emplace_back(&keep(old.resource, std::move(*renderer)), text);
    return true;
}

KeptResource& Generation::keep(confd::Resource resource,
                               std::unique_ptr<confd::Renderer> renderer) {
    if (!settings_.noop)
        clean_up(resource.dest);
    auto kept = std::make_unique<KeptResource>(executor_, resolver_, site_, options_,
                                               std::move(resource), std::move(renderer),
                                               settings_.strict, settings_.noop, monitor_);
    site_.add(kept->resource, kept->inbox, [&wake = kept->wake] { wake.notify(); });
    kept->publishing = {settings_.sync_only, settings_.keep_stage_file};
    kept->note = {settings_.confdir, kept->resource.file,    settings_.prefix,
                  settings_.strict,  options_.drain_timeout, options_.http};
    kept->onetime = settings_.onetime;
    for (const std::string& root : kept->resource.watched()) {
        auto& watcher = watches_[root].watcher;
        if (!watcher)
            watcher = registry::watch(
                registry_, root, [this](const keys::Update& update) { spread(update); }, troubles_);
    }
    return *resources_.emplace_back(std::move(kept));
}

void Generation::complain(const std::string& text) {
    spdlog::error("{}", text);
    if (trouble_.empty())
        trouble_ = text;
}

void Generation::note_stale(const std::string& why) {
    for (const auto& kept : resources_)
        kept->status.raise(this, apply::confdir_trouble, "stale", why);
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
    for (const auto& kept : resources_) {
        const confd::Resource& resource = kept->resource;
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

/// Both do the same as long as they make the same of the keys.
void Generation::tell_of_other_hitlessd() const {
    for (const auto& kept : resources_) {
        if (kept->status.is_shown_by_another())
            spdlog::warn("another hitlessd keeps {} already; if its template, its flags or its "
                         "keys are others, the two undo each other's changes, so stop one of them; "
                         "hitlessctl shows the other one's state as long as that runs",
                         kept->resource.dest);
    }
}

bool Generation::is_broken(const std::string& dest) const {
    return std::ranges::any_of(broken_,
                               [&](const Status& status) { return status.dest() == dest; });
}

void Generation::remember(Generation& before) {
    for (const auto& old : before.resources_) {
        const std::string& dest = old->resource.dest;
        const auto has_dest = [&](const auto& kept) { return kept->resource.dest == dest; };
        if (std::ranges::none_of(resources_, has_dest) && !is_broken(dest))
            spdlog::warn("{} is kept no more, since no template resource in {}/conf.d has it as "
                         "its dest now; it stays as it is",
                         dest, settings_.confdir);
    }
    for (const auto& kept : resources_) {
        for (const auto& old : before.resources_) {
            if (old->resource.dest != kept->resource.dest)
                continue;
            kept->told_before = std::move(old->told_before);
            kept->known_before = std::move(old->known_before);
            kept->held_note = std::move(old->held_note);
            kept->status.take_hold_of(old->status);
            kept->lookups.remember(old->lookups);
        }
    }
}

void Generation::start() {
    tell_beginning();
    tell_of_other_hitlessd();
    if (monitor_ != nullptr)
        monitor_->registry.trouble.clear(); // of the watchers before
    running_ = resources_.size() + watches_.size();
    for (const auto& kept : resources_)
        asio::co_spawn(executor_, keep_resource(executor_, *kept),
                       [this, &lookups = kept->lookups](const std::exception_ptr& error) {
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
    for (const auto& kept : resources_)
        kept->take_in(update);
}

void Generation::reconcile() {
    for (auto& [root, watch] : watches_) {
        asked_to_read_.insert(root);
        watch.watcher->read_again();
    }
    for (const auto& kept : resources_) {
        kept->inbox.compare_all = true;
        kept->wake.notify();
    }
}

void Generation::confirm() {
    if (std::ranges::none_of(resources_,
                             [](const auto& kept) { return kept->status.any_held(); })) {
        spdlog::info("SIGUSR1: no change is held, so there is nothing to apply");
        return;
    }
    for (const auto& kept : resources_) {
        kept->inbox.confirmed = true;
        kept->wake.notify();
    }
}

void Generation::keep_notes() {
    for (Status& status : broken_)
        status.keep_shown();
    for (const auto& kept : resources_) {
        kept->status.keep_shown();
        if (const auto noted = kept->show_note(); !noted)
            spdlog::debug("hitlessctl isn't told of the template: {}", noted.error().message);
        if (kept->noop || !kept->may_have_odd_notes())
            continue;
        kept->inbox.look_at_notes = true;
        kept->wake.notify();
    }
}

void Generation::stop() {
    for (const auto& kept : resources_) {
        kept->stopping = true;
        kept->wake.notify();
    }
}

asio::awaitable<void> Generation::finished() {
    while (running_ > 0)
        co_await ended_.wait_until(Wake::Clock::time_point::max());
}

bool Generation::failed() const {
    return std::ranges::any_of(resources_, [](const auto& kept) { return kept->failed; });
}

} // namespace hitless::daemon
