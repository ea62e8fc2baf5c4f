#include "hitless/plan/slots.hpp"

#include "plan/planning.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace hitless::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string slots_comment = " # spare servers: see -slots of hitlessd\n";

struct FileCase {
    std::string_view what;
    int version; ///< 100 × major + minor; 0: not known
    int number;
    std::string before;
    std::string slots; ///< what comes after `before`
    std::string after = {};
};

class WithSlots : public testing::TestWithParam<FileCase> {};

TEST_P(WithSlots, HasRoomWhereHaproxyAddsNoServers) {
    const FileCase& param = GetParam();
    const auto info =
        param.version == 0 ? haproxy::Info() : version(param.version / 100, param.version % 100);
    const Config config = parse(param.before + param.after);
    const Config made = with_slots(config, info, param.number);
    EXPECT_EQ(made.text(), param.before + param.slots + param.after) << param.what;
    EXPECT_EQ(with_slots(made, info, param.number).text(), made.text()) << "once is enough";
    EXPECT_THAT(compare(config, made).lines, IsEmpty());
    EXPECT_EQ(without_slots(made).text(), config.text());
}

const std::string rr = "backend b\n balance static-rr\n";

INSTANTIATE_TEST_SUITE_P(
    Plan, WithSlots,
    testing::Values(
        FileCase{"none by default", 206, 0, rr + " server x 10.0.0.1:80\n", ""},
        FileCase{"a dynamic algorithm needs none", 206, 2, "backend b\n server x 10.0.0.1:80\n",
                 ""},
        FileCase{"nor does consistent hashing", 206, 2,
                 "backend b\n balance uri\n hash-type consistent\n server x 10.0.0.1:80\n", ""},
        FileCase{"but before 2.5", 204, 2, "backend b\n server x 10.0.0.1:80 check\n",
                 slots_comment + " server hitless-slot1 127.0.0.1:1 check disabled\n"
                                 " server hitless-slot2 127.0.0.1:1 check disabled\n"},
        FileCase{"a static one", 304, 1, rr + " server x 10.0.0.1:80\n",
                 slots_comment + " server hitless-slot1 127.0.0.1:1 disabled\n"},
        FileCase{"a hash by map, nothing known of HAProxy", 0, 1,
                 "backend b\n balance source\n server x 10.0.0.1:80\n",
                 slots_comment + " server hitless-slot1 127.0.0.1:1 disabled\n",
                 "backend c\n server x 10.0.0.1:80\n"},
        FileCase{"an option that is refused", 206, 1,
                 "backend b\n server x 10.0.0.1:80 non-stick check\n",
                 slots_comment + " server hitless-slot1 127.0.0.1:1 non-stick check disabled\n"},
        FileCase{"which most servers have", 206, 2,
                 "backend b\n server x 10.0.0.1:80\n server y 10.0.0.2:80 non-stick maxconn 4\n"
                 " server z 10.0.0.3:80 non-stick # z\n",
                 slots_comment + " server hitless-slot1 127.0.0.1:1 non-stick disabled\n"
                                 " server hitless-slot2 127.0.0.1:1 non-stick disabled\n"
                                 " server hitless-slot3 127.0.0.1:1 non-stick disabled\n"
                                 " server hitless-slot4 127.0.0.1:1 non-stick disabled\n"},
        FileCase{"no server alike another", 206, 1,
                 "backend b\n server x 10.0.0.1:80 cookie x\n server y 10.0.0.2:80 cookie y\n", ""},
        FileCase{"no server yet", 206, 1, rr,
                 slots_comment + " server hitless-slot1 127.0.0.1:1 disabled\n",
                 "# end\nfrontend f\n"},
        FileCase{"no server, nor anything", 204, 1, "backend b\n",
                 "    # spare servers: see -slots of hitlessd\n"
                 "    server hitless-slot1 127.0.0.1:1 disabled\n"},
        FileCase{"after the default-server that counts", 206, 1,
                 rr + " default-server check\n server x 10.0.0.1:80 \"maxqueue\" '5'\n",
                 slots_comment + " server hitless-slot1 127.0.0.1:1 \"maxqueue\" '5' disabled\n",
                 " default-server backup\n option httpchk\n"},
        FileCase{"static weights are kept", 206, 1, rr + " server x 10.0.0.1:80 weight 7\n",
                 slots_comment + " server hitless-slot1 127.0.0.1:1 weight 7 disabled\n"},
        FileCase{"no port", 204, 1, "listen b\n server x 10.0.0.1\n",
                 slots_comment + " server hitless-slot1 127.0.0.1 disabled\n"},
        FileCase{"twice as many with more servers", 206, 1,
                 rr + " server x 10.0.0.1:80\n server y 10.0.0.1:80\n",
                 slots_comment + " server hitless-slot1 127.0.0.1:1 disabled\n"
                                 " server hitless-slot2 127.0.0.1:1 disabled\n"},
        FileCase{"where others come and go by the environment", 206, 1,
                 rr + " .if defined(X)\n .endif\n", ""},
        FileCase{"not for what only HAProxy knows", 206, 1,
                 rr + " server x \"$ADDRESS\"\n server y /run/y.sock\n", ""}));

