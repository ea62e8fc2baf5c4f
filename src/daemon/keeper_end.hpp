#pragma once

namespace hitless::daemon {

/// Why the keeper of a resource has ended.
enum class KeeperEnd {
    stopped,
    /// The template makes something of another kind of the keys of now: a configuration of HAProxy
    /// where it made any other file, or the other way round.
    other_kind,
};

} // namespace hitless::daemon
