#include "hitless/base/flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::base {
namespace {

using testing::ElementsAre;
using Strings = std::vector<std::string>;

class FlagsTest : public testing::Test {
  protected:
    Result<ParsedFlags> parse(const Strings& arguments) {
        met.clear();
        return parse_flags(arguments, flags);
    }

    Flag flag(const std::string& name, const std::string& value) {
        return {name, value, "the help of " + name,
                [this, name](const std::string& text) -> Result<void> {
                    if (text == "bad")
                        return Error{"it is bad"};
                    met.push_back(name + "=" + text);
                    return {};
                }};
    }

    Strings met;
    std::vector<Flag> flags{flag("node", "URL"), flag("watch", "")};
};

TEST_F(FlagsTest, AreMetInOrder) {
    const auto parsed =
        parse({"-node", "a", "--watch", "--node=b=c", "-watch=F", "rest", "-watch"});
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_THAT(met, ElementsAre("node=a", "watch=true", "node=b=c", "watch=false"));
    EXPECT_THAT(parsed->operands, ElementsAre("rest", "-watch"));
    EXPECT_FALSE(parsed->help_wanted);
    EXPECT_THAT(parse({"-watch", "--", "-node"})->operands, ElementsAre("-node"));
    EXPECT_THAT(parse({"-node", "--"})->operands, testing::IsEmpty());
    EXPECT_TRUE(parse({"-h"})->help_wanted);
}

TEST_F(FlagsTest, NameWhatIsWrong) {
    EXPECT_EQ(parse({"-node"}).error().message, "flag needs an argument: -node");
    EXPECT_EQ(parse({"-node", "bad"}).error().message,
              "invalid value \"bad\" for flag -node: it is bad");
    EXPECT_EQ(parse({"-watch=2"}).error().message, "invalid boolean value \"2\" for -watch");
    EXPECT_EQ(parse({"-x\n"}).error().message, "flag provided but not defined: -x\\n");
}

TEST_F(FlagsTest, AreDescribed) {
    flags.push_back(flag("a-flag-with-a-long-name", "VALUE"));
    EXPECT_EQ(describe_flags(flags),
              "  -a-flag-with-a-long-name VALUE\n"
              "                          the help of a-flag-with-a-long-name\n"
              "  -node URL               the help of node\n"
              "  -watch                  the help of watch\n");
}

TEST(FlagKinds, TakeTheirValues) {
    std::string text;
    std::vector<std::string> texts;
    bool on = false;
    int number = 0;
    std::chrono::milliseconds time{};
    const std::vector<Flag> flags = {
        text_flag("text", "TEXT", "", text),
        texts_flag("more", "TEXT", "", texts),
        switch_flag("on", "", on),
        number_flag("number", "N", "", 1, 100, number),
        duration_flag("time", "", std::chrono::milliseconds(10), time),
    };
    const auto set = [&](const std::vector<std::string>& arguments) {
        const auto parsed = parse_flags(arguments, flags);
        return parsed ? std::string() : parsed.error().message;
    };
    EXPECT_EQ(set({"-text", "a", "-more", "b", "-more=c", "-on", "-number", "7"}), "");
    EXPECT_EQ(text, "a");
    EXPECT_EQ(texts, (std::vector<std::string>{"b", "c"}));
    EXPECT_TRUE(on);
    EXPECT_EQ(number, 7);
    const std::pair<const char*, int> times[] = {
        {"30", 30'000}, {"0.5", 500},      {"30s", 30'000},
        {"500ms", 500}, {"1m30s", 90'000}, {"1.5h", 5'400'000},
    };
    for (const auto& [value, milliseconds] : times) {
        EXPECT_EQ(set({"-time", value}), "") << value;
        EXPECT_EQ(time.count(), milliseconds) << value;
    }
    for (const char* const bad : {"", "s", "1x", "-1", "1m30", "5ms", "25h", "nan", "1e400"})
        EXPECT_THAT(set({"-time", bad}), testing::HasSubstr("must be a time from 10 ms")) << bad;
    for (const char* const bad : {"0", "101", "1.5", "x", ""})
        EXPECT_THAT(set({"-number", bad}), testing::HasSubstr("from 1 to 100")) << bad;
    EXPECT_THAT(set({"-text="}), testing::HasSubstr("it is empty"));
}

} // namespace
} // namespace hitless::base
