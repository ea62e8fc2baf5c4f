#pragma once

#include "hitless/etcd/watcher.hpp"

#include "etcd/failover.hpp"
#include "etcd/protocol.hpp"
#include "etcd/sequencer.hpp"
#include "etcd/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::etcd {

/// Does what a Watcher promises: a watch in one session, reads and probes beside it in another,
/// both to the same node. What they bring is put in order by a Sequencer; which node comes next is
/// a Failover's business.
class Follower {
  public:
    Follower(const boost::asio::any_io_executor& executor, const Settings& settings,
             std::vector<Node> nodes, std::string root, const keys::Sink& sink,
             std::shared_ptr<base::SharedTroubles> troubles);

    /// Returns when it is cancelled.
    boost::asio::awaitable<void> run();
    void read_again();

  private:
    using Clock = std::chrono::steady_clock;
    using Awaitable = boost::asio::awaitable<void>;

    Awaitable guard(Awaitable loop);
    Awaitable keep_watching();
    Awaitable watch();
    Awaitable follow_answer(const Head& head);
    /// These return false when the rest of the answer is not to be waited for.
    bool take_lines(const Head& head, bool is_whole, Clock::time_point received);
    bool take_line(const Head& head, std::string_view line, Clock::time_point received);
    bool take_change(const Head& head, Change change, Clock::time_point received);
    Awaitable refuse_watch(const Head& head, unsigned stay);
    void give_up_watch(const Refusal& refusal, unsigned stay);
    void judge_watch(unsigned stay);
    [[nodiscard]] bool begin(const Head& head);
    [[nodiscard]] Clock::time_point event_due() const;

    Awaitable keep_checking();
    Awaitable read();
    Awaitable probe();
    Awaitable learn_members();

    void fail_over(const Refusal& refusal, unsigned stay);
    void steady();
    void want_read();
    [[nodiscard]] bool read_wanted() const;
    Awaitable pause();
    Awaitable wait(boost::asio::steady_timer& timer, Clock::time_point end);

    const Timing timing_;
    const bool discover_;
    const bool stream_;
    const Sizes sizes_;
    const Protocol& protocol_;
    const std::string root_;
    const keys::Sink& sink_;
    Sequencer sequencer_;
    Failover failover_;
    Session watch_session_;
    Session read_session_;
    boost::asio::steady_timer watch_timer_; ///< what keep_watching() waits for
    boost::asio::steady_timer read_timer_;  ///< what keep_checking() waits for
    unsigned stay_ = 0;                     ///< counts the changes of node
    Clock::time_point resume_{};            ///< nothing is tried before
    Clock::time_point last_sign_{};         ///< when the node last gave a sign of life
    Clock::time_point watching_since_{};    ///< when the watch that stands was answered
    bool watch_stands_ = false;             ///< it is answered, and not over
    bool watch_dropped_ = false;            ///< we have closed its connection
    bool streaming_ = false;                ///< it brings many events
    std::uint64_t next_index_ = 0;          ///< of the next event that it can bring
    bool useful_ = false;                   ///< it has brought one that is new
    const char* useless_why_ = "";          ///< what to say if it stays without
    unsigned useless_ = 0;                  ///< watches in a row that brought none and ended early
    Clock::time_point last_line_{};         ///< when it brought a whole line, or was answered
    Clock::time_point partial_since_{};     ///< when the line began that isn't whole
    std::size_t searched_ = 0;              ///< there is no end of a line in so much of its body
    std::size_t since_event_ = 0;           ///< bytes that it has brought since a new event
    bool unclean_ = false;                  ///< the store has keys that had to be cleaned
    bool behind_ = false;                   ///< there are events of the past to catch up with
    Clock::time_point members_due_{};       ///< when the members are asked for next
    std::exception_ptr thrown_;             ///< what a loop threw, but its cancellation
    unsigned last_read_in_ = 0;             ///< the stay that the last reading is of
    unsigned reads_wanted_ = 1;             ///< counts the wishes…
    unsigned reads_done_ = 0;               ///< …and how many of them are fulfilled
};

} // namespace hitless::etcd