TEST(Slots, OfALastLineWithoutItsEnd) {
    EXPECT_EQ(with_slots(parse("backend b\n balance source"), version(2, 6), 1).text(),
              "backend b\n balance source\n" + slots_comment +
                  " server hitless-slot1 127.0.0.1:1 disabled\n");
}

TEST(Slots, Names) {
    EXPECT_TRUE(is_slot(slot_name(12)));
    for (const std::string_view name : {"hitless-slot", "hitless-slotx", "hitless-slot1x", "web1"})
        EXPECT_FALSE(is_slot(name)) << name;
}

/// HAProxy 2.6, started from a configuration with two slots.
class InSlots : public testing::Test {
  protected:
    InSlots() { start(config("server x 10.0.0.1:80 check maxconn 5")); }

    static Config config(std::string_view servers) {
        return parse(fmt::format("backend b\n balance static-rr\n {}\n", servers));
    }

    void start(const Config& wanted) { running_ = started_from(with_slots(wanted, info_, 2)); }

    Plan plan(const Config& wanted) {
        recognize_slots(running_, wanted, names_);
        return make_plan({wanted, running_, info_, names_, false, true},
                         every_server(wanted, running_));
    }

    /// Carries the plan out; the next one must have nothing to do.
    std::vector<std::string> converge(const Config& wanted) {
        const Plan plan = this->plan(wanted);
        EXPECT_THAT(in_words(plan.obstacles), IsEmpty());
        carry_out(running_, plan);
        EXPECT_TRUE(this->plan(wanted).empty())
            << testing::PrintToString(describe(this->plan(wanted)));
        return commands(plan);
    }

    /// A daemon that has just been started.
    void forget(const Config& file) {
        for (auto& [name, server] : running_["b"])
            server.serves.clear(), server.leaving = server.stays = false, server.options.reset();
        adopt_options(running_, with_slots(file, info_, 2));
    }

    const haproxy::Info info_ = version(2, 6);
    const Names names_ = {{"web.example", {"10.0.0.7"}}};
    Running running_;
    const Config one_ = config("server x 10.0.0.1:80 check maxconn 5");
    const Config two_ = config("server x 10.0.0.1:80 check maxconn 5\n"
                               " server y 10.0.0.2:80 check maxconn 7");
};

TEST_F(InSlots, AServerComesChangesAndGoes) {
    EXPECT_TRUE(plan(one_).empty());
    EXPECT_THAT(describe(plan(two_)), ElementsAre("b/y: add 10.0.0.2:80 in hitless-slot1"));
    EXPECT_THAT(converge(two_), ElementsAre("set server b/hitless-slot1 addr 10.0.0.2 port 80",
                                            "set maxconn server b/hitless-slot1 7",
                                            "set server b/hitless-slot1 state ready"));
    EXPECT_EQ(running_["b"]["hitless-slot1"].serves, "y");
    const Config changed = config("server x 10.0.0.1:80 check maxconn 5\n"
                                  " server y 10.0.0.3:80 maxconn 7 weight 0");
    EXPECT_THAT(converge(changed),
                ElementsAre("set server b/hitless-slot1 addr 10.0.0.3 port 80",
                            "set server b/hitless-slot1 weight 0", "disable health b/hitless-slot1",
                            "set server b/hitless-slot1 health up"));
    EXPECT_THAT(converge(one_), ElementsAre("set server b/hitless-slot1 state maint"));
    EXPECT_TRUE(running_["b"]["hitless-slot1"].leaving);
    EXPECT_THAT(converge(two_).back(), "set server b/hitless-slot2 state ready")
        << "sessions may still run in the other";
    EXPECT_THAT(converge(config("server y 10.0.0.2:80 check maxconn 7")),
                ElementsAre("set server b/x state maint"));
}

TEST_F(InSlots, ASlotThatIsLeftIsTakenWhenThereIsNoOther) {
    converge(two_);
    converge(one_);
    converge(config("server x 10.0.0.1:80 check maxconn 5\n server z 10.0.0.4:80 check"));
    const auto commands =
        converge(config("server x 10.0.0.1:80 check maxconn 5\n"
                        " server z 10.0.0.4:80 check\n server y 10.0.0.5:80 check"));
    EXPECT_EQ(commands.front(), "set server b/hitless-slot1 addr 10.0.0.5 port 80");
    EXPECT_FALSE(running_["b"]["hitless-slot1"].leaving);
}

