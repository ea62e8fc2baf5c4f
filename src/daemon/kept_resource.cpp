#include "daemon/kept_resource.hpp"

#include "hitless/apply/reload.hpp"
#include "hitless/base/file.hpp"
#include "hitless/keys/keys_file.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace hitless::daemon {
namespace {

/// Notes the keys that were deleted, for whoever asks which to put back.
void note_deleted(const keys::Update& update, std::vector<std::string>& deleted) {
    constexpr std::size_t most_deleted = 20;
    for (const keys::Event& event : update.events) {
        if (event.kind == keys::Event::Kind::remove && deleted.size() < most_deleted)
            deleted.push_back(event.key);
    }
}

} // namespace

KeptResource::KeptResource(const boost::asio::any_io_executor& executor, apply::Resolver& for_names,
                           Site& all_resources, const Options& flags, confd::Resource its_resource,
                           std::unique_ptr<confd::Renderer> its_renderer, bool strict, bool is_noop,
                           monitor::Monitor* monitor)
    : options(flags),
      resolver(for_names),
      site(all_resources),
      rules(apply::rules_of(its_resource, strict)),
      resource(std::move(its_resource)),
      renderer(std::move(its_renderer)),
      feed(resource.prefix, resource.watched()),
      store(resource.dest),
      live(resource.dest),
      status(resource.dest, !is_noop),
      holds(resource.dest, status),
      witness(monitor, resource.dest),
      lookups(executor, resolver, {.longest_pause = flags.resync, .renewal = flags.resync},
              [this](const confd::Question&) { note_looked_up(); }),
      wake(executor),
      noop(is_noop) {
    inbox.say_in_step = true;
    template_read = confd::state_of_file(resource.src);
    const auto before = confd::read_note(resource.dest);
    is_template_new =
        before && !before->template_read.empty() && before->template_read != template_read;
    if (renderer)
        renderer->answer_look_ups_by(
            [this](const confd::Question& question) { return lookups.find(question); });
}

void KeptResource::take_in(const keys::Update& update) {
    if (!feed.watches(update.root))
        return;
    const bool was_complete = feed.complete();
    const bool is_other_store =
        update.other_store ||
        (update.kind == keys::Update::Kind::snapshot && store.is_other(update));
    store.see(update);
    const bool has_changed = feed.apply(update, renderer->tree());
    if (!has_changed && was_complete)
        return;
    note_changed();
    note_deleted(update, inbox.deleted_keys);
    if (has_changed && is_other_store && update.entries.empty())
        inbox.store_emptied = true;
    const bool is_of_change = update.kind == keys::Update::Kind::events || update.is_of_change;
    if (is_of_change && !inbox.since)
        inbox.since = update.received;
    if (feed.complete())
        wake.notify();
}

Result<void> KeptResource::show_note() {
    const std::string path = confd::note_path(resource.dest);
    if (!is_to_be_noted || base::is_held_by_another(path, held_note) ||
        (is_noted && base::is_of(held_note, path)))
        return {};
    note.template_read = template_read;
    auto held = confd::write_note(resource.dest, note, held_note);
    if (!held)
        return held.error();
    held_note = std::move(*held);
    is_noted = true;
    return {};
}

bool KeptResource::may_have_odd_notes() const {
    const bool lacks_keys =
        is_noted &&
        ::access(base::companion_path(resource.dest, keys::dump_suffix).c_str(), F_OK) != 0;
    return lacks_keys || apply::ReloadNote(resource.dest).is_set();
}

void KeptResource::note_changed() {
    inbox.changed = true;
    ++changes;
}

void KeptResource::note_looked_up() {
    const auto is_unknown = [this](const confd::Question& question) {
        return lookups.find(question) == nullptr;
    };
    if (waits_for_names() && std::ranges::any_of(renderer->questions(), is_unknown))
        return; // until all that it waits for is known
    note_changed();
    wake.notify();
}

} // namespace hitless::daemon
