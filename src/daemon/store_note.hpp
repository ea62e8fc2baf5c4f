#pragma once

#include "hitless/base/result.hpp"
#include "hitless/keys/update.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace hitless::daemon {

/// Remembers, in a file beside dest, which store the keys that dest was made of came from and how
/// far it was, so that an etcd that has lost its data while hitlessd was down is known for another
/// store.
class StoreNote {
  public:
    explicit StoreNote(const std::string& dest);

    /// True when the snapshot comes from another store than the noted one, or from one that is
    /// behind it, as an etcd is that begins anew.
    [[nodiscard]] bool is_other(const keys::Update& snapshot);

    /// What the keys are now made of.
    void see(const keys::Update& update);

    /// Notes it, unless it is noted. Waits for the disk.
    Result<void> write();

    /// A copy of this has been written.
    void take_note_of(const StoreNote& copy) {
        noted_ = copy.noted_;
        is_read_ = copy.is_read_;
    }

  private:
    struct Position {
        std::string store;
        std::uint64_t index = 0;
        friend bool operator==(const Position&, const Position&) = default;
    };

    void read();

    std::string path_;
    bool is_read_ = false;
    std::optional<Position> noted_;
    Position seen_;
};

} // namespace hitless::daemon