TEST_F(InSlots, WhatKeepsAServerOutOfThemIsNamed) {
    const Plan heavy = plan(config("server x 10.0.0.1:80 check maxconn 5\n"
                                   " server y 10.0.0.2:80 check weight 7"));
    EXPECT_THAT(in_words(heavy.obstacles),
                ElementsAre(HasSubstr("no spare server can take its place: its weight is 7, the "
                                      "spare servers have 1")));
    const Plan other = plan(config("server x 10.0.0.1:80 check maxconn 5\n"
                                   " server y 10.0.0.2:80 check inter 9s"));
    EXPECT_THAT(in_words(other.obstacles),
                ElementsAre(HasSubstr("the spare servers have other options: inter")));
}

TEST_F(InSlots, RunningOutIsAReload) {
    const Config many = config("server x 10.0.0.1:80 check maxconn 5\n server y 10.0.0.2:80 check\n"
                               " server z 10.0.0.3:80 check\n server w 10.0.0.4:80 check");
    const Plan plan = this->plan(many);
    EXPECT_EQ(plan.steps.size(), 2U);
    EXPECT_THAT(in_words(plan.obstacles),
                ElementsAre(testing::AllOf(HasSubstr("b/w: 'balance static-rr' is static"),
                                           HasSubstr("no spare server is free"))));
    start(many);
    EXPECT_TRUE(this->plan(many).empty());
    EXPECT_EQ(running_["b"].size(), 8U) << "four have their own lines, and four slots";
}

TEST_F(InSlots, AnotherKindOfServerIsAReload) {
    for (const std::string_view other : {"10.0.0.2:80", "10.0.0.2:80 check backup",
                                         "10.0.0.2:80 check weight 7", "10.0.0.2 check port 1"}) {
        const Plan plan = this->plan(
            config(fmt::format("server x 10.0.0.1:80 check maxconn 5\n server y {}", other)));
        EXPECT_EQ(plan.obstacles.empty(), other == "10.0.0.2:80") << other;
    }
    converge(two_);
    const Plan plan = this->plan(config("server x 10.0.0.1:80 check maxconn 5\n"
                                        " server y 10.0.0.2:80 check maxconn 7 backup"));
    EXPECT_THAT(plan.steps, IsEmpty());
    EXPECT_EQ(plan.obstacles.by_object().size(), 1U);
}

TEST_F(InSlots, TheMappingIsFoundAgain) {
    const Config named = config("server x 10.0.0.1:80 check maxconn 5\n"
                                " server z web.example:80 check maxconn 5\n"
                                " server y 10.0.0.2:80 check maxconn 7");
    converge(named);
    forget(named);
    EXPECT_TRUE(plan(named).empty()) << testing::PrintToString(describe(plan(named)));
    EXPECT_EQ(running_["b"]["hitless-slot1"].serves, "z");
    EXPECT_EQ(running_["b"]["hitless-slot2"].serves, "y");
    forget(named);
    EXPECT_THAT(converge(two_), ElementsAre("set server b/hitless-slot1 state maint"));
}

TEST_F(InSlots, TheMappingIsFoundAfterTheServersToPlan) {
    converge(two_);
    forget(two_);
    const auto servers = every_server(two_, running_); // the slot by its own name
    recognize_slots(running_, two_, names_);
    EXPECT_TRUE(make_plan({two_, running_, info_, names_, false, true}, servers).empty());
    EXPECT_THAT(commands(make_plan({one_, running_, info_, names_, false, true}, servers)),
                ElementsAre("set server b/hitless-slot1 state maint"));
}

TEST_F(InSlots, OneThatNobodyKnowsIsTakenOut) {
    converge(two_);
    forget(two_);
    const Config moved = config("server x 10.0.0.1:80 check maxconn 5\n"
                                " server y 10.0.0.9:80 check maxconn 7");
    EXPECT_THAT(commands(plan(moved)),
                ElementsAre("set server b/hitless-slot2 addr 10.0.0.9 port 80",
                            "set maxconn server b/hitless-slot2 7",
                            "set server b/hitless-slot2 state ready",
                            "set server b/hitless-slot1 state maint"));
}

