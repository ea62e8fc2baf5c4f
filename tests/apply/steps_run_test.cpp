// The rounds in which steps are carried out.
#include "apply/steps_run.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace hitless::apply {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

plan::Step step(const std::string& name, std::vector<haproxy::Command> commands) {
    plan::Step made;
    made.object = {plan::ObjectId::Kind::map, name, {}};
    made.commands = std::move(commands);
    return made;
}

plan::Step transaction(const std::string& name) {
    plan::Step made = step(name, {"commit map @? " + name});
    made.transaction = {"prepare map " + name,
                        {"add map @? " + name + " a 1", "add map @? " + name + " b 2"},
                        "clear map @? " + name};
    return made;
}

class StepsRuns : public testing::Test {
  protected:
    std::vector<std::string> next() { return haproxy::lines_of(run_.next()); }
    void take(const std::vector<std::string>& answers) { run_.take(answers); }

    std::vector<plan::Step> steps_{step("x", {"set map x a 1", "set map x b 2"}), transaction("y"),
                                   transaction("z"), step("w", {"del map w a"})};
    StepsRun run_{steps_};
};

TEST_F(StepsRuns, SendTransactionsFirst) {
    EXPECT_THAT(next(), ElementsAre("prepare map y", "prepare map z"));
    take({"New version created: 3", "New version created: 4"});
    EXPECT_THAT(next(), ElementsAre("add map @3 y a 1", "add map @3 y b 2", "add map @4 z a 1",
                                    "add map @4 z b 2"));
    take({"", "", "", ""});
    EXPECT_THAT(next(), ElementsAre("set map x a 1", "set map x b 2", "commit map @3 y",
                                    "commit map @4 z", "del map w a"));
    take({"", "", "", "", ""});
    EXPECT_THAT(next(), IsEmpty());
    for (const plan::Step& each : steps_)
        EXPECT_FALSE(run_.take_refusal(each)) << each.object.scope;
}

TEST_F(StepsRuns, DropWhatHAProxyRefusesAPartOf) {
    (void)next();
    take({"New version created: 3", "Unknown map identifier. Please use #<id> or <file>."});
    EXPECT_THAT(next(), ElementsAre("add map @3 y a 1", "add map @3 y b 2"));
    take({"", "unable to parse 'b'."});
    EXPECT_THAT(next(),
                ElementsAre("set map x a 1", "set map x b 2", "clear map @3 y", "del map w a"));
    take({"", "Key not found.", "", ""});
    EXPECT_THAT(next(), IsEmpty());
    EXPECT_THAT(run_.take_refusal(steps_[0])->message, HasSubstr("Key not found"));
    EXPECT_THAT(run_.take_refusal(steps_[1])->message,
                "unable to parse 'b'. (HAProxy's answer to: add map @VERSION y b 2)");
    EXPECT_THAT(run_.take_refusal(steps_[2])->message, HasSubstr("prepare map z"));
    EXPECT_FALSE(run_.take_refusal(steps_[3]));
}

TEST_F(StepsRuns, NeedAVersion) {
    (void)next();
    take({"New version created: ", "New version created: 4"});
    EXPECT_THAT(next(), ElementsAre("add map @4 z a 1", "add map @4 z b 2"));
    EXPECT_TRUE(run_.take_refusal(steps_[1]));
}

TEST(StepsRun, OfPlainStepsIsOneRound) {
    const std::vector<plan::Step> steps{step("x", {"set map x a 1"}), step("y", {})};
    StepsRun run(steps);
    EXPECT_THAT(haproxy::lines_of(run.next()), ElementsAre("set map x a 1"));
    run.take(std::vector<std::string>{""});
    EXPECT_THAT(run.next(), IsEmpty());
}

} // namespace
} // namespace hitless::apply
