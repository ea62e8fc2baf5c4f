#pragma once

#include "hitless/apply/departures.hpp"
#include "hitless/base/result.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/runtime_client.hpp"
#include "hitless/haproxy/stat.hpp"
#include "hitless/live/kind.hpp"
#include "hitless/plan/step.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <set>
#include <span>
#include <string>
#include <vector>

namespace hitless::apply {

/// What became of steps.
struct Outcome {
    std::vector<const plan::Step*> done; ///< of those that were carried out
    std::vector<plan::Refusal> refused;
};

/// The running HAProxy as this process knows it: who it is, what it has, and which of its servers
/// leave. It reads and runs for all kinds alike. One coroutine at a time may use it.
class Session {
  public:
    /// `socket` is an admin-level stats socket. Nothing is connected yet.
    Session(boost::asio::any_io_executor executor, std::string socket);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] const std::string& socket() const { return client_.address(); }
    [[nodiscard]] const haproxy::Info& info() const { return info_; }
    [[nodiscard]] const live::Observed& observed() const { return observed_; }
    [[nodiscard]] live::Observed& observed() { return observed_; }
    [[nodiscard]] Departures& departures() { return departures_; }
    [[nodiscard]] const Departures& departures() const { return departures_; }

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

    /// The answers to commands that change nothing, in order.
    boost::asio::awaitable<Result<std::vector<std::string>>>
    read(std::vector<haproxy::Command> commands);

    /// From now on the entries of these files are read, and of no others.
    void watch(const live::Files& files);

    /// Reads the objects of a kind, all in observed() afterwards. What is known beyond HAProxy's
    /// words is kept for those of the same process.
    boost::asio::awaitable<Result<void>> observe(const live::Kind& kind, live::Scopes scopes);
    /// Those of all kinds.
    boost::asio::awaitable<Result<void>> observe_all();

    /// live::adopt(), and reads what could not be told before that. `is_certain`: nothing but
    /// `started` can be what the process was started from.
    boost::asio::awaitable<Result<void>> adopt(haproxy::Config started,
                                               std::set<plan::ObjectId> in_doubt, bool is_certain);

    /// What the process was started from is known now: which of its lists belong to which line.
    boost::asio::awaitable<Result<void>> place_acl_lines(haproxy::Config started);

    /// What it counts of the backend and its servers.
    boost::asio::awaitable<Result<std::vector<haproxy::StatRow>>>
    read_statistics(std::string backend);

    /// The names of all its backends.
    boost::asio::awaitable<Result<std::set<std::string>>> read_backends();

    /// Carries the steps out in one batch, after those of their transactions, of which nobody sees
    /// anything. An Error: nothing was sent, or the connection broke, and what was done is unknown.
    /// `steps` must outlive the outcome.
    boost::asio::awaitable<Result<Outcome>> run(std::span<const plan::Step> steps);

    /// What a session knew of its process.
    struct Knowledge {
        haproxy::Info info;
        haproxy::Running servers;
        live::AclLines acl_lines;
    };
    /// Takes the options of the servers among `in_doubt` from what an earlier session knew, if it
    /// was the same process. To be called after live::adopt().
    void remember(const Knowledge& before, const std::set<plan::ObjectId>& in_doubt);

  private:
    boost::asio::awaitable<Result<void>> observe_adopted();

    haproxy::RuntimeClient client_;
    haproxy::Info info_;
    live::Observed observed_;
    Departures departures_;
};

} // namespace hitless::apply
