#include "hitless/base/shared_troubles.hpp"

#include <gtest/gtest.h>

namespace hitless::base {
namespace {

TEST(SharedTroubles, AreToldOnceAndOverWhenAllAreOverThem) {
    SharedTroubles troubles;
    const int one = 1;
    const int two = 2;
    int over = 0;
    troubles.when_over([&] { ++over; });
    EXPECT_TRUE(troubles.raise(&one, "etcd", "nobody listens"));
    EXPECT_FALSE(troubles.raise(&two, "etcd", "nobody listens")) << "the other one has said it";
    EXPECT_FALSE(troubles.raise(&one, "etcd", "nobody listens"));
    EXPECT_TRUE(troubles.raise(&two, "etcd", "it hangs")) << "these words are new";
    EXPECT_TRUE(troubles.raise(&two, "another etcd", "nobody listens"));
    EXPECT_FALSE(troubles.settle(&one, "etcd")) << "two has it still";
    EXPECT_EQ(over, 0);
    EXPECT_TRUE(troubles.settle(&two, "etcd"));
    EXPECT_EQ(over, 1);
    EXPECT_FALSE(troubles.settle(&two, "etcd")) << "there is none";
    EXPECT_TRUE(troubles.raise(&one, "etcd", "nobody listens")) << "it is a new one";
}

TEST(SharedTroubles, OfOneThatEndsAreForgotten) {
    SharedTroubles troubles;
    const int one = 1;
    const int two = 2;
    EXPECT_TRUE(troubles.raise(&one, "etcd", "nobody listens"));
    EXPECT_FALSE(troubles.raise(&two, "etcd", "nobody listens"));
    troubles.forget(&one);
    EXPECT_TRUE(troubles.settle(&two, "etcd"));
}

} // namespace
} // namespace hitless::base
