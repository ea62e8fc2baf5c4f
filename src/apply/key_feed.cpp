#include "hitless/apply/key_feed.hpp"

namespace hitless::apply {

using keys::Entry;
using keys::Event;

KeyFeed::KeyFeed(std::string prefix, std::vector<std::string> roots)
    : prefix_(std::move(prefix)), roots_(roots.begin(), roots.end()), missing_(roots_) {}

bool KeyFeed::apply(const keys::Update& update, keys::KeyTree& tree) {
    if (!roots_.contains(update.root))
        return false;
    if (update.kind == keys::Update::Kind::snapshot)
        return apply_snapshot(update, tree);
    bool changed = false;
    for (const Event& event : update.events)
        changed = apply_event(update.root, event, tree) || changed;
    return changed;
}

bool KeyFeed::apply_snapshot(const keys::Update& update, keys::KeyTree& tree) {
    const bool first = missing_.erase(update.root) > 0;
    std::vector<Entry> entries;
    entries.reserve(update.entries.size());
    for (const Entry& entry : update.entries)
        entries.push_back({without_prefix(entry.key), entry.value});
    return !tree.replace(without_prefix(update.root), entries).empty() || first;
}

bool KeyFeed::apply_event(std::string_view root, Event event, keys::KeyTree& tree) {
    // One that names an ancestor means, for this root, the root: other roots have watches of their
    // own, which may be ahead of this one.
    if (!keys::is_within(event.key, root)) {
        if (event.exact || event.kind != Event::Kind::remove || !keys::is_within(root, event.key))
            return false;
        event.key = root;
    }
    event.key = without_prefix(event.key);
    return tree.apply(event);
}

std::string KeyFeed::without_prefix(std::string_view key) const {
    if (prefix_ == "/")
        return std::string(key);
    if (!keys::is_within(key, prefix_) || key.size() == prefix_.size())
        return "/";
    return std::string(key.substr(prefix_.size()));
}

} // namespace hitless::apply