/// For hitlessctl, which doesn't know whom hitlessd has put there.
TEST_F(InSlots, TheOnlyOneThatSomebodyHasMovedIsGuessed) {
    converge(two_);
    forget(two_);
    running_["b"]["hitless-slot1"].address = "10.0.0.99";
    recognize_slots(running_, two_, names_);
    EXPECT_EQ(running_["b"]["hitless-slot1"].serves, "");
    guess_slots(running_, two_);
    EXPECT_EQ(running_["b"]["hitless-slot1"].serves, "y");
    EXPECT_EQ(running_["b"]["hitless-slot2"].serves, "") << "it is free";
    EXPECT_THAT(commands(plan(two_)),
                testing::Contains("set server b/hitless-slot1 addr 10.0.0.2 port 80"));
}

TEST_F(InSlots, OfTwoThatSomebodyHasMovedNoneIsGuessed) {
    const Config three = config("server x 10.0.0.1:80 check maxconn 5\n"
                                " server y 10.0.0.2:80 check maxconn 7\n"
                                " server z 10.0.0.3:80 check maxconn 7");
    converge(three);
    forget(three);
    for (const char* const slot : {"hitless-slot1", "hitless-slot2"})
        running_["b"][slot].address = "10.0.0.99";
    guess_slots(running_, three);
    EXPECT_EQ(running_["b"]["hitless-slot1"].serves, "");
    running_["b"]["hitless-slot1"].serves = "y";
    guess_slots(running_, config("server x 10.0.0.1:80"));
    EXPECT_EQ(running_["b"]["hitless-slot2"].serves, "") << "nobody is wanted there";
}

TEST_F(InSlots, GoWhenNoneAreWantedAnyMore) {
    converge(two_);
    forget(two_);
    recognize_slots(running_, two_, names_);
    const auto plan = [&](const Config& wanted) {
        return make_plan({wanted, running_, info_, names_}, every_server(wanted, running_));
    };
    const Plan first = plan(two_);
    EXPECT_THAT(commands(first), ElementsAre("set server b/hitless-slot2 state maint"));
    EXPECT_FALSE(first.steps.front().server().after.stays) << "it is deleted";
    EXPECT_THAT(in_words(first.obstacles),
                ElementsAre("b/y: it runs in the place of hitless-slot1, and hitlessd has no spare "
                            "servers without -slots"));
    const Plan third = plan(config("server x 10.0.0.1:80 check maxconn 5\n"
                                   " server y 10.0.0.2:80 check maxconn 7\n"
                                   " server z 10.0.0.3:80 check maxconn 7"));
    EXPECT_EQ(third.obstacles.by_object().size(), 2U) << "none is filled";
    EXPECT_THAT(commands(third), ElementsAre("set server b/hitless-slot2 state maint"));
}

TEST_F(InSlots, AreNotTouchedOtherwise) {
    running_["b"]["hitless-slot1"].options.reset(); // of a file that nobody knows
    EXPECT_THAT(converge(two_).front(), HasSubstr("hitless-slot2"));
    running_["b"]["hitless-slot2"].admin_state = RunningServer::forced_maintenance;
    EXPECT_THAT(converge(two_), ElementsAre("set server b/hitless-slot2 state ready"))
        << "someone typed";
}

TEST_F(InSlots, ANameWithoutAnAddressWaits) {
    const Plan plan = this->plan(config("server x 10.0.0.1:80 check maxconn 5\n"
                                        " server y none.example:80 check"));
    EXPECT_THAT(plan.steps, IsEmpty());
    EXPECT_THAT(in_words(plan.problems), ElementsAre(HasSubstr("'none.example' has no address")));
    EXPECT_THAT(in_words(plan.obstacles), IsEmpty());
}

TEST(Slots, LeaveWhenServersCanBeAddedAgain) {
    // The option that was refused is gone: the server gets its own place.
    const auto info = version(2, 6);
    const Config first = parse("backend b\n server x 10.0.0.1:80 non-stick\n");
    Running running = started_from(with_slots(first, info, 1));
    const auto plan = [&](const Config& wanted) {
        return make_plan({wanted, running, info, {}, false, true}, every_server(wanted, running));
    };
    const Config second = parse(first.text() + " server y 10.0.0.2:80 non-stick\n");
    carry_out(running, plan(second));
    EXPECT_EQ(running["b"]["hitless-slot1"].serves, "y");
    const Config third = parse(first.text() + " server y 10.0.0.2:80\n");
    const Plan replacing = plan(third);
    EXPECT_THAT(commands(replacing),
                ElementsAre(HasSubstr("add server b/y 10.0.0.2:80"), "set server b/y state ready",
                            "set server b/hitless-slot1 state maint"));
    carry_out(running, replacing);
    EXPECT_TRUE(plan(third).empty());
}

} // namespace
} // namespace hitless::plan
