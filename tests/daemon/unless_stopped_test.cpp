#include "daemon/unless_stopped.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<int> answer() {
    co_return 42;
}

asio::awaitable<int> fail_to_answer() {
    throw std::runtime_error("no answer");
    co_return 0;
}

asio::awaitable<int> never_answer() {
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
    co_return 0;
}

class UnlessStopped : public testing::Test {
  protected:
    std::optional<int> wait_for(asio::awaitable<int> step) {
        std::optional<int> result;
        const auto wait = [&]() -> asio::awaitable<void> {
            auto waited = unless_stopped(kept, 0s, std::move(step));
            result = co_await std::move(waited);
        };
        context.restart();
        base::spawn(context, wait());
        context.run();
        return result;
    }

    asio::io_context context;
    const Options options;
    apply::Resolver resolver{context.get_executor()};
    Site site{haproxy::own_environment()};
    KeptResource kept{context.get_executor(), resolver, site,  options,
                      confd::Resource(),      nullptr,  false, true};
};

TEST_F(UnlessStopped, HasTheResultOfAStep) {
    EXPECT_EQ(wait_for(answer()), 42);
}

TEST_F(UnlessStopped, CutsAStepOffAfterItsTime) {
    kept.stopping = true;
    EXPECT_EQ(wait_for(never_answer()), std::nullopt);
}

/// It must neither be lost nor be taken for a step that goes on.
TEST_F(UnlessStopped, ThrowsWhatAStepThrows) {
    kept.stopping = true;
    EXPECT_THAT([&] { (void)wait_for(fail_to_answer()); },
                testing::ThrowsMessage<std::runtime_error>("no answer"));
}

} // namespace
} // namespace hitless::daemon
