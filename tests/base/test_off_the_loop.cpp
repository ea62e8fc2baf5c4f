#include "base/off_the_loop.hpp"
#include "base/spawn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace hitless::base {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST(OffTheLoop, IsOnAnotherThreadAndLetsTheLoopTurn) {
    asio::io_context context;
    std::promise<void> loop_turned;
    std::optional<std::thread::id> worked_on;
    std::optional<std::thread::id> went_on_on;
    const auto task = [&]() -> asio::awaitable<void> {
        const auto work = [&] {
            // This would never end if it held up the loop.
            loop_turned.get_future().wait();
            worked_on = std::this_thread::get_id();
            return std::string("done");
        };
        const std::string answer = co_await off_the_loop(work);
        EXPECT_EQ(answer, "done");
        went_on_on = std::this_thread::get_id();
    };
    spawn(context, task());
    const auto other_task = [&]() -> asio::awaitable<void> {
        loop_turned.set_value();
        co_return;
    };
    spawn(context, other_task());
    context.run();
    ASSERT_TRUE(worked_on);
    EXPECT_NE(*worked_on, std::this_thread::get_id());
    ASSERT_TRUE(went_on_on);
    EXPECT_EQ(*went_on_on, std::this_thread::get_id());
}

TEST(OffTheLoop, RethrowsAndTakesWorkWithoutAnAnswer) {
    asio::io_context context;
    bool has_worked = false;
    std::string thrown;
    const auto task = [&]() -> asio::awaitable<void> {
        const auto work = [&] { has_worked = true; };
        co_await off_the_loop(work);
        const auto throws = []() -> int { throw std::runtime_error("the disk is gone"); };
        try {
            static_cast<void>(co_await off_the_loop(throws));
        } catch (const std::runtime_error& error) {
            thrown = error.what();
        }
    };
    spawn(context, task());
    context.run();
    EXPECT_TRUE(has_worked);
    EXPECT_EQ(thrown, "the disk is gone");
}

/// Signals are for the loop.
TEST(OffTheLoop, TakesNoSignals) {
    asio::io_context context;
    bool is_blocked = false;
    const auto task = [&]() -> asio::awaitable<void> {
        const auto look = [] {
            sigset_t now;
            ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
            return sigismember(&now, SIGTERM) == 1;
        };
        is_blocked = co_await off_the_loop(look);
    };
    spawn(context, task());
    context.run();
    EXPECT_TRUE(is_blocked);
}

/// What the work uses may belong to the coroutine.
TEST(OffTheLoop, IsWaitedForWhereTheCoroutineIsCutOff) {
    using namespace asio::experimental::awaitable_operators;
    asio::io_context context;
    bool has_ended = false;
    bool was_ended = false;
    const auto task = [&]() -> asio::awaitable<void> {
        const auto work = [&] {
            std::this_thread::sleep_for(50ms);
            has_ended = true;
        };
        asio::steady_timer timer(context, 1ms);
        auto either = off_the_loop(work) || timer.async_wait(asio::use_awaitable);
        co_await std::move(either);
        was_ended = has_ended;
    };
    spawn(context, task());
    context.run();
    EXPECT_TRUE(was_ended);
}

TEST(OffTheLoop, IsWaitedForWhereTheLoopIsDestroyed) {
    std::promise<void> begun;
    auto used = std::make_unique<bool>(false);
    {
        asio::io_context context;
        const auto task = [&]() -> asio::awaitable<void> {
            const auto work = [&] {
                begun.set_value();
                std::this_thread::sleep_for(50ms);
                *used = true;
            };
            co_await off_the_loop(work);
            ADD_FAILURE() << "the loop has ended";
        };
        spawn(context, task());
        context.poll();
        begun.get_future().wait();
    }
    EXPECT_TRUE(*used);
}

} // namespace
} // namespace hitless::base
