// What is tried again, or done, with pauses: each test has its own clock.
#include "converge/flapping.hpp"
#include "converge/queue.hpp"
#include "converge/refusals.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace hitless::converge {
namespace {

using namespace std::chrono_literals;
using plan::ObjectId;
using testing::ElementsAre;
using testing::IsEmpty;

class Pace : public testing::Test {
  protected:
    const ObjectId web1_{ObjectId::Kind::server, "app", "web1"};
    const ObjectId web2_{ObjectId::Kind::server, "app", "web2"};
    std::chrono::steady_clock::time_point now_{1h};
};

using RefusedServers = Pace;

TEST_F(RefusedServers, AreTriedWithGrowingPauses) {
    Refusals refusals;
    EXPECT_EQ(refusals.next(), Refusals::Clock::time_point::max());
    const auto begin = now_;
    int times = 0;
    for (; now_ < begin + 10min; now_ = refusals.next()) {
        if (times > 0) {
            ASSERT_THAT(refusals.take_due(now_), ElementsAre(web1_));
            ASSERT_THAT(refusals.take_due(now_), IsEmpty());
            EXPECT_FALSE(refusals.waits(web1_, now_));
        }
        EXPECT_EQ(refusals.note(web1_, "no such file", now_), times == 0) << "said once";
        EXPECT_EQ(refusals.times(web1_), ++times);
        EXPECT_TRUE(refusals.waits(web1_, now_));
        EXPECT_LE(refusals.next(), now_ + 30s);
    }
    EXPECT_GT(times, 20) << "it is never given up";
    EXPECT_LT(times, 40);
    EXPECT_TRUE(refusals.note(web1_, "bad certificate", now_)) << "another reason is news";
}

TEST_F(RefusedServers, AreForgottenOneByOne) {
    Refusals refusals;
    (void)refusals.note(web1_, "no", now_);
    (void)refusals.note(web2_, "no", now_);
    EXPECT_TRUE(refusals.any_below(2));
    EXPECT_FALSE(refusals.any_below(1));
    refusals.forget(web1_);
    EXPECT_FALSE(refusals.waits(web1_, now_));
    EXPECT_TRUE(refusals.waits(web2_, now_));
    EXPECT_EQ(refusals.times(web1_), 0);
    EXPECT_THAT(refusals.take_due(now_ + 1min), ElementsAre(web2_));
    EXPECT_EQ(refusals.next(), Refusals::Clock::time_point::max()) << "its answer is awaited";
    refusals.forget_all();
    EXPECT_FALSE(refusals.any_below(2));
    EXPECT_TRUE(refusals.note(web2_, "no", now_)) << "said again by another HAProxy";
}

using FlappingServers = Pace;

TEST_F(FlappingServers, ArePlannedOnceASecond) {
    Flapping flapping;
    for (int turn = 0; turn < 6; ++turn) {
        flapping.note_turn(web1_, now_);
        flapping.note_plan(web1_, now_);
        EXPECT_EQ(flapping.may_be_planned(web1_, now_), now_) << turn;
        now_ += 10ms;
    }
    flapping.note_turn(web1_, now_);
    flapping.note_plan(web1_, now_);
    EXPECT_EQ(flapping.may_be_planned(web1_, now_ + 10ms), now_ + 1s);
    EXPECT_EQ(flapping.may_be_planned(web2_, now_), now_);
    now_ += 11s; // it has been quiet since
    flapping.note_turn(web1_, now_);
    flapping.note_plan(web1_, now_);
    EXPECT_EQ(flapping.may_be_planned(web1_, now_), now_);
}

/// Planned alone, a stand-in of a server that is gone would look like a stranger's.
TEST_F(FlappingServers, HaveStandInsThatWaitWithThem) {
    const ObjectId stand_in{ObjectId::Kind::server, "app", "web1:next"};
    Queue queue;
    const auto take = [&] {
        std::vector<ObjectId> servers;
        for (const Queue::Item& item : queue.take(
                 now_, [](const auto&) { return true; }, [](const auto&, PutOff) {}))
            servers.push_back(item.object);
        return servers;
    };
    for (int turn = 0; turn < 7; ++turn)
        EXPECT_TRUE(queue.note_turn(web1_, now_));
    queue.add(web1_, Why::changed);
    queue.add(stand_in, Why::compared);
    EXPECT_THAT(take(), ElementsAre(web1_, stand_in)) << "the first plan waits for nothing";
    EXPECT_FALSE(queue.note_turn(web1_, now_));
    queue.add(web1_, Why::changed);
    queue.add(stand_in, Why::compared);
    EXPECT_THAT(take(), IsEmpty());
    EXPECT_EQ(queue.next(now_), now_ + 1s) << "there is nothing to do before";
    queue.add(web2_, Why::changed);
    EXPECT_THAT(take(), ElementsAre(web2_));
    now_ += 1s;
    EXPECT_THAT(take(), ElementsAre(web1_, stand_in));
    queue.add(stand_in, Why::compared);
    EXPECT_THAT(take(), ElementsAre(stand_in)) << "its server doesn't wait";
}

} // namespace
} // namespace hitless::converge
