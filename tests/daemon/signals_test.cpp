#include "daemon/signals.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include <csignal>
#include <stdexcept>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;

TEST(Signals, AreHeededAfterOneThatFailed) {
    asio::io_context context;
    asio::signal_set signals(context, SIGUSR1, SIGUSR2);
    std::vector<int> heeded;
    bool ended = false;
    const auto heed = [&](int signal) {
        heeded.push_back(signal);
        if (heeded.size() < 3)
            std::raise(SIGUSR2);
        else
            asio::post(context, [&] { signals.cancel(); }); // when the next is waited for
        if (signal == SIGUSR1)
            throw std::runtime_error("no memory");
    };
    asio::co_spawn(context, heed_signals(signals, heed, [] { return false; }),
                   [&](const std::exception_ptr& error) { ended = !error; });
    std::raise(SIGUSR1);
    context.run();
    EXPECT_THAT(heeded, testing::ElementsAre(SIGUSR1, SIGUSR2, SIGUSR2));
    EXPECT_TRUE(ended);
}

/// cancel() ends a wait only. A signal that had been delivered before it leads to another wait.
TEST(Signals, AreNotWaitedForWhenAllIsOver) {
    for (const bool is_over_before : {false, true}) {
        asio::io_context context;
        asio::signal_set signals(context, SIGUSR1);
        int heeded = 0;
        bool is_over = false;
        bool ended = false;
        const auto heed = [&](int) {
            ++heeded;
            is_over = true;
        };
        asio::co_spawn(context, heed_signals(signals, heed, [&] { return is_over; }),
                       [&](const std::exception_ptr& error) { ended = !error; });
        if (is_over_before)
            asio::post(context, [&] { is_over = true; });
        std::raise(SIGUSR1);
        context.run();
        EXPECT_EQ(heeded, is_over_before ? 0 : 1);
        EXPECT_TRUE(ended);
    }
}

} // namespace
} // namespace hitless::daemon
