#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/obstacle.hpp"

#include <boost/asio/awaitable.hpp>

#include <set>
#include <string>
#include <vector>

namespace hitless::apply {

/// A note on disk that a reload is owed: set before the configuration it is for goes to disk,
/// cleared when the new process runs, so that a crash in between is not forgotten. A file beside
/// dest.
class ReloadNote {
  public:
    explicit ReloadNote(const std::string& dest);

    /// Sets it, or changes what it says.
    Result<void> set(const plan::Obstacles& obstacles) const;
    Result<void> clear() const;
    [[nodiscard]] bool is_set() const;
    /// Why the reload is owed, as far as that was noted; each cause `since_before`. Never empty
    /// where the note is set.
    [[nodiscard]] plan::Obstacles obstacles() const;
    /// The same in words (see plan::in_words()), for somebody who looks beside the run that has
    /// noted it. None where the note isn't set or can't be read.
    [[nodiscard]] std::vector<std::string> reasons(std::size_t most) const;
    /// An Error: a newer build has written it, so that its causes are only told as they stand
    /// there.
    [[nodiscard]] Result<void> expect_no_newer_build() const;

  private:
    [[nodiscard]] plan::Obstacles read(bool since_before) const;

    std::string path_;
};

/// A process that answers at a stats socket.
struct Process {
    std::string socket;
    haproxy::Info info; ///< pid 0: none answers
};

/// NAME=VALUE of those of the environment variables that the process at the admin socket has.
boost::asio::awaitable<std::vector<std::string>> ask_environment(std::string socket,
                                                                 std::set<std::string> names);

/// Reloads HAProxy, through its master's CLI at the address `master` or, when that is empty, with
/// reload_cmd, and waits until another process answers at the socket of each of the `old` ones. The
/// Error says what failed. `environment` is what reload_cmd gets besides our own.
boost::asio::awaitable<Result<void>> reload(const confd::Resource& resource, std::string master,
                                            std::vector<Process> old,
                                            std::vector<std::string> environment = {});

} // namespace hitless::apply
