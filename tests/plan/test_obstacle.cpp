#include "hitless/plan/obstacle.hpp"

#include "plan/planning.hpp"

#include <gmock/gmock.h>

namespace hitless::plan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = Cause::Kind;

ObjectId server(std::string backend, std::string name) {
    return object_id({std::move(backend), std::move(name)});
}

TEST(Obstacles, AreToldByCause) {
    Obstacles obstacles;
    EXPECT_THAT(in_words(obstacles), IsEmpty());
    obstacles.add(server("app", "web2"), {Kind::not_added, "static"});
    obstacles.add(server("app", "web1"), {Kind::not_added, "static"});
    obstacles.add(server("app", "web1"), {Kind::not_added, "static"});
    obstacles.add(server("app", "web1"), {Kind::refused, "No such file."});
    obstacles.add(server("api", "web1"), {Kind::not_added, "static"});
    obstacles.add({ObjectId::Kind::file, {}, "/x.cfg"}, {Kind::no_file, {}});
    obstacles.add({ObjectId::Kind::section, {}, "backend app"}, {Kind::line, "+ mode\ttcp"});
    EXPECT_THAT(in_words(obstacles),
                ElementsAre("there was no /x.cfg", "backend app: + mode\\ttcp", "api/web1: static",
                            "app/web1: static (and 1 more)", "app/web1: No such file."));
    EXPECT_THAT(in_words(obstacles, 2),
                ElementsAre("there was no /x.cfg", "backend app: + mode\\ttcp", "and 3 more"));
    EXPECT_THAT(in_words(obstacles.of(server("app", "web2"))), ElementsAre("app/web2: static"));
    EXPECT_TRUE(obstacles.of(server("app", "web3")).empty());
    obstacles.erase(server("app", "web1"));
    EXPECT_THAT(in_words(obstacles), ElementsAre("there was no /x.cfg", "backend app: + mode\\ttcp",
                                                 "api/web1: static", "app/web2: static"));
}

TEST(Obstacles, OfADifferenceAreItsLines) {
    Obstacles obstacles;
    obstacles.add(compare(parse("backend old\nbackend a\n server x 10.0.0.1:80\n"),
                          parse("backend a\n l1\n l2\n server x 10.0.0.2:80\nbackend new\n"))
                      .lines);
    EXPECT_THAT(in_words(obstacles),
                ElementsAre("backend a: + l1", "backend a: + l2", "backend new: the section is new",
                            "backend old: the section is gone"));
}

/// What was known before is not told twice, and is told as that.
TEST(Obstacles, OfBeforeAreTheSame) {
    Obstacles before;
    before.add(server("app", "web1"), {Kind::refused, "no", true});
    Obstacles now;
    now.add(server("app", "web1"), {Kind::refused, "no"});
    EXPECT_EQ(before, now);
    before.add(now);
    EXPECT_THAT(in_words(before),
                ElementsAre("app/web1: no (owed since before the last start or SIGHUP)"));
}

TEST(Obstacles, NameTheFileThatHasChanged) {
    Obstacles obstacles;
    obstacles.add({ObjectId::Kind::file, {}, "/h/hosts.map"}, {Kind::file_changed, {}});
    EXPECT_THAT(in_words(obstacles),
                ElementsAre("/h/hosts.map has changed, and HAProxy reads it only when it starts"));
}

TEST(Causes, HaveNames) {
    for (int i = 0; i <= static_cast<int>(Kind::noted); ++i) {
        const auto kind = static_cast<Kind>(i);
        EXPECT_FALSE(to_string(kind).empty()) << i;
        EXPECT_EQ(to_cause_kind(to_string(kind)), kind);
    }
    EXPECT_EQ(to_cause_kind("nosuch"), std::nullopt);
}

} // namespace
} // namespace hitless::plan
