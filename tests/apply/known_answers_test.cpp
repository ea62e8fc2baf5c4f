#include "hitless/apply/known_answers.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace hitless::apply {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Answer = confd::Answer;
using Question = confd::Question;
using Time = KnownAnswers::Time;

Question name(std::string text) {
    return {Question::Kind::addresses, std::move(text)};
}

Answer found(std::vector<std::string> addresses) {
    return {Answer::Kind::found, std::move(addresses), {}};
}
const Answer none{Answer::Kind::none, {}, {}};
const Answer failed{Answer::Kind::failed, {}, {}};

class Known : public testing::Test {
  protected:
    /// "NAME", "NAME (new)"
    std::vector<std::string> due() {
        std::vector<std::string> names;
        for (const KnownAnswers::Due& one : known_.take_due(now_))
            names.push_back(one.question.name + (one.is_new ? " (new)" : ""));
        return names;
    }
    /// The addresses; "?" while they aren't known.
    std::vector<std::string> ask(const std::string& text) {
        const Answer* const answer = known_.find(name(text), now_);
        return answer == nullptr ? std::vector<std::string>{"?"} : answer->addresses;
    }
    bool answer(const std::string& text, const Answer& answer) {
        return known_.note(name(text), answer, now_);
    }
    void know(const std::string& text, const Answer& known) {
        (void)ask(text);
        (void)due();
        (void)answer(text, known);
    }

    KnownAnswers known_{{3s, 1s, 4s, 60s}};
    Time now_ = Time() + 1h;
};

TEST_F(Known, AQuestionIsDueOnceAndAnsweredOnceItIsKnown) {
    EXPECT_THAT(ask("a"), ElementsAre("?"));
    EXPECT_THAT(ask("b"), ElementsAre("?"));
    EXPECT_EQ(known_.next(), now_);
    EXPECT_THAT(due(), ElementsAre("a (new)", "b (new)"));
    EXPECT_THAT(ask("a"), ElementsAre("?"));
    EXPECT_THAT(due(), IsEmpty()) << "it is under way";
    EXPECT_TRUE(answer("a", found({"2.2.2.2", "1.1.1.1"})));
    EXPECT_THAT(ask("a"), ElementsAre("2.2.2.2", "1.1.1.1")) << "in the resolver's order";
    EXPECT_THAT(ask("b"), ElementsAre("?"));
}

TEST_F(Known, WithoutAnAnswerItCountsAsOneWithoutAResultAfterAWhile) {
    (void)ask("a");
    (void)due();
    EXPECT_EQ(known_.next(), now_ + 3s);
    now_ += 2999ms;
    EXPECT_THAT(known_.take_given_up(now_), IsEmpty());
    EXPECT_THAT(ask("a"), ElementsAre("?"));
    now_ += 1ms;
    EXPECT_THAT(known_.take_given_up(now_), ElementsAre(name("a")));
    EXPECT_THAT(known_.take_given_up(now_), IsEmpty());
    EXPECT_THAT(ask("a"), IsEmpty());
    EXPECT_EQ(known_.next(), Time::max()) << "its look-up is still under way";
    now_ += 1min;
    EXPECT_TRUE(answer("a", found({"1.1.1.1"}))) << "a late answer counts";
    EXPECT_THAT(ask("a"), ElementsAre("1.1.1.1"));
}

TEST_F(Known, ALateAnswerThatSaysNothingNewIsNoChange) {
    (void)ask("a");
    (void)due();
    now_ += 3s;
    (void)known_.take_given_up(now_);
    EXPECT_FALSE(answer("a", none));
}

TEST_F(Known, AFailureIsTriedAgainWithGrowingPauses) {
    (void)ask("a");
    (void)due();
    EXPECT_TRUE(answer("a", failed)) << "it has no result, which wasn't known before";
    EXPECT_THAT(ask("a"), IsEmpty());
    for (const auto pause : {1s, 2s, 4s, 4s}) {
        EXPECT_EQ(known_.next(), now_ + pause);
        now_ += pause;
        EXPECT_THAT(due(), ElementsAre("a"));
        EXPECT_FALSE(answer("a", none));
    }
    now_ += 4s;
    (void)due();
    EXPECT_TRUE(answer("a", found({"1.1.1.1"})));
    EXPECT_EQ(known_.next(), now_ + 60s);
}

TEST_F(Known, AnswersAreRenewedAndCountMeanwhile) {
    know("a", found({"1.1.1.1"}));
    now_ += 60s;
    EXPECT_THAT(due(), ElementsAre("a"));
    EXPECT_THAT(ask("a"), ElementsAre("1.1.1.1"));
    now_ += 1h;
    EXPECT_THAT(ask("a"), ElementsAre("1.1.1.1")) << "also while the look-up hangs";
    EXPECT_THAT(known_.take_given_up(now_), IsEmpty());
    EXPECT_TRUE(answer("a", found({"2.2.2.2"})));
    EXPECT_THAT(ask("a"), ElementsAre("2.2.2.2"));
}

TEST_F(Known, AnotherOrderIsNoChangeButIsUsed) {
    know("a", found({"1.1.1.1", "2.2.2.2"}));
    now_ += 60s;
    (void)due();
    EXPECT_FALSE(answer("a", found({"2.2.2.2", "1.1.1.1"})));
    EXPECT_THAT(ask("a"), ElementsAre("2.2.2.2", "1.1.1.1"));
}

TEST_F(Known, WhatIsKnownOutlivesAFailureButNotTheNewsThatThereIsNone) {
    know("a", found({"1.1.1.1"}));
    now_ += 60s;
    (void)due();
    EXPECT_FALSE(answer("a", failed));
    EXPECT_THAT(ask("a"), ElementsAre("1.1.1.1"));
    EXPECT_EQ(known_.next(), now_ + 1s) << "it is tried again soon";
    now_ += 1s;
    (void)due();
    EXPECT_TRUE(answer("a", none));
    EXPECT_THAT(ask("a"), IsEmpty());
}

TEST_F(Known, EverythingCanBeRenewedAtOnce) {
    know("a", found({"1.1.1.1"}));
    know("b", none);
    (void)ask("c");
    (void)due();
    known_.renew(now_);
    EXPECT_THAT(due(), ElementsAre("a", "b")) << "c is under way";
    EXPECT_THAT(ask("a"), ElementsAre("1.1.1.1"));
}

TEST_F(Known, WhatAnotherOneKnowsCountsUntilItIsRenewed) {
    know("a", found({"1.1.1.1"}));
    (void)ask("b"); // which isn't known
    KnownAnswers next({3s, 1s, 4s, 60s});
    next.remember(known_, now_);
    known_ = next;
    EXPECT_THAT(ask("a"), ElementsAre("1.1.1.1"));
    EXPECT_THAT(due(), ElementsAre("a"));
    EXPECT_TRUE(answer("a", found({"2.2.2.2"})));
    EXPECT_THAT(ask("b"), ElementsAre("?"));
}

TEST_F(Known, WhatIsNotAskedAnyMoreIsForgotten) {
    know("a", found({"1.1.1.1"}));
    know("b", found({"2.2.2.2"}));
    (void)ask("c");
    (void)due();
    known_.keep_only({name("b")});
    now_ += 60s;
    EXPECT_THAT(due(), ElementsAre("b"));
    EXPECT_FALSE(answer("c", found({"3.3.3.3"}))) << "nobody goes by it";
    EXPECT_THAT(ask("a"), ElementsAre("?"));
}

} // namespace
} // namespace hitless::apply
