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

} // namespace
} // namespace hitless::base
