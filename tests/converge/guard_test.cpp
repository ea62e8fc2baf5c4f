#include "converge/guard.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

// What the guard holds and lets through, and when, without HAProxy and without waiting.
namespace hitless::converge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = Guard::Finding::Kind;

haproxy::Config servers(int count, const std::string& backend = "app") {
    std::string text = "backend " + backend + "\n";
    for (int i = 0; i < count; ++i)
        text += fmt::format(" server web{} 10.0.0.{}:80\n", i, i + 1);
    return haproxy::Config::parse(text).value();
}

class Guards : public testing::Test {
  protected:
    /// What goes on of a change to `after`; it is what the next change begins with.
    std::string pass(const haproxy::Config& after, bool distrust = false) {
        auto verdict = guard_.pass(before_, after, distrust, deleted_, now_);
        findings_.clear();
        for (const Guard::Finding& finding : verdict.findings)
            findings_.push_back(finding.kind);
        before_ = verdict.instead ? *verdict.instead : after;
        return before_.text();
    }

    Guard guard_{{{.min_servers = 2, .max_removal_percent = 50}, 60s}};
    haproxy::Config before_ = servers(4);
    Guard::Time now_{1'000s};
    std::vector<std::string> deleted_; ///< keys
    std::vector<Kind> findings_;
};

TEST_F(Guards, LetThroughWhatIsWithinTheLimits) {
    EXPECT_EQ(pass(servers(2)), servers(2).text());
    EXPECT_THAT(findings_, IsEmpty());
    EXPECT_FALSE(guard_.holds());
    EXPECT_EQ(pass(servers(9)), servers(9).text());
}

TEST_F(Guards, HoldUntilTheDelayIsOver) {
    EXPECT_EQ(pass(servers(1)), servers(4).text());
    EXPECT_THAT(findings_, IsEmpty());
    EXPECT_EQ(guard_.next(), now_ + 200ms) << "other backends may follow, for the same message";
    now_ += 200ms;
    EXPECT_EQ(pass(servers(1)), servers(4).text());
    EXPECT_THAT(findings_, ElementsAre(Kind::held));
    EXPECT_EQ(guard_.next(), now_ + 59'800ms);
    now_ += 29'800ms;
    EXPECT_EQ(pass(servers(0)), servers(4).text());
    EXPECT_THAT(findings_, IsEmpty()) << "it is told once";
    EXPECT_EQ(guard_.next(), now_ + 30s) << "another change doesn't make it wait longer";
    now_ += 30s;
    EXPECT_EQ(pass(servers(0)), servers(0).text());
    EXPECT_THAT(findings_, ElementsAre(Kind::due));
    EXPECT_FALSE(guard_.holds());
}

TEST_F(Guards, NameTheServersAndTheKeysThatWereDeletedWithThem) {
    deleted_ = {"/web1", "/web2", "/web3"};
    (void)pass(servers(1));
    deleted_ = {"/other"};
    (void)pass(servers(1));
    const auto held = guard_.held();
    ASSERT_EQ(held.size(), 1U);
    EXPECT_THAT(held[0].servers, ElementsAre("web1", "web2", "web3"));
    EXPECT_THAT(held[0].keys, ElementsAre("/web1", "/web2", "/web3"));
}

TEST_F(Guards, SayAtTheEndWhatWouldBeSaidAMomentLater) {
    (void)pass(servers(1));
    const auto rest = guard_.rest();
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].kind, Kind::held);
    EXPECT_THAT(guard_.rest(), IsEmpty());
}

TEST_F(Guards, LetThroughWhatIsConfirmed) {
    guard_.confirm();
    EXPECT_FALSE(guard_.holds()) << "nothing is held that could be confirmed";
    (void)pass(servers(1));
    guard_.confirm();
    EXPECT_LT(guard_.next(), now_);
    EXPECT_EQ(pass(servers(1)), servers(1).text());
    EXPECT_FALSE(guard_.holds());
    EXPECT_EQ(pass(servers(0)), servers(1).text()) << "a confirmation counts once";
}

