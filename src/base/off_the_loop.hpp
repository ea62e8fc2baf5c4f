#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace hitless::base {

/// A call on another thread, which a coroutine waits for.
class CallElsewhere {
  public:
    /// The executor is that of the coroutine.
    explicit CallElsewhere(const boost::asio::any_io_executor& executor);
    CallElsewhere(const CallElsewhere&) = delete;
    CallElsewhere& operator=(const CallElsewhere&) = delete;
    /// Waits for the end of the call, which may use what dies with the coroutine.
    ~CallElsewhere();

    /// Returns when the call has ended. It is not cut off: a coroutine that is cancelled waits,
    /// too. `call` must not throw.
    boost::asio::awaitable<void> run(std::function<void()> call);

  private:
    struct State;

    std::shared_ptr<State> state_;                     ///< shared with the other thread
    std::shared_ptr<boost::asio::steady_timer> ended_; ///< expires then
};

/// Runs `work`, which waits for the disk or computes for long, on another thread, and goes on in
/// the caller's with its result. Rethrows what it throws. `work` may use what belongs to the
/// calling coroutine; what others use, too, must not change meanwhile.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> off_the_loop(Work work) {
    using Answer = std::invoke_result_t<Work>;
    constexpr bool has_answer = !std::is_void_v<Answer>;
    std::optional<std::conditional_t<has_answer, Answer, bool>> answer;
    std::exception_ptr thrown;
    const auto call = [&]() noexcept {
        try {
            if constexpr (has_answer)
                answer = work();
            else
                work();
        } catch (...) {
            thrown = std::current_exception();
        }
    };
    CallElsewhere elsewhere(co_await boost::asio::this_coro::executor);
    co_await elsewhere.run(call);
    if (thrown)
        std::rethrow_exception(thrown);
    if constexpr (has_answer)
        co_return std::move(*answer);
}

} // namespace hitless::base
