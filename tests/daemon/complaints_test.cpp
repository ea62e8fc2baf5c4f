#include "hitless/base/log.hpp"

#include "daemon/complaints.hpp"

#include <gmock/gmock.h>
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

TEST(Complaints, HaveTheirTopicInJson) {
    testing::internal::CaptureStderr();
    ASSERT_TRUE(base::set_up_log("info", "json"));
    Complaints complaints;
    complaints.raise("file", "the disk is full");
    complaints.settle("file", "it can be written again");
    const std::string log = testing::internal::GetCapturedStderr();
    ASSERT_TRUE(base::set_up_log("info"));
    EXPECT_THAT(log, testing::HasSubstr(R"("message":"the disk is full","event":"trouble",)"
                                        R"("about":"file"})"));
    EXPECT_THAT(log, testing::HasSubstr(R"("event":"trouble_over","about":"file"})"));
}

} // namespace
} // namespace hitless::daemon