TEST_F(Guards, ForgetWhatALaterChangeBringsBack) {
    (void)pass(servers(1));
    EXPECT_EQ(pass(servers(3)), servers(3).text());
    EXPECT_THAT(findings_, IsEmpty()) << "nobody was told that it is held";
    before_ = servers(4);
    (void)pass(servers(1));
    (void)guard_.rest();
    EXPECT_EQ(pass(servers(3)), servers(3).text());
    EXPECT_THAT(findings_, ElementsAre(Kind::released));
    EXPECT_FALSE(guard_.holds());
}

TEST_F(Guards, CountSmallRemovalsInARowAsOne) {
    before_ = servers(8);
    (void)pass(servers(6));
    now_ += 59s;
    (void)pass(servers(4));
    now_ += 59s;
    EXPECT_EQ(pass(servers(3)), servers(4).text()) << "five of eight";
}

TEST_F(Guards, CountRemovalsWithPausesEachForItself) {
    before_ = servers(8);
    for (const int left : {6, 4, 3}) {
        EXPECT_EQ(pass(servers(left)), servers(left).text());
        now_ += 61s;
    }
}

TEST_F(Guards, HoldOnlyTheBackendThatLosesTooMany) {
    const auto both = [](int app, int api) {
        return haproxy::Config::parse(servers(app).text() + servers(api, "api").text()).value();
    };
    before_ = both(4, 2);
    EXPECT_EQ(pass(both(1, 5)), both(4, 5).text());
    ASSERT_EQ(guard_.held().size(), 1U);
    EXPECT_EQ(guard_.held()[0].backend, "app");
    EXPECT_EQ(pass(both(1, 1)), both(4, 5).text());
    const auto rest = guard_.rest();
    ASSERT_EQ(rest.size(), 1U) << "one message for both";
    EXPECT_EQ(rest[0].held.size(), 2U);
}

TEST_F(Guards, HoldAllThatAnEmptiedStoreTakesAway) {
    EXPECT_EQ(pass(servers(3), true), servers(4).text()) << "even one server";
    EXPECT_THAT(findings_, ElementsAre(Kind::all_held));
    ASSERT_EQ(guard_.held().size(), 1U);
    EXPECT_EQ(guard_.held()[0].backend, "");
    EXPECT_EQ(guard_.held()[0].until, now_ + 60s);
    EXPECT_EQ(pass(servers(5)), servers(5).text()) << "what takes nothing away goes through";
    EXPECT_THAT(findings_, ElementsAre(Kind::keys_are_back));
    EXPECT_EQ(pass(servers(4)), servers(4).text()) << "a change is a change again";
}

/// A backend was held before the store was emptied.
TEST_F(Guards, LetGoOfAllThatWasHeldWhenTheKeysAreBack) {
    (void)pass(servers(1));
    (void)guard_.rest();
    (void)pass(servers(0), true);
    EXPECT_EQ(pass(servers(4)), servers(4).text());
    EXPECT_THAT(findings_, ElementsAre(Kind::keys_are_back, Kind::released));
    EXPECT_FALSE(guard_.holds());
    EXPECT_EQ(guard_.next(), Guard::Time::max());
}

TEST_F(Guards, TakeTheEmptiedStoreOverAfterTheDelay) {
    (void)pass(servers(0), true);
    now_ += 60s;
    before_ = servers(4);
    EXPECT_EQ(pass(servers(2)), servers(2).text());
    EXPECT_THAT(findings_, ElementsAre(Kind::all_due));
}

/// Somebody confirms the removal of one server, and then etcd loses everything.
TEST_F(Guards, AConfirmationSaysNothingOfAStoreThatIsEmptiedAfterIt) {
    (void)pass(servers(1));
    guard_.confirm();
    EXPECT_EQ(pass(servers(0), true), servers(4).text());
    EXPECT_TRUE(guard_.holds());
}

TEST_F(Guards, WithoutLimitsHoldOnlyForAnEmptiedStore) {
    guard_ = Guard({{}, 60s});
    EXPECT_EQ(pass(servers(0)), servers(0).text());
    before_ = servers(4);
    EXPECT_EQ(pass(servers(0), true), servers(4).text());
}

} // namespace
} // namespace hitless::converge
