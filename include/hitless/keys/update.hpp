#pragma once

#include "hitless/keys/key_tree.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace hitless::keys {

/// What was learned of the registry. One of two things is meant, as `kind` says.
struct Update {
    enum class Kind {
        snapshot, ///< the subtree at `root` holds exactly `entries`
        events,   ///< `events` happened, in this order; one may name an ancestor of the root
    };
    Kind kind = Kind::events;
    std::string root;
    std::vector<Entry> entries;
    std::vector<Event> events;
    /// What the registry numbers its changes with: etcd's modifiedIndex, X-Etcd-Index or revision.
    std::uint64_t index = 0;
    std::chrono::steady_clock::time_point received;
    /// Of a snapshot: it was read because something was seen to change, at `received`.
    bool is_of_change = false;
    std::string store; ///< of a snapshot: the cluster's id; empty where there is none
    /// For a snapshot: it comes from another store than what was told before (another cluster id,
    /// or an index that went back), as when etcd has lost its data.
    bool other_store = false;
};

/// A snapshot of a registry that numbers nothing.
[[nodiscard]] inline Update snapshot(std::string root, std::vector<Entry> entries,
                                     std::chrono::steady_clock::time_point received = {}) {
    Update update;
    update.kind = Update::Kind::snapshot;
    update.root = std::move(root);
    update.entries = std::move(entries);
    update.received = received;
    return update;
}

/// Takes updates.
using Sink = std::function<void(Update)>;

} // namespace hitless::keys
