#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/runtime_client.hpp"
#include "hitless/haproxy/stat.hpp"
#include "hitless/plan/step.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::apply {

/// What became of a server that was taken out.
struct Removal {
    enum class End {
        deleted,
        refused,    ///< `message` says why HAProxy doesn't delete it
        made_ready, ///< by somebody else: it isn't leaving any more, and may get requests
    };
    plan::ServerId server;
    End end = End::deleted;
    std::string message;
};

/// Sessions of a leaving server that were cut off since its time was up.
struct CutOff {
    plan::ServerId server;
    std::int64_t sessions = 0;
};

/// What HAProxy counts of the backend and its servers.
boost::asio::awaitable<Result<std::vector<haproxy::StatRow>>>
read_statistics(haproxy::RuntimeClient& client, std::string backend);

/// The servers of one process that leave: each is deleted when its last connection has ended.
class Departures {
  public:
    using Clock = std::chrono::steady_clock;

    /// All of these outlive this, and are of one process until clear().
    Departures(haproxy::RuntimeClient& client, const haproxy::Info& info, haproxy::Running& running)
        : client_(client), info_(info), running_(running) {}

    /// HAProxy has carried the step out: a server leaves from now on, or no longer.
    void note_done(const plan::Step& step);
    /// All servers were read: those that are gone, or don't leave any more, are forgotten.
    void forget_others();
    void clear() { leaving_.clear(); }

    /// Deletes those whose turn it is and that have no connection any more; after `drain_timeout`
    /// ends their sessions first. Those that HAProxy doesn't delete are no longer leaving when that
    /// time is over.
    boost::asio::awaitable<Result<std::vector<Removal>>>
    collect(std::chrono::milliseconds drain_timeout);

    /// The sessions that collect() has cut off since this was called last.
    [[nodiscard]] std::vector<CutOff> take_cut_off() { return std::exchange(cut_off_, {}); }

    /// When collect() has something to do next; max() when no server leaves.
    [[nodiscard]] Clock::time_point next_collection() const;

    /// True while servers wait to be deleted.
    [[nodiscard]] bool deleting() const;

  private:
    struct Leaving {
        Clock::time_point since;
        Clock::time_point next_try;
        std::chrono::milliseconds pause{20};
        int tries = 0;
        std::optional<std::uint16_t> own_port{}; ///< while it is parked at another
        bool stays = false;                      ///< HAProxy doesn't delete it
        bool shut_down = false;
        bool reported = false;
        std::int64_t sessions = 0; ///< before they are cut off
    };
    using Name = std::pair<std::string, std::string>;
    /// Commands, and for each the server that it deletes, if it is one that deletes.
    struct Attempt {
        std::vector<haproxy::Command> commands;
        std::vector<Name> deleted;
    };

    std::optional<std::string> close_idle_connections(const Name& name, Leaving& leaving,
                                                      haproxy::RunningServer& server);
    boost::asio::awaitable<Result<void>> count_sessions(std::chrono::milliseconds drain_timeout);
    void prepare(const Name& name, Leaving& leaving, bool time_is_up, Attempt& attempt);
    void forget_those_that_stay();
    std::optional<Removal> note_deletion(const Name& name, Leaving& leaving,
                                         std::string_view answer);

    haproxy::RuntimeClient& client_;
    const haproxy::Info& info_;
    haproxy::Running& running_;
    std::map<Name, Leaving> leaving_;
    std::vector<CutOff> cut_off_;
};

} // namespace hitless::apply
