#include "base/blocking_calls.hpp"

#include "base/no_signals.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace hitless::base {
struct BlockingCalls::Queue {
    explicit Queue(std::size_t most_threads) : most(most_threads) {}

    struct Call {
        std::function<void()> run;
        bool can_wait = false;
    };

    /// The next call that may begin. Needs the lock.
    std::optional<Call> take() {
        const bool is_turn = !patient.empty() && waiting_threads < most / 2;
        if (soon.empty() && !is_turn)
            return std::nullopt;
        std::deque<std::function<void()>>& from = soon.empty() ? patient : soon;
        Call call{std::move(from.front()), soon.empty()};
        from.pop_front();
        if (call.can_wait)
            ++waiting_threads;
        return call;
    }

    /// So many calls may begin, but for the limit of all threads. Needs the lock.
    [[nodiscard]] std::size_t ready() const {
        return soon.size() + std::min(patient.size(), most / 2 - waiting_threads);
    }

    const std::size_t most;
    std::mutex mutex;
    std::deque<std::function<void()>> soon;
    std::deque<std::function<void()>> patient;
    std::size_t threads = 0;         ///< that run
    std::size_t idle = 0;            ///< of them, those that are about to take a call
    std::size_t waiting_threads = 0; ///< of them, those with a call that can wait
};

BlockingCalls::BlockingCalls(std::size_t most)
    : queue_(std::make_shared<Queue>(std::max<std::size_t>(most, 2))) {}

BlockingCalls::~BlockingCalls() {
    std::deque<std::function<void()>> dropped_soon;
    std::deque<std::function<void()>> dropped_patient;
    const std::lock_guard lock(queue_->mutex);
    dropped_soon.swap(queue_->soon);
    dropped_patient.swap(queue_->patient);
}

void BlockingCalls::run(std::function<void()> call, Urgency urgency) {
    {
        const std::lock_guard lock(queue_->mutex);
        (urgency == Urgency::soon ? queue_->soon : queue_->patient).push_back(std::move(call));
    }
    start_threads(queue_);
}

/// Where no thread can be started, those that run go on with the queue, and the next call tries
/// again.
void BlockingCalls::start_threads(const std::shared_ptr<Queue>& queue) {
    const NoSignals no_signals;
    const std::lock_guard lock(queue->mutex);
    while (queue->threads < queue->most && queue->idle < queue->ready()) {
        try {
            std::thread([queue] { work(queue); }).detach();
        } catch (const std::system_error&) {
            return;
        }
        ++queue->threads;
        ++queue->idle;
    }
}

/// A thread ends when nothing is left for it.
void BlockingCalls::work(const std::shared_ptr<Queue>& queue) {
    for (;;) {
        std::optional<Queue::Call> call;
        {
            const std::lock_guard lock(queue->mutex);
            --queue->idle;
            call = queue->take();
            if (!call) {
                --queue->threads;
                return;
            }
        }
        call->run();
        call->run = nullptr; // what it owns ends before the next one begins
        const std::lock_guard lock(queue->mutex);
        ++queue->idle;
        if (call->can_wait)
            --queue->waiting_threads;
    }
}

} // namespace hitless::base
