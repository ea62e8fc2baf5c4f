#include "etcd/sequencer.hpp"

#include <algorithm>
#include <utility>

namespace hitless::etcd {

void Sequencer::read_begins() {
    read_floor_ = position_.value_or(0);
    to_confirm_ = std::exchange(claimed_, 0);
    since_read_.clear();
}

void Sequencer::read_fails() {
    read_floor_.reset();
    claimed_ = std::max(claimed_, std::exchange(to_confirm_, 0));
    since_read_.clear();
}

bool Sequencer::is_other_store(const Reading& reading) const {
    if (!position_)
        return false;
    // A read through consensus can't be older than what was known before it.
    return reading.cluster != cluster_ || reading.index < read_floor_.value_or(0);
}

bool Sequencer::confirms(const Reading& reading) {
    const std::uint64_t claimed = std::exchange(to_confirm_, 0);
    if (claimed == 0 || reading.cluster != cluster_)
        return true;
    in_doubt_ = reading.index < claimed;
    return !in_doubt_;
}

void Sequencer::catch_up(Reading& reading) {
    keys::KeyTree tree;
    tree.replace("/", reading.entries);
    for (const Change& change : since_read_)
        if (change.index > reading.index)
            for (const keys::Event& event : change.events)
                tree.apply(event);
    reading.entries.clear();
    for (const auto& [key, value] : tree.entries())
        reading.entries.push_back({key, value});
    reading.index = *position_;
}

keys::Update Sequencer::read_ends(Reading reading) {
    keys::Update update;
    update.kind = keys::Update::Kind::snapshot;
    update.root = root_;
    update.other_store = is_other_store(reading);
    in_doubt_ = in_doubt_ || update.other_store;
    if (!update.other_store && position_ && reading.index < *position_)
        catch_up(reading);
    position_ = reading.index;
    cluster_ = std::move(reading.cluster);
    lost_ = false;
    read_fails(); // no read runs now
    update.index = reading.index;
    update.store = cluster_;
    update.entries = std::move(reading.entries);
    return update;
}

bool Sequencer::watch_begins(const Head& head) {
    if (head.cluster != cluster_ || head.index < *position_)
        lost_ = true;
    return !lost_;
}

std::optional<keys::Update> Sequencer::change(Change change) {
    if (!can_watch() || change.index <= *position_)
        return std::nullopt;
    if (in_doubt_) {
        claimed_ = change.index;
        lost_ = true;
        return std::nullopt;
    }
    position_ = change.index;
    if (read_floor_)
        since_read_.push_back(change);
    if (change.events.empty())
        return std::nullopt;
    keys::Update update;
    update.root = root_;
    update.index = change.index;
    update.events = std::move(change.events);
    return update;
}

} // namespace hitless::etcd
