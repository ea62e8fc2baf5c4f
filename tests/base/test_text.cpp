#include "hitless/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::base {
namespace {

using testing::ElementsAre;

TEST(Text, KnowsUtf8) {
    for (const std::string_view good : {"", "a", "é", "€", "😀", "\xf4\x8f\xbf\xbf"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (const std::string_view bad :
         {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe0\x80\x80", "a\xff",
          "\xf4\x90\x80\x80"})
        EXPECT_FALSE(is_utf8(bad)) << printable(bad);
}

TEST(Text, FindsControlCharacters) {
    for (const std::string_view clean : {"", "a b\tc", "é"})
        EXPECT_FALSE(has_control(clean)) << clean;
    for (const std::string_view bad : {"a\n", "\r", "\x1b[0m", "\x7f"})
        EXPECT_TRUE(has_control(bad)) << printable(bad);
}

TEST(Text, FindsControlCharactersBeyondAscii) {
    for (const std::string_view clean : {"", "a\n", "é", "\xc2\xa0", "\u2027", "\u202a", "€", "😀"})
        EXPECT_FALSE(has_wide_control(clean)) << clean;
    for (const std::string_view bad : {"a\xc2\x80", "\u0085", "é\xc2\x9f", "\u2028b", "a\u2029"})
        EXPECT_TRUE(has_wide_control(bad)) << printable(bad);
    EXPECT_FALSE(has_wide_control("\xff\xe2\x80")) << "this is no UTF-8, and no crash";
}

TEST(Text, IsMadePrintable) {
    EXPECT_EQ(printable("a\nb\tc\x1b\xff é"), "a\\nb\\tc\\x1b\\xff é");
    EXPECT_EQ(printable("\xc2\x9b[2J\xc2\xa0"), "\\xc2\\x9b[2J\xc2\xa0")
        << "an escape in one character";
    EXPECT_EQ(printable("a\u2028b"), "a\\xe2\\x80\\xa8b") << "a line break in one character";
    EXPECT_EQ(printable("a\u202eb\u2066c"), "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6c")
        << "b and c would stand in another order";
    EXPECT_EQ(printable("\u2030\u2070"), "\u2030\u2070");
    EXPECT_EQ(printable("abcdef", 3), "abc…");
    EXPECT_EQ(printable("abc", 3), "abc");
}

TEST(Text, IsTakenApart) {
    EXPECT_EQ(base_name("/a/b"), "b");
    EXPECT_EQ(base_name("a"), "a");
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim(" \n"), "");
    EXPECT_THAT(split("", ','), ElementsAre(""));
    EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
}

TEST(Text, CommonEnds) {
    EXPECT_EQ(common_prefix("", ""), 0U);
    EXPECT_EQ(common_prefix("abc", "abd"), 2U);
    EXPECT_EQ(common_suffix("abc", "xbc"), 2U);
    EXPECT_EQ(common_suffix("abc", "abc"), 3U);
    EXPECT_EQ(common_prefix("ab", "abc"), 2U);
    EXPECT_EQ(common_suffix("bc", "abc"), 2U);
    const std::string same(1000, 'x');
    for (const std::size_t size : {0UL, 1UL, 255UL, 256UL, 257UL, 511UL, 512UL, 1000UL}) {
        EXPECT_EQ(common_prefix(same, same.substr(0, size) + "yy"), size);
        EXPECT_EQ(common_suffix(same, "yy" + same.substr(0, size)), size);
    }
}

} // namespace
} // namespace hitless::base
