#pragma once

#include "hitless/haproxy/running.hpp"

#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hitless::plan {

/// Which slots of a running backend are free and whom the others serve, while a plan is made
/// (see hitless/plan/slots.hpp).
class SlotBook {
  public:
    using Slot = haproxy::RunningBackend::value_type;

    /// `servers` must outlive the book; nullptr: the backend has none.
    explicit SlotBook(const haproxy::RunningBackend* servers);

    /// The slot that serves that server, or nullptr.
    [[nodiscard]] const Slot* serving(std::string_view server) const;

    /// Notes that no slot serves that server any more.
    void release(std::string_view server) { serving_.erase(server); }

    /// The slot that would be taken next, or nullptr.
    [[nodiscard]] const Slot* next() const { return free_.empty() ? nullptr : free_.back(); }

    /// A free slot that `fits`, which isn't free from now on; nullptr when there is none. Slots in
    /// which sessions of an earlier server may still run come last.
    const Slot* take(const std::function<bool(const haproxy::RunningServer&)>& fits);

  private:
    std::unordered_map<std::string_view, const Slot*> serving_;
    std::vector<const Slot*> free_; ///< the next to be taken is the last
};

} // namespace hitless::plan
