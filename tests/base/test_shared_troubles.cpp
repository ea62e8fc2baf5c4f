#include "hitless/base/shared_troubles.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

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

TEST(SharedTroubles, TellWhySomebodyIsCutOff) {
    SharedTroubles troubles;
    const int one = 1;
    const int two = 2;
    std::vector<std::string> told;
    troubles.when_cut_off([&](std::string_view why) { told.emplace_back(why); });
    troubles.cut_off(&one, "down");
    troubles.cut_off(&one, "down");
    troubles.cut_off(&two, "it hangs");
    troubles.reached(&two);
    troubles.reached(&two);
    troubles.reached(&one);
    EXPECT_EQ(told, (std::vector<std::string>{"down", "it hangs", "down", ""}));
}

} // namespace
} // namespace hitless::base
