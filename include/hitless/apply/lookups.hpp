#pragma once

#include "hitless/apply/known_answers.hpp"
#include "hitless/confd/look_up.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace hitless::base {
class BlockingCalls;
}

/// Look-ups of names, off the event loop. All functions are called in the loop's thread.
namespace hitless::apply {

/// Has questions answered by threads of its own. A question that is under way is not asked twice,
/// and one that hangs holds up neither the others, nor the loop, nor the end of the process.
///
/// The threads are ours, and not those of glibc's getaddrinfo_a: that one knows no SRV records, its
/// 20 threads could all hang in dead names, and it can't end a look-up that hangs either.
class Resolver {
  public:
    using LookUp = std::function<confd::Answer(const confd::Question&)>;
    using Done = std::function<void(const confd::Answer&)>;
    static constexpr std::size_t most_at_once = 32;

    /// `look_up` waits for its answer, and is called in other threads.
    explicit Resolver(const boost::asio::any_io_executor& executor, LookUp look_up = confd::look_up,
                      std::size_t most = most_at_once);
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    ~Resolver();

    /// Calls `done` in the loop when the answer has come; never when this object has ended before.
    /// Questions that were asked before may hang again: those that are new go first.
    void ask(const confd::Question& question, bool is_new, Done done);

  private:
    struct Mailbox;

    void tell(const confd::Question& question, const confd::Answer& answer);

    LookUp look_up_;
    std::map<confd::Question, std::vector<Done>> under_way_;
    std::shared_ptr<Mailbox> mailbox_; ///< where the threads leave their answers
    std::unique_ptr<base::BlockingCalls> calls_;
};

/// What one user asks and goes by. Answers are renewed; `on_change` is called in the loop when
/// find() has another result than before.
class Lookups {
  public:
    using OnChange = std::function<void(const confd::Question&)>;

    /// The resolver must outlive this.
    Lookups(const boost::asio::any_io_executor& executor, Resolver& resolver,
            KnownAnswers::Times times, OnChange on_change);
    Lookups(const Lookups&) = delete;
    Lookups& operator=(const Lookups&) = delete;
    ~Lookups();

    /// The answer; nullptr while it isn't known: `on_change` tells when to ask again, when
    /// `patience` is over at the latest.
    const confd::Answer* find(const confd::Question& question);

    /// Asks everything again. What is known counts until other answers come.
    void renew();

    /// Asks nothing but these again.
    void keep_only(const std::set<confd::Question>& questions);

    /// Goes by what another one knows, until the answers are renewed.
    void remember(const Lookups& other);

    /// Asks nothing any more.
    void stop();

  private:
    struct State;
    std::shared_ptr<State> state_; ///< those that wait in the loop have it weakly
};

} // namespace hitless::apply
