#include "hitless/registry/registry.hpp"

#include "daemon/generation.hpp"
#include "daemon/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>

// What /status says of all resources, and what is counted of the registry.
namespace hitless::daemon {

namespace metric = monitor::metric;

namespace {

monitor::ResourceStatus describe(const KeptResource& kept) {
    monitor::ResourceStatus status;
    status.file = kept.resource.file;
    status.source = kept.resource.src;
    status.dest = kept.resource.dest;
    status.kind = kept.is_plain ? "file" : "unknown";
    const apply::StatusNote note = kept.status.note();
    for (const auto& [source, message] : note.troubles)
        status.troubles.push_back({source, message});
    for (const apply::SpoiltPtr& left : note.left_out)
        status.left_out.push_back({key_of(*left),
                                   left->message,
                                   left->what,
                                   left->is_hidden,
                                   {left->backend, left->server}});
    if (!note.held.empty())
        status.held = monitor::HeldStatus{note.held, std::nullopt};
    kept.witness.describe(status);
    status.in_step = !kept.is_to_say_in_step && !kept.inbox.say_in_step && !kept.inbox.changed;
    if (kept.reconciler != nullptr) {
        kept.reconciler->describe(status);
        status.in_step = kept.reconciler->in_step();
        if (kept.reconciler->is_verified())
            kept.witness.note_ready();
    }
    return status;
}

std::string why_unready(const KeptResource& kept) {
    if (!kept.feed.complete())
        return fmt::format("the keys of {} have not been read yet", kept.resource.dest);
    return fmt::format("what the keys say of {} is not applied and read back yet",
                       kept.resource.dest);
}

} // namespace

void Generation::describe(monitor::SiteStatus& site) const {
    if (monitor_ == nullptr)
        return;
    site.registry = monitor_->registry;
    site.registry.name = registry::describe(registry_);
    site.registry.connected =
        site.registry.trouble.empty() &&
        std::ranges::all_of(resources_, [](const auto& kept) { return kept->feed.complete(); });
    site.registry.applied_index = resources_.empty() ? 0 : site.registry.index;
    for (const auto& kept : resources_) {
        const monitor::ResourceStatus& resource =
            site.resources.emplace_back(daemon::describe(*kept));
        if (!resource.in_step || kept->inbox.changed || !resource.troubles.empty())
            site.registry.applied_index =
                std::min(site.registry.applied_index, resource.applied_index);
        site.registry.keys += kept->renderer->tree().size();
        if (!kept->witness.is_ready())
            site.unready.push_back(why_unready(*kept));
    }
    for (const Status& broken : broken_) {
        monitor::ResourceStatus& status = site.resources.emplace_back();
        status.dest = broken.dest();
        const apply::StatusNote note = broken.note();
        for (const auto& [source, message] : note.troubles) {
            status.troubles.push_back({source, message});
            site.unready.push_back(message);
        }
    }
    monitor_->was_ready = monitor_->was_ready || site.unready.empty();
    site.ready = monitor_->was_ready;
}

std::vector<monitor::Fleet> Generation::fleets() const {
    std::vector<monitor::Fleet> all;
    for (const auto& kept : resources_) {
        if (kept->reconciler == nullptr)
            continue;
        for (monitor::Fleet& fleet : kept->reconciler->fleets())
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
