// What the kinds of live objects say together, and servers as one of them.
#include "hitless/live/kind.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

namespace hitless::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ObjectId server(std::string backend, std::string name) {
    return {ObjectId::Kind::server, std::move(backend), std::move(name)};
}

haproxy::Config backends(std::string_view app, std::string_view other) {
    return haproxy::Config::parse(fmt::format("backend app\n{}backend other\n{}", app, other))
        .value();
}

TEST(Kinds, AreFoundByTheirObjects) {
    for (const Kind* const kind : kinds())
        EXPECT_EQ(find_kind(kind->id()), kind);
    EXPECT_EQ(find_kind(ObjectId::Kind::file), nullptr);
    EXPECT_EQ(find_kind(ObjectId::Kind::section), nullptr);
}

TEST(Servers, ComeOrGo) {
    const auto before = backends(" server web1 :1\n server web2 :1\n", " server web1 :1\n");
    const auto after = backends(" server web1 :2\n server web3 :1\n", "");
    const std::vector<ObjectId> changes{server("app", "web1"), server("app", "web2"),
                                        server("app", "web3"), server("other", "web1"),
                                        server("none", "web1")};
    EXPECT_THAT(come_or_gone(before, after, changes),
                ElementsAre(server("app", "web2"), server("app", "web3"), server("other", "web1")));
    EXPECT_THAT(come_or_gone(haproxy::Config(), after, std::vector{server("app", "web1")}),
                ElementsAre(server("app", "web1")));
    EXPECT_THAT(come_or_gone(before, after, {}), IsEmpty());
}

TEST(Servers, ThatComeOrGoAreFoundAmongMany) {
    std::string old_lines;
    std::string new_lines;
    std::vector<ObjectId> changes;
    for (int i = 0; i < 100; ++i) {
        const std::string name = fmt::format("s{}", i);
        (i % 2 == 0 ? new_lines : old_lines) += fmt::format(" server {} :1\n", name);
        if (i % 10 == 0)
            old_lines += fmt::format(" server {} :2\n", name);
        changes.push_back(server("app", name));
    }
    EXPECT_EQ(come_or_gone(backends(old_lines, ""), backends(new_lines, ""), changes).size(), 90U);
}

std::string state(std::string_view lines) {
    return fmt::format("1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state "
                       "srv_uweight srv_iweight srv_check_state srv_agent_state srv_fqdn srv_port "
                       "srv_check_result\n{}",
                       lines);
}

std::string line(std::string_view backend, std::string_view name) {
    return fmt::format("3 {} 1 {} 10.0.0.1 2 0 1 1 0 0 - 80 0\n", backend, name);
}

/// An answer that lacks servers counts only when another one says the same.
TEST(Servers, AreAskedForAgainWhenTheyAreMissing) {
    const Kind& kind = *find_kind(ObjectId::Kind::server);
    Observed observed;
    std::vector<std::string> answers = {state(line("app", "x") + line("app", "y"))};
    EXPECT_THAT(kind.take({}, answers, observed).value(), IsEmpty());
    EXPECT_EQ(observed.servers["app"].size(), 2U);
    observed.servers["app"]["x"].pinned = true;

    answers = {state(line("app", "x"))};
    const auto further = kind.take({}, answers, observed);
    ASSERT_TRUE(further);
    EXPECT_THAT(haproxy::lines_of(*further), ElementsAre("show stat -1 4 -1"));
    EXPECT_EQ(observed.servers["app"].size(), 2U) << "nothing is noted yet";

    answers.emplace_back("# pxname,svname,type\napp,y,2\n");
    const auto cut = kind.take({}, answers, observed);
    ASSERT_FALSE(cut);
    EXPECT_THAT(cut.error().message, HasSubstr("app/y"));
    answers.back() = "# pxname,svname,type\napp,x,2\n";
    EXPECT_THAT(kind.take({}, answers, observed).value(), IsEmpty());
    EXPECT_EQ(observed.servers["app"].size(), 1U);
    EXPECT_TRUE(observed.servers["app"]["x"].pinned) << "HAProxy doesn't tell that";
}

/// Such a process was started from another file than is known.
TEST(Servers, OfABackendThatHaproxyLacksAreNone) {
    const Kind& kind = *find_kind(ObjectId::Kind::server);
    Observed observed;
    const std::vector<std::string> answers = {"Can't find backend.\n"};
    ASSERT_TRUE(kind.take({"app"}, answers, observed));
    EXPECT_TRUE(observed.servers["app"].empty());
}

TEST(Servers, OfSomeBackendsAreReadAlone) {
    const Kind& kind = *find_kind(ObjectId::Kind::server);
    Observed observed;
    std::vector<std::string> answers = {state(line("app", "x") + line("api", "y"))};
    ASSERT_TRUE(kind.take({}, answers, observed));
    EXPECT_THAT(haproxy::lines_of(kind.questions({"app"})), ElementsAre("show servers state app"));
    answers = {state(line("app", "x") + line("app", "z"))};
    EXPECT_THAT(kind.take({"app"}, answers, observed).value(), IsEmpty());
    EXPECT_EQ(observed.servers["app"].size(), 2U);
    EXPECT_EQ(observed.servers["api"].size(), 1U) << "nobody has asked for that one";
    Scopes many;
    for (int i = 0; i < 20; ++i)
        many.insert(fmt::format("b{}", i));
    EXPECT_THAT(haproxy::lines_of(kind.questions(many)), ElementsAre("show servers state"));
}

} // namespace
} // namespace hitless::live
