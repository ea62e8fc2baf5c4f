#include "hitless/apply/key_feed.hpp"

#include "hitless/apply/screen.hpp"
#include "hitless/base/text.hpp"

#include <spdlog/spdlog.h>

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
    std::map<std::string, std::string> known;
    known.swap(unfit_); // what is not met again is no longer unfit
    for (const Entry& entry : update.entries) {
        const auto before = known.find(entry.key);
        if (before != known.end())
            unfit_.insert(*before);
        Entry fit{without_prefix(entry.key), entry.value};
        if (make_fit(entry.key, fit.value))
            entries.push_back(std::move(fit));
    }
    for (const auto& [key, said] : known) {
        if (!keys::is_within(key, update.root))
            unfit_.emplace(key, said);
    }
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
    if (event.kind == Event::Kind::put && !make_fit(event.key, event.value))
        event.kind = Event::Kind::remove;
    else if (event.kind == Event::Kind::remove && event.exact)
        unfit_.erase(event.key);
    else if (event.kind == Event::Kind::remove)
        forget_unfit(event.key);
    event.key = without_prefix(event.key);
    return tree.apply(event);
}

void KeyFeed::screen(keys::KeyTree& tree) {
    screening_ = true;
    std::vector<Event> corrections;
    for (const auto& [key, value] : tree.entries()) {
        std::string fit = value;
        if (!make_fit(prefix_ == "/" ? key : prefix_ + key, fit))
            corrections.push_back({Event::Kind::remove, key, {}, true});
        else if (fit != value)
            corrections.push_back({Event::Kind::put, key, std::move(fit), true});
    }
    for (const Event& correction : corrections)
        tree.apply(correction);
}

bool KeyFeed::make_fit(const std::string& key, std::string& value) {
    if (!screening_)
        return true;
    auto named = screen_key(key);
    auto screened = named ? screen_value(value) : Result<std::string>(named.error());
    if (screened) {
        value = std::move(*screened);
        if (unfit_.erase(key) > 0)
            spdlog::info("key {} is usable again", base::printable(key));
        return true;
    }
    std::string what = fmt::format(
        "key {} can't be used in haproxy.cfg: {}; it is treated as if it were not there until "
        "it is mended or deleted",
        base::printable(key), screened.error().message);
    auto& said = unfit_[key];
    if (said != what)
        spdlog::error("{}", what);
    said = std::move(what);
    return false;
}

void KeyFeed::forget_unfit(std::string_view root) {
    std::erase_if(unfit_, [&](const auto& item) { return keys::is_within(item.first, root); });
}

std::string KeyFeed::without_prefix(std::string_view key) const {
    if (prefix_ == "/")
        return std::string(key);
    if (!keys::is_within(key, prefix_) || key.size() == prefix_.size())
        return "/";
    return std::string(key.substr(prefix_.size()));
}

} // namespace hitless::apply
