#include "hitless/registry/registry.hpp"

#include "daemon/generation.hpp"
#include "daemon/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>

// What /status says of all resources, and what is counted of the registry.
namespace hitless::daemon {

namespace metric = monitor::metric;

namespace {

monitor::ResourceStatus describe(const Work& work) {
    monitor::ResourceStatus status;
    status.file = work.resource.file;
    status.source = work.resource.src;
    status.dest = work.resource.dest;
    status.kind = work.is_plain ? "file" : "unknown";
    const apply::StatusNote note = work.status.note();
    for (const auto& [source, message] : note.troubles)
        status.troubles.push_back({source, message});
    if (!note.held.empty())
        status.held = monitor::HeldStatus{note.held, std::nullopt};
    work.witness.describe(status);
    status.in_step = !work.tell_in_step && !work.changed;
    if (work.reconciler != nullptr) {
        work.reconciler->describe(status);
        status.in_step = work.reconciler->in_step();
        if (work.reconciler->is_verified())
            work.witness.note_ready();
    }
    return status;
}

std::string why_unready(const Work& work) {
    if (!work.feed.complete())
        return fmt::format("the keys of {} have not been read yet", work.resource.dest);
    return fmt::format("what the keys say of {} is not applied and read back yet",
                       work.resource.dest);
}

} // namespace

void Generation::describe(monitor::SiteStatus& site) const {
    if (monitor_ == nullptr)
        return;
    site.registry = monitor_->registry;
    site.registry.name = registry::describe(registry_);
    site.registry.connected =
        site.registry.trouble.empty() &&
        std::ranges::all_of(works_, [](const auto& work) { return work->feed.complete(); });
    for (const auto& work : works_) {
        site.resources.push_back(daemon::describe(*work));
        site.registry.keys += work->renderer->tree().size();
        if (!work->witness.is_ready())
            site.unready.push_back(why_unready(*work));
    }
    for (const Status& broken : broken_) {
        monitor::ResourceStatus& status = site.resources.emplace_back();
        status.dest = broken.dest();
        const apply::StatusNote note = broken.note();
        for (const auto& [source, message] : note.troubles)
            status.troubles.push_back({source, message});
    }
    monitor_->was_ready = monitor_->was_ready || site.unready.empty();
    site.ready = monitor_->was_ready;
}

std::vector<monitor::Fleet> Generation::fleets() const {
    std::vector<monitor::Fleet> all;
    for (const auto& work : works_) {
        if (work->reconciler == nullptr)
            continue;
        for (monitor::Fleet& fleet : work->reconciler->fleets())
            all.push_back(std::move(fleet));
    }
    return all;
}

void Generation::note_failure() {
    if (monitor_ != nullptr)
        monitor_->metrics.count(metric::registry_failures);
}

void Generation::note_update(const keys::Update& update) {
    if (monitor_ == nullptr)
        return;
    monitor::RegistryStatus& registry = monitor_->registry;
    registry.index = update.index;
    if (update.kind == keys::Update::Kind::events) {
        registry.last_event = std::chrono::system_clock::now();
        for (const keys::Event& event : update.events)
            monitor_->metrics.count(metric::registry_events,
                                    {event.kind == keys::Event::Kind::put ? "set" : "delete"});
        return;
    }
    ++registry.full_reads;
    const bool is_first = read_once_.insert(update.root).second;
    // Files are read whole at each change.
    const bool is_etcd = registry_.kind == registry::Settings::Kind::etcd;
    const bool was_asked = asked_to_read_.erase(update.root) > 0 || !is_etcd;
    if (!is_first && !is_etcd)
        registry.last_event = std::chrono::system_clock::now();
    monitor_->metrics.count(metric::registry_reads, {update.other_store ? "other_store"
                                                     : is_first         ? "first"
                                                     : was_asked        ? "regular"
                                                                        : "missed"});
}

} // namespace hitless::daemon
