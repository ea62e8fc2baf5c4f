#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace hitless::apply {

/// A note on disk that a reload is owed: set before the configuration it is for goes to disk,
/// cleared when the new process runs, so that a crash in between is not forgotten. A file beside
/// dest.
class ReloadNote {
  public:
    explicit ReloadNote(const std::string& dest);

    Result<void> set() const;
    void clear() const;
    [[nodiscard]] bool is_set() const;

  private:
    std::string path_;
};

/// Runs reload_cmd and waits until another process than `old_pid` answers at the stats socket; with
/// an empty `socket` or no `old_pid` (0) until the command has succeeded. The Error says which of
/// the two failed.
boost::asio::awaitable<Result<void>> reload(const confd::Resource& resource, std::string socket,
                                            long old_pid);

} // namespace hitless::apply
