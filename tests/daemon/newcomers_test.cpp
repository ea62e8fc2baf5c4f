#include "daemon/newcomers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace hitless::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

const Newcomers::Clock::time_point start{100s};

/// "NAME STATUS WEIGHT BACKUP REQUESTS" for each server.
std::vector<haproxy::StatRow> stat(std::string_view algorithm,
                                   const std::vector<std::string>& all) {
    std::string text = "# pxname,svname,status,weight,bck,lbtot,type,algo\n";
    for (const std::string& server : all) {
        std::string cells = server;
        std::replace(cells.begin(), cells.end(), ' ', ',');
        text += fmt::format("app,{},2,\n", cells);
    }
    text += fmt::format("app,BACKEND,UP,9,0,0,1,{}\n", algorithm);
    return haproxy::parse_stat(text).value();
}

/// What is told of x, which was added beside y, when both are as said five seconds later.
std::vector<std::string> told(std::string_view algorithm, const std::string& x,
                              const std::string& y) {
    Newcomers newcomers;
    newcomers.note_added({"app", "x"}, start);
    EXPECT_THAT(newcomers.due(start), IsEmpty());
    EXPECT_THAT(newcomers.due(start + 1s), ElementsAre("app"));
    EXPECT_THAT(newcomers.look("app", stat(algorithm, {"x UP 1 0 0", "y UP 1 0 500"}), start + 1s),
                IsEmpty());
    EXPECT_EQ(newcomers.next_look(), start + 6s);
    auto lines = newcomers.look("app", stat(algorithm, {x, y}), start + 6s);
    EXPECT_EQ(newcomers.next_look(), Newcomers::Clock::time_point::max());
    return lines;
}

TEST(Newcomers, OneThatGetsNothingWhileTheOthersDoIsTold) {
    EXPECT_THAT(told("roundrobin", "x UP 1 0 0", "y UP 1 0 600"),
                ElementsAre(HasSubstr("server=x was added and is up, but got none of the 100")));
}

TEST(Newcomers, NothingIsToldWhereNoneIsNothingOdd) {
    EXPECT_THAT(told("roundrobin", "x UP 1 0 40", "y UP 1 0 600"), IsEmpty()) << "it got some";
    EXPECT_THAT(told("roundrobin", "x UP 1 0 0", "y UP 1 0 510"), IsEmpty()) << "too few to tell";
    EXPECT_THAT(told("roundrobin", "x UP 0 0 0", "y UP 1 0 600"), IsEmpty()) << "no weight";
    EXPECT_THAT(told("roundrobin", "x UP 1 0 0", "y UP 50 0 600"), IsEmpty()) << "a small one";
    EXPECT_THAT(told("roundrobin", "x UP 1 1 0", "y UP 1 0 600"), IsEmpty()) << "a backup";
    EXPECT_THAT(told("roundrobin", "x DOWN 1 0 0", "y UP 1 0 600"), IsEmpty()) << "it is down";
    EXPECT_THAT(told("roundrobin", "x MAINT 1 0 0", "y UP 1 0 600"), IsEmpty());
    EXPECT_THAT(told("uri", "x UP 1 0 0", "y UP 1 0 600"), IsEmpty()) << "keys decide";
    EXPECT_THAT(told("first", "x UP 1 0 0", "y UP 1 0 600"), IsEmpty()) << "the order decides";
}

TEST(Newcomers, ABurstIsWatchedFromItsEnd) {
    Newcomers newcomers;
    newcomers.note_added({"app", "x"}, start);
    (void)newcomers.look("app", stat("roundrobin", {"x UP 1 0 0"}), start + 1s);
    newcomers.note_added({"app", "y"}, start + 2s);
    EXPECT_EQ(newcomers.next_look(), start + 3s);
    newcomers.forget_all();
    EXPECT_THAT(newcomers.look("app", stat("roundrobin", {"x UP 1 0 0"}), start + 3s), IsEmpty());
}

} // namespace
} // namespace hitless::daemon
