#include "base/blocking_calls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace hitless::base {
namespace {

using Urgency = BlockingCalls::Urgency;

/// Calls that wait for release(), and how many have begun.
class Gate {
  public:
    void pass(bool hangs) {
        std::unique_lock lock(mutex_);
        most_ = std::max(most_, ++inside_);
        ++begun_;
        changed_.notify_all();
        if (hangs)
            changed_.wait(lock, [&] { return open_; });
        --inside_;
        ++ended_;
        changed_.notify_all();
    }
    void release() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait_begun(int calls) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return begun_ >= calls; });
    }
    void wait_ended(int calls) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ended_ >= calls; });
    }
    [[nodiscard]] int begun() const {
        const std::lock_guard lock(mutex_);
        return begun_;
    }
    [[nodiscard]] int most() const {
        const std::lock_guard lock(mutex_);
        return most_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int inside_ = 0;
    int begun_ = 0;
    int ended_ = 0;
    int most_ = 0;
};

class Blocking : public testing::Test {
  protected:
    static constexpr std::size_t most = 4;

    void run(Urgency urgency, const std::shared_ptr<Gate>& gate, bool hangs) {
        calls_->run([gate, hangs] { gate->pass(hangs); }, urgency);
    }
    void TearDown() override {
        hanging_->release();
        patient_->release();
    }

    std::optional<BlockingCalls> calls_{std::in_place, most};
    std::shared_ptr<Gate> hanging_ = std::make_shared<Gate>();
    std::shared_ptr<Gate> patient_ = std::make_shared<Gate>();
    std::shared_ptr<Gate> quick_ = std::make_shared<Gate>();
};

TEST_F(Blocking, SoManyAtOnceAndNoMore) {
    for (int i = 0; i < 10; ++i)
        run(Urgency::soon, hanging_, true);
    hanging_->wait_begun(most);
    hanging_->release();
    hanging_->wait_ended(10);
    EXPECT_EQ(hanging_->most(), static_cast<int>(most));
}

TEST_F(Blocking, OneThatHangsHoldsUpNoOther) {
    for (int i = 0; i < 3; ++i)
        run(Urgency::soon, hanging_, true);
    for (int i = 0; i < 100; ++i)
        run(Urgency::soon, quick_, false);
    quick_->wait_ended(100);
}

TEST_F(Blocking, ThoseThatCanWaitHaveHalfOfTheThreads) {
    for (int i = 0; i < 10; ++i)
        run(Urgency::can_wait, patient_, true);
    patient_->wait_begun(most / 2);
    for (int i = 0; i < 100; ++i)
        run(Urgency::soon, quick_, false);
    quick_->wait_ended(100);
    EXPECT_EQ(patient_->begun(), static_cast<int>(most / 2));
    patient_->release();
    patient_->wait_ended(10);
    EXPECT_EQ(patient_->most(), static_cast<int>(most / 2));
}

TEST_F(Blocking, ItsEndWaitsForNoCallAndBeginsNone) {
    for (std::size_t i = 0; i < most; ++i)
        run(Urgency::soon, hanging_, true);
    run(Urgency::soon, quick_, false);
    hanging_->wait_begun(most);
    calls_.reset();
    EXPECT_EQ(quick_.use_count(), 1) << "the call that has not begun is dropped";
    hanging_->release();
    hanging_->wait_ended(most);
    EXPECT_EQ(quick_->begun(), 0);
}

} // namespace
} // namespace hitless::base
