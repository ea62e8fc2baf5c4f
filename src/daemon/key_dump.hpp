#pragma once

#include "daemon/complaints.hpp"
#include "daemon/kept_resource.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace hitless::daemon {

/// Keeps the keys that a resource sees in a file beside its dest, so that `hitless-render -keys`
/// can render it when etcd is gone, and a note of the store that they come from. Only the owner may
/// read it: values may be secrets.
class KeyDump {
  public:
    explicit KeyDump(KeptResource& kept);

    /// The keys have changed: they are to be written, soon.
    void note_change();

    /// Somebody has removed them.
    [[nodiscard]] bool is_gone() const;

    /// When write() has something to do; max() when it has not.
    [[nodiscard]] Wake::Clock::time_point due() const { return due_; }

    /// Writes them, away from the event loop as far as possible. Trouble is logged, and leads to
    /// another try, unless this `is_last`.
    boost::asio::awaitable<void> write(bool is_last);

  private:
    KeptResource& kept_;
    std::string path_;
    Wake::Clock::time_point due_ = Wake::Clock::time_point::max();
    Wake::Clock::duration pause_{}; ///< between two writings at least
    Complaints complaints_;
};

} // namespace hitless::daemon
