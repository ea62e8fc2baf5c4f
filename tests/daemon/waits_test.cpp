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

TEST(Waits, NameWhatTheCheckAnswered) {
    const auto rows = haproxy::parse_stat(
        "# pxname,svname,check_status,check_code,last_chk,type\n"
        "app,web1,L7OK,200,OK,2\napp,web1:next,L7STS,503,Service Unavailable,2\n"
        "app,web2,L4CON,,,2\napp,web3,,,,2\napp,BACKEND,,,,1\n");
    ASSERT_TRUE(rows);
    EXPECT_EQ(with_check_answer("app/web1: it waits", *rows),
              "app/web1: it waits; the last check of app/web1:next answered L7STS/503 (Service "
              "Unavailable)");
    EXPECT_EQ(with_check_answer("app/web2: it waits", *rows),
              "app/web2: it waits; the last check of app/web2 answered L4CON");
    EXPECT_EQ(with_check_answer("app/web3: it waits", *rows), "app/web3: it waits");
    EXPECT_EQ(with_check_answer("app/web4: it waits", *rows), "app/web4: it waits");
}

} // namespace
} // namespace hitless::daemon
