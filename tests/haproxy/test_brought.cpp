#include "hitless/haproxy/brought.hpp"

#include <gtest/gtest.h>

#include <array>

namespace hitless::haproxy {
namespace {

TEST(BroughtLine, PiecesOfTwoValuesMayOverlap) {
    constexpr std::string_view line = "acl a path /x/y # t";
    constexpr std::array both = {Brought{11, 13}, Brought{11, 17}};
    EXPECT_FALSE(flaws_of_line(line, both, {}).empty()) << "the second one begins the comment";
    constexpr std::array blameless = {Brought{11, 13}, Brought{11, 15}};
    EXPECT_TRUE(flaws_of_line(line, blameless, {}).empty());
}

TEST(BroughtLine, AFlagIsOneInTheTemplatesQuotesToo) {
    constexpr std::array value = {Brought{17, 19}};
    EXPECT_FALSE(flaws_of_line("acl a hdr(host) \"-f\" b", value, {}).empty());
    EXPECT_TRUE(flaws_of_line("acl a hdr(host) \"ab\" b", value, {}).empty());
    constexpr std::array later = {Brought{18, 20}};
    EXPECT_TRUE(flaws_of_line("acl a hdr(host) \"-mx\" b", later, {}).empty())
        << "the dash is the template's";
}

} // namespace
} // namespace hitless::haproxy
