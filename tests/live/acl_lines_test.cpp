// Values in `acl` lines as a kind of live objects.
#include "live/claims.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace hitless::live {
namespace {

using plan::parse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string web = "frontend web\n";

class AclClaims : public testing::TestWithParam<ClaimCase> {};

TEST_P(AclClaims, AreLinesWithOtherValues) {
    expect_claims(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    AclLines, AclClaims,
    testing::Values(
        ClaimCase{"another value",
                  web + " acl a src 10.0.0.1\n",
                  web + " acl a src 10.0.0.2\n",
                  {"acl a of frontend web"}},
        ClaimCase{"a line more of the same name",
                  web + " acl a src 10.0.0.1\n",
                  web + " acl a src 10.0.0.1\n acl a src 10.0.0.2\n",
                  {"acl a of frontend web"}},
        ClaimCase{"a new name", web, web + " acl a src 10.0.0.2\n", {}, {"+ acl a src 10.0.0.2"}},
        ClaimCase{
            "one that goes", web + " acl a src 10.0.0.1\n", web, {}, {"- acl a src 10.0.0.1"}},
        ClaimCase{"other flags",
                  web + " acl a src 10.0.0.1\n",
                  web + " acl a src -n 10.0.0.1\n",
                  {},
                  {"- acl a src 10.0.0.1", "+ acl a src -n 10.0.0.1"}},
        ClaimCase{"with a line that isn't plain",
                  web + " acl a src 10.0.0.1\n acl a src -f /f\n",
                  web + " acl a src 10.0.0.2\n acl a src -f /f\n",
                  {},
                  {"- acl a src 10.0.0.1", "+ acl a src 10.0.0.2"}},
        ClaimCase{"others beside it stay",
                  web + " acl a src 10.0.0.1\n bind :1\n",
                  web + " acl a src 10.0.0.2\n bind :2\n",
                  {"acl a of frontend web"},
                  {"- bind :1", "+ bind :2"}}));

/// HAProxy was started from `started`, whose lines have the lists 0, 1, …
class AclPlans : public testing::Test {
  protected:
    using Lists = std::vector<std::vector<std::string>>;

    void start(const std::string& started, const Lists& values, bool is_certain = true) {
        started_ = parse(started);
        answer_ = "# id (file) description\n";
        int id = 0;
        for (const haproxy::AclLine& line : haproxy::acl_lines(started_))
            answer_ += fmt::format("{} () acl '{}' file 'h.cfg' line {}. entry_cnt=1\n", id++,
                                   line.keyword, line.number);
        take({answer_});
        adopt(started_, is_certain);
        show(values);
    }

    void adopt(const haproxy::Config& started, bool is_certain) {
        observed_.acl_lines.is_start_certain = is_certain;
        kind_.adopt(started, {}, observed_);
    }

    /// What HAProxy says of its lists.
    void show(const Lists& values) {
        std::vector<std::string> answers = {answer_};
        for (const auto& of_list : values) {
            std::string list;
            for (const std::string& value : of_list)
                list += "0x1 " + value + "\n";
            answers.push_back(list);
        }
        EXPECT_EQ(take({answer_}).size(), values.size());
        EXPECT_THAT(take(answers), IsEmpty());
    }

    std::vector<haproxy::Command> take(const std::vector<std::string>& answers) {
        return kind_.take({}, answers, observed_).value();
    }

    plan::Plan plan(const std::string& wanted) {
        const haproxy::Config config = parse(wanted);
        return make_plan({started_, config, {}, observed_, {}, {}},
                         kind_.all(config, {}, observed_));
    }

    const Kind& kind_ = *find_kind(ObjectId::Kind::acl_line);
    haproxy::Config started_;
    std::string answer_;
    Observed observed_;
};

const std::string why_unknown = "acl a of frontend web: it isn't known for sure which of HAProxy's "
                                "lists it is; a reload makes it so";

TEST_F(AclPlans, ChangeOneValueByACommand) {
    start(web + " acl a src 10.0.0.1 10.0.0.2\n", {{"10.0.0.1", "10.0.0.2"}});
    EXPECT_THAT(plan(web + " acl a src 10.0.0.2 10.0.0.1\n").steps, IsEmpty());
    EXPECT_THAT(commands(plan(web + " acl a src 10.0.0.1\n")), ElementsAre("del acl #0 10.0.0.2"));
    const plan::Plan more = plan(web + " acl a src 10.0.0.1 10.0.0.2 10.0.0.3\n");
    EXPECT_THAT(commands(more), ElementsAre("add acl #0 10.0.0.3"));
    EXPECT_EQ(more.steps.at(0).detail, "+ 10.0.0.3");
    note_done(more.steps.at(0), observed_);
    EXPECT_THAT(plan(web + " acl a src 10.0.0.1 10.0.0.2 10.0.0.3\n").steps, IsEmpty());
}

TEST_F(AclPlans, ChangeSeveralAtOnce) {
    start(web + " acl a src 10.0.0.1\n", {{"10.0.0.1"}});
    const plan::Plan plan = this->plan(web + " acl a src 10.0.0.2\n");
    ASSERT_EQ(plan.steps.size(), 1U);
    const auto& transaction = plan.steps[0].transaction;
    ASSERT_TRUE(transaction);
    EXPECT_EQ(transaction->begin.line, "prepare acl #0");
    EXPECT_THAT(haproxy::lines_of(transaction->fill), ElementsAre("add acl @? #0 10.0.0.2"));
    EXPECT_THAT(haproxy::lines_of(transaction->one_by_one),
                ElementsAre("add acl #0 10.0.0.2", "del acl #0 10.0.0.1"));
    EXPECT_THAT(haproxy::lines_of(plan.steps[0].commands), ElementsAre("commit acl @? #0"));
    EXPECT_EQ(plan.steps[0].detail, "+ 10.0.0.2, - 10.0.0.1");
    EXPECT_EQ(std::get<plan::AclLineEffect>(plan.steps[0].effect).summary, "1 added, 1 gone");
}

/// A request that is meant before and after is meant in between.
TEST_F(AclPlans, OfSeveralLinesAddToTheLastOneBeforeOthersLoseAnything) {
    const std::string line = " acl a src ";
    start(web + line + "10.0.0.1 10.0.0.2\n" + line + "10.0.0.2\n",
          {{"10.0.0.1", "10.0.0.2"}, {"10.0.0.2"}});
    EXPECT_THAT(commands(plan(web + line + "10.0.0.1 10.0.0.2\n")), IsEmpty())
        << "twice is no harm";
    EXPECT_THAT(commands(plan(web + line + "10.0.0.3 10.0.0.2\n" + line + "10.0.0.2\n")),
                ElementsAre("add acl #1 10.0.0.3", "del acl #0 10.0.0.1"));
    EXPECT_THAT(commands(plan(web + line + "10.0.0.1\n")),
                ElementsAre("del acl #1 10.0.0.2", "del acl #0 10.0.0.2"));
}

TEST_F(AclPlans, RepairWhatSomebodyHasTyped) {
    start(web + " acl a src 10.0.0.1\n", {{"10.0.0.1"}});
    show({{"10.0.0.1", "10.0.0.9"}});
    EXPECT_THAT(commands(plan(web + " acl a src 10.0.0.1\n")), ElementsAre("del acl #0 10.0.0.9"));
}

TEST_F(AclPlans, NeedAReloadForAValueThatNoCommandTakes) {
    start(web + " acl a src 10.0.0.1\n", {{"10.0.0.1"}});
    EXPECT_THAT(
        in_words(plan(web + " acl a src 10.0.0.1 " + std::string(15'000, 'x') + "\n").obstacles),
        ElementsAre(HasSubstr("a value is longer than")));
}

/// Another line may have the same number and keyword.
TEST_F(AclPlans, NeedAReloadWhereTheStartIsNotKnownForSure) {
    start(web + " acl a src 10.0.0.1\n", {{"10.0.0.1"}}, false);
    EXPECT_THAT(in_words(plan(web + " acl a src 10.0.0.2\n").obstacles), ElementsAre(why_unknown));
    EXPECT_TRUE(plan(web + " acl a src 10.0.0.1\n").empty());
    show({{"10.0.0.9"}});
    EXPECT_THAT(in_words(plan(web + " acl a src 10.0.0.1\n").obstacles), ElementsAre(why_unknown))
        << "HAProxy has other values, whosever they are";
}

/// The lists are those of another text, or somebody has changed them before they were first read.
TEST_F(AclPlans, NeedAReloadWhereTheListsNeverShowedWhatTheLinesSay) {
    const std::string both = web + " acl a src 10.0.0.1\n acl b src 10.0.0.2\n";
    start(both, {{"10.0.0.2"}, {"10.0.0.1"}});
    EXPECT_FALSE(observed_.acl_lines.is_start_certain);
    show({{"10.0.0.2"}, {"10.0.0.1"}});
    EXPECT_THAT(in_words(plan(web + " acl a src 10.0.0.3\n acl b src 10.0.0.2\n").obstacles),
                ElementsAre(why_unknown));
}

TEST_F(AclPlans, NeedAReloadWhereTheFileHasAnotherLine) {
    start(web + " acl a src 10.0.0.1\n", {{"10.0.0.1"}});
    adopt(parse("# one more\n" + web + " acl a src 10.0.0.1\n"), true);
    show({{"10.0.0.1"}});
    EXPECT_THAT(in_words(plan(web + " acl a src 10.0.0.2\n").obstacles), ElementsAre(why_unknown));
    EXPECT_TRUE(plan(web + " acl a src 10.0.0.1\n").empty());
}

TEST_F(AclPlans, WaitUntilTheListsAreRead) {
    start(web + " acl a src 10.0.0.1\n", {{"10.0.0.1"}});
    for (const bool is_certain : {true, false}) {
        adopt(started_, is_certain);
        const plan::Plan plan = this->plan(web + " acl a src 10.0.0.2\n");
        EXPECT_THAT(plan.steps, IsEmpty());
        EXPECT_EQ(plan.next.size(), 1U);
    }
}

} // namespace
} // namespace hitless::live
