#pragma once

#include "hitless/keys/update.hpp"

#include "etcd/answer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hitless::etcd {

/// Puts what reads and a watch bring, while they run beside each other, into one sequence of
/// updates in which nothing is missing, nothing comes twice and nothing goes back. Does no I/O.
///
/// A read may be older than events that the watch has brought meanwhile; these are then applied to
/// it. A watch may bring events that a read has had already; these are dropped.
///
/// When a read shows another store than before, the watches' word is in doubt: what they brought
/// may have been wrong, and would be again. The next change is then not told, but read.
class Sequencer {
  public:
    explicit Sequencer(std::string root) : root_(std::move(root)) {}

    /// False while only a read can help: at the start, and when events may have been missed.
    [[nodiscard]] bool can_watch() const { return position_.has_value() && !lost_; }

    /// The index of the first event that isn't known yet. Needs can_watch().
    [[nodiscard]] std::uint64_t watch_from() const { return *position_ + 1; }

    /// A read through the cluster's consensus is sent off: it will hold all that is known by now.
    void read_begins();
    void read_fails();
    /// False when the reading doesn't hold a change that the watch brought before the read began,
    /// which is then forgotten: one of the two is wrong.
    [[nodiscard]] bool confirms(const Reading& reading);
    /// The snapshot to tell, of a reading that confirms() what was known.
    keys::Update read_ends(Reading reading);

    /// Another store was read, and nothing since has shown that it is to stay.
    [[nodiscard]] bool in_doubt() const { return in_doubt_; }

    /// The watch from watch_from() is answered: with `head`. False when it watches another store,
    /// or one that is behind: read first.
    bool watch_begins(const Head& head);
    /// A change that the watch brought; what to tell, if anything. When its word is in doubt, only
    /// a read can help from now on.
    std::optional<keys::Update> change(Change change);
    /// The events from watch_from() on are no longer kept.
    void outdated() { lost_ = true; }

  private:
    [[nodiscard]] bool is_other_store(const Reading& reading) const;
    void catch_up(Reading& reading);

    std::string root_;
    std::optional<std::uint64_t> position_; ///< all events up to it are told
    std::string cluster_;
    bool lost_ = false;
    bool in_doubt_ = false;        ///< another store was read, and no change confirmed since
    std::uint64_t claimed_ = 0;    ///< index of a change that a read has to confirm; 0: none
    std::uint64_t to_confirm_ = 0; ///< the one that the running read has to
    std::optional<std::uint64_t> read_floor_; ///< position_ when the running read began
    std::vector<Change> since_read_;          ///< told since then
};

} // namespace hitless::etcd
