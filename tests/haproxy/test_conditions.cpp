#include "hitless/haproxy/conditions.hpp"

#include <gtest/gtest.h>

namespace hitless::haproxy {
namespace {

struct ConditionCase {
    std::string text; ///< its last section is looked at
    bool undecided = false;
};

class Conditions : public testing::TestWithParam<ConditionCase> {};

TEST_P(Conditions, DecideOverServers) {
    const Config config = Config::parse(GetParam().text).value();
    const auto why = undecided_servers(config, config.sections().back());
    EXPECT_EQ(why.has_value(), GetParam().undecided) << GetParam().text << why.value_or("");
}

/// A backend with the line within a condition.
std::string within(std::string_view line) {
    return "backend b\n balance uri\n.if defined(X)\n " + std::string(line) + "\n.endif\n";
}

INSTANTIATE_TEST_SUITE_P(
    Lines, Conditions,
    testing::Values(
        ConditionCase{within("default-server check"), true},
        ConditionCase{within("\"default-server\" check"), true},
        ConditionCase{within("balance first"), true},
        ConditionCase{within("hash-type consistent"), true},
        ConditionCase{within("cookie c insert dynamic"), true},
        ConditionCase{within("server-template w 3 1:1"), true},
        ConditionCase{within("mode log"), true}, ConditionCase{within("disabled"), true},
        ConditionCase{within("option allbackups"), true},
        ConditionCase{within("no option allbackups"), true},
        ConditionCase{within("option external-check"), true},
        ConditionCase{within("option \"$X\""), true},
        ConditionCase{within("\"$X\" weight 3"), true},
        ConditionCase{within(".if y\n.else\n balance first\n.endif"), true},
        ConditionCase{within("server x 1:1"), false},
        ConditionCase{within("option httplog"), false},
        ConditionCase{within("http-request deny"), false},
        ConditionCase{within("timeout server 1s"), false}, ConditionCase{within("no"), false},
        ConditionCase{"backend b\n.if x\n.else\n balance first\n.endif\n", true},
        ConditionCase{"backend b\n.if x\n.elif y\n default-server check\n.endif\n", true},
        ConditionCase{"backend b\n.if x\n.endif\n default-server check\n", false},
        ConditionCase{"backend b\n \"$KEYWORD\" weight 3\n", true},
        ConditionCase{"backend b\n default-server weight \"$WEIGHT\"\n", false}));

INSTANTIATE_TEST_SUITE_P(
    Sections, Conditions,
    testing::Values(
        ConditionCase{"defaults\n.if x\n default-server disabled\n.endif\nbackend b\n", true},
        ConditionCase{".if x\ndefaults\n timeout client 1s\n.endif\nbackend b\n", true},
        ConditionCase{".if x\ndefaults d\n.endif\ndefaults\nbackend b\n", false},
        ConditionCase{".if x\ndefaults d\n.endif\ndefaults\nbackend b from d\n", true},
        ConditionCase{"defaults d\n.if x\n balance first\n.endif\n"
                      "defaults e from d\nbackend b from e\n",
                      true},
        ConditionCase{"defaults\n.if x\n timeout client 1s\n.endif\nbackend b\n", false},
        ConditionCase{"frontend f\n.if x\n default_backend b\n bind :1\n.endif\nbackend b\n",
                      false},
        ConditionCase{"backend a\n.if x\n balance first\n.endif\nbackend b\n", false}));

TEST(Condition, MayDecideWhoseLinesComeBehindThem) {
    const Config config = Config::parse("backend a\nbackend b\n.if x\nlisten c\n bind :1\n.endif\n"
                                        " server s 1:1\n server t 1:1\nbackend d\n server s 1:1\n"
                                        ".if x\nlisten e\n bind :1\n.endif\nbackend f\n")
                              .value();
    std::string undecided;
    for (const Section& section : config.sections())
        undecided += undecided_servers(config, section) ? section.name : "";
    EXPECT_EQ(undecided, "bce");
}

} // namespace
} // namespace hitless::haproxy
