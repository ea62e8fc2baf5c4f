#pragma once

#include "hitless/haproxy/running.hpp"

#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hitless::plan {

/// The slots of one running backend, as one plan uses them up (see hitless/plan/slots.hpp).
class SlotBook {
  public:
    using Slot = haproxy::RunningBackend::value_type;

    /// `servers` must outlive the book; nullptr: the backend has none.
    explicit SlotBook(const haproxy::RunningBackend* servers);

    /// The slot that serves that server, or nullptr.
    [[nodiscard]] const Slot* serving(std::string_view server) const;

    /// The slot that serves that server does so no longer.
    void release(std::string_view server) { serving_.erase(server); }

    /// A free slot that `fits`, taken from now on; nullptr when there is none. Those in which
    /// sessions of an earlier server may still run come last.
    const Slot* take(const std::function<bool(const haproxy::RunningServer&)>& fits);

  private:
    std::unordered_map<std::string_view, const Slot*> serving_;
    std::vector<const Slot*> free_; ///< the next at the end
};

} // namespace hitless::plan
