#include "base/off_the_loop.hpp"

#include "base/no_signals.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <mutex>

namespace hitless::base {
namespace {

namespace asio = boost::asio;

/// It lives as long as the process, so that a disk that hangs doesn't hang its end.
asio::thread_pool& other_threads() {
    constexpr std::size_t threads = 4;
    static auto* const pool = [] {
        const NoSignals no_signals;
        return new asio::thread_pool(threads);
    }();
    return *pool;
}

} // namespace

struct CallElsewhere::State {
    std::mutex mutex;
    std::condition_variable changed;
    bool has_begun = false;
    bool has_ended = false;
    bool is_awaited = true; ///< by the coroutine: else the executor may be gone
};

CallElsewhere::CallElsewhere(const asio::any_io_executor& executor)
    : state_(std::make_shared<State>()),
      ended_(
          std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max())) {}

CallElsewhere::~CallElsewhere() {
    std::unique_lock lock(state_->mutex);
    state_->is_awaited = false;
    state_->changed.wait(lock, [this] { return !state_->has_begun || state_->has_ended; });
}

// Not by co_spawn(), nor to asio::system_executor: both run the call on this thread.
asio::awaitable<void> CallElsewhere::run(std::function<void()> call) {
    const std::weak_ptr<asio::steady_timer> timer = ended_; // it must die on this thread
    const auto executor = ended_->get_executor();
    asio::post(other_threads(), [state = state_, executor, timer, call = std::move(call)] {
        call();
        const std::lock_guard lock(state->mutex);
        state->has_ended = true;
        state->changed.notify_all();
        if (state->is_awaited)
            asio::post(executor, [timer] {
                if (const auto ended = timer.lock())
                    ended->expires_at(asio::steady_timer::time_point::min());
            });
    });
    state_->has_begun = true;
    co_await ended_->async_wait(asio::bind_cancellation_slot(asio::cancellation_slot(),
                                                             asio::as_tuple(asio::use_awaitable)));
}

} // namespace hitless::base
