#include "daemon/waits.hpp"

#include <gmock/gmock.h>

namespace hitless::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

plan::ObjectId app(std::string server) {
    return {plan::ObjectId::Kind::server, "app", std::move(server)};
}

TEST(Waits, AreToldOnceWhenTheyTakeLong) {
    Waits waits;
    const Waits::Clock::time_point start{100s};
    const std::vector both = {app("x"), app("y")};
    const std::vector<plan::Remark> waiting = {{app("x"), "its check has not passed"}};
    EXPECT_THAT(waits.note(both, waiting, start), IsEmpty());
    EXPECT_THAT(waits.note(both, waiting, start + 2s), IsEmpty());
    EXPECT_THAT(waits.note(std::vector{app("y")}, {}, start + 5s), IsEmpty())
        << "x was not looked at";
    EXPECT_THAT(waits.note(both, waiting, start + 5s), ElementsAre(waiting.front()));
    EXPECT_THAT(waits.note(both, waiting, start + 20s), IsEmpty());
}

TEST(Waits, BeginAnewWithSomethingElse) {
    Waits waits;
    const Waits::Clock::time_point start{100s};
    const std::vector x = {app("x")};
    const std::vector<plan::Remark> one = {{app("x"), "this"}};
    const std::vector<plan::Remark> other = {{app("x"), "that"}};
    EXPECT_THAT(waits.note(x, one, start), IsEmpty());
    EXPECT_THAT(waits.note(x, other, start + 6s), IsEmpty());
    EXPECT_THAT(waits.note(x, {}, start + 7s), IsEmpty());
    EXPECT_THAT(waits.note(x, other, start + 12s), IsEmpty());
    EXPECT_THAT(waits.note(x, other, start + 17s), ElementsAre(other.front()));
}

TEST(Waits, NameWhatTheCheckAnswered) {
    const auto rows = haproxy::parse_stat(
        "# pxname,svname,check_status,check_code,last_chk,type\n"
        "app,web1,L7OK,200,OK,2\napp,web1:next,L7STS,503,Service Unavailable,2\n"
        "app,web2,L4CON,,,2\napp,web3,,,,2\napp,BACKEND,,,,1\n");
    ASSERT_TRUE(rows);
    EXPECT_EQ(with_check_answer({app("web1"), "it waits"}, *rows),
              "app/web1: it waits; the last check of app/web1:next answered L7STS/503 (Service "
              "Unavailable)");
    EXPECT_EQ(with_check_answer({app("web2"), "it waits"}, *rows),
              "app/web2: it waits; the last check of app/web2 answered L4CON");
    EXPECT_EQ(with_check_answer({app("web3"), "it waits"}, *rows), "app/web3: it waits");
    EXPECT_EQ(with_check_answer({app("web4"), "it waits"}, *rows), "app/web4: it waits");
}

} // namespace
} // namespace hitless::daemon
