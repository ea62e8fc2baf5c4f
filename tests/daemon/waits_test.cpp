#include "daemon/waits.hpp"

#include <gmock/gmock.h>

namespace hitless::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(Waits, AreToldOnceWhenTheyTakeLong) {
    Waits waits;
    const Waits::Clock::time_point start{100s};
    const std::vector<std::string> both = {"app/x", "app/y"};
    const std::vector<std::string> waiting = {"app/x: its check has not passed"};
    EXPECT_THAT(waits.note(both, waiting, start), IsEmpty());
    EXPECT_THAT(waits.note(both, waiting, start + 2s), IsEmpty());
    EXPECT_THAT(waits.note({"app/y"}, {}, start + 5s), IsEmpty()) << "x was not looked at";
    EXPECT_THAT(waits.note(both, waiting, start + 5s),
                ElementsAre("app/x: its check has not passed"));
    EXPECT_THAT(waits.note(both, waiting, start + 20s), IsEmpty());
}

TEST(Waits, BeginAnewWithSomethingElse) {
    Waits waits;
    const Waits::Clock::time_point start{100s};
    (void)waits.note({"app/x"}, {"app/x: this"}, start);
    EXPECT_THAT(waits.note({"app/x"}, {"app/x: that"}, start + 6s), IsEmpty());
    EXPECT_THAT(waits.note({"app/x"}, {}, start + 7s), IsEmpty());
    EXPECT_THAT(waits.note({"app/x"}, {"app/x: that"}, start + 12s), IsEmpty());
    EXPECT_THAT(waits.note({"app/x"}, {"app/x: that"}, start + 17s), ElementsAre("app/x: that"));
}

} // namespace
} // namespace hitless::daemon
