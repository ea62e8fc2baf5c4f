#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace hitless::base {

/// Runs calls that may block for long, each on a thread of its own, so many at once. Others wait
/// for their turn. Nobody waits for a call that hangs: neither the destructor nor the end of the
/// process.
class BlockingCalls {
  public:
    /// A call that can wait gets a thread only after those that can't, and such calls have half of
    /// the threads at most: where they all hang, the others still get through.
    enum class Urgency { soon, can_wait };

    /// `most` at once; at least 2.
    explicit BlockingCalls(std::size_t most);
    BlockingCalls(const BlockingCalls&) = delete;
    BlockingCalls& operator=(const BlockingCalls&) = delete;
    /// Drops the calls that have not begun.
    ~BlockingCalls();

    /// `call` is run on another thread, perhaps after this object's end, so it must own all that it
    /// uses. It must not throw.
    void run(std::function<void()> call, Urgency urgency);

  private:
    struct Queue;

    static void start_threads(const std::shared_ptr<Queue>& queue);
    static void work(const std::shared_ptr<Queue>& queue);

    std::shared_ptr<Queue> queue_; ///< shared with the threads
};

} // namespace hitless::base
