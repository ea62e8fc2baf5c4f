#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/plan.hpp"

#include <set>
#include <span>
#include <string>

namespace hitless::daemon {

/// Remembers, in a file beside dest, which servers of a running HAProxy have got other options than
/// dest says, or are about to: they are changed before dest is written, and over some time. Whoever
/// is started after us would take dest for what HAProxy runs.
class LiveNote {
  public:
    explicit LiveNote(const std::string& dest);

    /// The servers of this process are about to get other options. To be called before the commands
    /// are sent; writes only what is not noted. An Error: it can't be noted.
    Result<void> add(const haproxy::Info& process, std::span<const plan::ServerChange> servers);

    /// dest says what HAProxy runs.
    void clear();

    [[nodiscard]] bool is_set() const;

    /// The servers that are noted of this process, by whomever. An Error: that can't be read.
    [[nodiscard]] Result<std::set<plan::ServerChange>> read(const haproxy::Info& process) const;

  private:
    std::string path_;
    std::set<std::string> noted_; ///< lines
};

} // namespace hitless::daemon
