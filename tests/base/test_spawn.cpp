#include "base/spawn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace hitless::base {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> end_well(bool& has_ended) {
    has_ended = true;
    co_return;
}

asio::awaitable<void> throw_later(asio::any_io_executor executor) {
    co_await asio::post(executor, asio::use_awaitable);
    throw std::runtime_error("why it ends");
}

TEST(Spawn, RunsBesideTheCaller) {
    asio::io_context context;
    bool has_ended = false;
    spawn(context, end_well(has_ended));
    EXPECT_FALSE(has_ended);
    context.run();
    EXPECT_TRUE(has_ended);
}

TEST(Spawn, WhatIsThrownLeavesTheEventLoop) {
    asio::io_context context;
    spawn(context.get_executor(), throw_later(context.get_executor()));
    EXPECT_THAT([&] { context.run(); }, testing::ThrowsMessage<std::runtime_error>("why it ends"));
}

} // namespace
} // namespace hitless::base
