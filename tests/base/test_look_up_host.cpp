#include "base/look_up_host.hpp"
#include "base/run_to_end.hpp"

#include <gmock/gmock.h>

namespace hitless::base {
namespace {

using namespace std::chrono_literals;

TEST(LookUpHost, FindsTheAddressesWithThePort) {
    const auto answer = run_to_end(look_up_host("localhost", 8080, 1min));
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->error) << answer->error.message();
    ASSERT_FALSE(answer->endpoints.empty());
    EXPECT_TRUE(answer->endpoints.front().address().is_loopback());
    EXPECT_EQ(answer->endpoints.front().port(), 8080);
}

TEST(LookUpHost, SaysWhyThereAreNone) {
    const auto answer = run_to_end(look_up_host("a name with blanks", 80, 1min));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->error);
    EXPECT_THAT(answer->endpoints, testing::IsEmpty());
}

} // namespace
} // namespace hitless::base
