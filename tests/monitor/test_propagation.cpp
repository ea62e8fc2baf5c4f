#include "monitor/propagation.hpp"

#include <gtest/gtest.h>

namespace hitless::monitor {
namespace {

using Milliseconds = Propagation::Milliseconds;

TEST(Propagation, IsEmptyAtFirst) {
    const Propagation none;
    EXPECT_EQ(none.count(), 0U);
    EXPECT_EQ(none.percentile(0.99), 0);
    EXPECT_EQ(none.buckets().size(), Propagation::bounds_ms.size() + 1);
}

TEST(Propagation, TellsPercentilesToATwentieth) {
    Propagation times;
    for (int i = 1; i <= 1'000; ++i)
        times.note(Milliseconds(i));
    for (const double part : {0.01, 0.5, 0.9, 0.99, 1.0}) {
        EXPECT_GE(times.percentile(part) * 1.0001, part * 1'000) << part;
        EXPECT_LE(times.percentile(part), part * 1'000 * 1.051) << part;
    }
}

TEST(Propagation, BucketsCountAllThatTookNoLonger) {
    Propagation times;
    for (const double ms : {0.1, 1.0, 1.1, 2.5, 1e9})
        times.note(Milliseconds(ms));
    const auto buckets = times.buckets();
    EXPECT_EQ(buckets[0].count, 1U); // up to 0.5 ms
    EXPECT_EQ(buckets[1].count, 2U); // up to 1 ms
    EXPECT_EQ(buckets[2].count, 3U);
    EXPECT_EQ(buckets[4].count, 4U); // up to 3 ms
    EXPECT_EQ(buckets.back().count, 5U);
}

TEST(Propagation, TakesAnyTime) {
    Propagation times;
    times.note(Milliseconds(-1));
    times.note(Milliseconds(0));
    times.note(Milliseconds(1e300));
    EXPECT_EQ(times.count(), 3U);
    EXPECT_GT(times.percentile(1), 60'000);
}

} // namespace
} // namespace hitless::monitor
