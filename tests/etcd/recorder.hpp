#pragma once

#include "hitless/etcd/watcher.hpp"

#include "support/wait_until.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hitless::test {

/// Names tests that run with either API.
inline std::string api_name(const testing::TestParamInfo<etcd::Settings::Api>& api) {
    return api.param == etcd::Settings::Api::v3 ? "v3" : "v2";
}

/// A Watcher that runs in a thread of its own, the updates it told, and the keys they lead to.
class Recorder {
  public:
    Recorder(etcd::Settings settings, const std::string& root)
        : watcher_(std::move(settings), root,
                   [this](keys::Update update) { take(std::move(update)); }) {
        boost::asio::co_spawn(
            context_, watcher_.run(),
            boost::asio::bind_cancellation_slot(cancel_.slot(), [this](std::exception_ptr error) {
                ended_ = true;
                thrown_ = error;
            }));
        thread_ = std::thread([this] { context_.run(); });
    }

    ~Recorder() { stop(); }

    /// Cancels it; returns when run() has returned. True when it threw nothing.
    bool stop() {
        if (thread_.joinable()) {
            boost::asio::post(context_,
                              [this] { cancel_.emit(boost::asio::cancellation_type::terminal); });
            thread_.join();
        }
        return ended_ && !thrown_;
    }

    void read_again() {
        boost::asio::post(context_, [this] { watcher_.read_again(); });
    }

    /// Holds the watcher's thread until the returned lock is gone.
    std::unique_lock<std::mutex> hold() { return std::unique_lock(mutex_); }

    keys::KeyTree::Map keys() {
        const std::lock_guard lock(mutex_);
        return tree_.entries();
    }

    std::vector<keys::Update> updates() {
        const std::lock_guard lock(mutex_);
        return updates_;
    }

    std::size_t snapshots() {
        const auto all = updates();
        return static_cast<std::size_t>(std::ranges::count_if(
            all, [](const auto& update) { return update.kind == keys::Update::Kind::snapshot; }));
    }

    bool wait_for_snapshots(std::size_t count) {
        return wait_until([&] { return snapshots() >= count; });
    }

    bool wait_for(const keys::KeyTree::Map& expected) {
        return wait_until([&] { return keys() == expected; });
    }

  private:
    void take(keys::Update update) {
        const std::lock_guard lock(mutex_);
        if (update.kind == keys::Update::Kind::snapshot)
            tree_.replace(update.root, update.entries);
        else
            for (const keys::Event& event : update.events)
                tree_.apply(event);
        updates_.push_back(std::move(update));
    }

    std::mutex mutex_;
    keys::KeyTree tree_;
    std::vector<keys::Update> updates_;
    boost::asio::io_context context_;
    boost::asio::cancellation_signal cancel_;
    etcd::Watcher watcher_;
    bool ended_ = false;
    std::exception_ptr thrown_;
    std::thread thread_;
};

} // namespace hitless::test
