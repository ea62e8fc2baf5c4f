#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/runtime_client.hpp"
#include "hitless/haproxy/stat.hpp"
#include "hitless/plan/plan.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hitless::apply {

/// What became of a plan.
struct Outcome {
    std::vector<const plan::Action*> done; ///< of the plan that was carried out
    std::vector<plan::Refusal> refused;
};

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

/// The running HAProxy as this process knows it: who it is, which servers it has, and which of them
/// leave. One coroutine at a time may use it.
class Session {
  public:
    using Clock = std::chrono::steady_clock;

    /// `socket` is an admin-level stats socket. Nothing is connected yet.
    Session(boost::asio::any_io_executor executor, std::string socket);

    [[nodiscard]] const std::string& socket() const { return client_.address(); }
    [[nodiscard]] const haproxy::Info& info() const { return info_; }
    [[nodiscard]] const haproxy::Running& running() const { return running_; }
    [[nodiscard]] haproxy::Running& running() { return running_; }

    /// True while the connection to the process that was last looked at stands.
    [[nodiscard]] bool connected() const { return client_.connected(); }
    /// Drops the connection: the next one reaches the process that listens then.
    void disconnect() { client_.close(); }
    /// Returns when HAProxy closes the connection, or when cancelled; at once without a connection.
    boost::asio::awaitable<void> lost();

    enum class Identity { same, other };
    /// Asks who answers, and another process than before what its servers can have. A process that
    /// only finishes its connections is left for its successor.
    boost::asio::awaitable<Result<Identity>> identify();

    /// Reads all servers. What is known beyond HAProxy's words is kept for those of the same
    /// process.
    boost::asio::awaitable<Result<void>> read_servers();

    /// Reads the servers of these backends, all in `running()` afterwards.
    boost::asio::awaitable<Result<void>> read_back(const std::set<std::string>& backends);

    /// What it counts of the backend and its servers.
    boost::asio::awaitable<Result<std::vector<haproxy::StatRow>>>
    read_statistics(std::string backend);

    /// HAProxy was started from, or brought to, this configuration: its servers have these options,
    /// but for those `in_doubt`.
    void adopt_options(const haproxy::Config& config,
                       const std::set<plan::ServerId>& in_doubt = {});

    /// Finds out which servers spare ones serve, where that isn't known (hitless/plan/slots.hpp).
    void recognize_slots(const haproxy::Config& wanted, const plan::Names& names);

    /// Carries the plan out in one batch. An Error: the connection broke, and what was done is
    /// unknown.
    boost::asio::awaitable<Result<Outcome>> carry_out(const plan::Plan& plan);

    /// Deletes those leaving servers whose turn it is and that have no connection any more; after
    /// `drain_timeout` ends their sessions first. Those that HAProxy doesn't delete are no longer
    /// leaving when that time is over.
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
    void note_done(const plan::Action& action);
    boost::asio::awaitable<Result<void>> count_sessions(std::chrono::milliseconds drain_timeout);
    void prepare(const Name& name, Leaving& leaving, bool time_is_up, Attempt& attempt);
    void forget_those_that_stay();
    std::optional<Removal> note_deletion(const Name& name, Leaving& leaving,
                                         std::string_view answer);

    haproxy::RuntimeClient client_;
    haproxy::Info info_;
    haproxy::Running running_;
    std::map<Name, Leaving> leaving_;
    std::vector<CutOff> cut_off_;
};

} // namespace hitless::apply
