#include "daemon/complaints.hpp"

#include <gtest/gtest.h>

namespace hitless::daemon {
namespace {

TEST(Complaints, KnowsWhatIsStillWrong) {
    Complaints complaints;
    EXPECT_FALSE(complaints.any());
    complaints.raise("file", "the disk is full");
    complaints.raise("file", "the disk is full");
    complaints.raise("socket", "nobody there");
    EXPECT_TRUE(complaints.raised("file"));
    complaints.settle("file", "it can be written again");
    EXPECT_FALSE(complaints.raised("file"));
    EXPECT_TRUE(complaints.any());
    complaints.settle("socket");
    EXPECT_FALSE(complaints.any());
}

} // namespace
} // namespace hitless::daemon
