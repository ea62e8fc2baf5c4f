#include "plan/common_items.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace hitless::plan {
namespace {

std::vector<int> those(const std::vector<int>& items, const std::vector<bool>& chosen) {
    std::vector<int> kept;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (chosen[i])
            kept.push_back(items[i]);
    }
    return kept;
}

/// How many items two lists have in common in the same order, by the plain table.
std::size_t longest(const std::vector<int>& a, const std::vector<int>& b) {
    std::vector<std::vector<std::size_t>> table(a.size() + 1,
                                                std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j)
            table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1
                                               : std::max(table[i - 1][j], table[i][j - 1]);
    }
    return table.back().back();
}

TEST(CommonItems, AreThoseInTheSameOrder) {
    const auto common = common_items(std::vector{1, 2, 3, 4}, std::vector{5, 1, 3, 2, 4});
    ASSERT_TRUE(common);
    EXPECT_THAT(common->in_second, testing::ElementsAre(false, true, testing::_, testing::_, true));
    EXPECT_EQ(std::ranges::count(common->in_first, true), 3);
    EXPECT_EQ(std::ranges::count(common->in_second, true), 3);
}

TEST(CommonItems, OfListsWithoutAny) {
    for (const auto& [a, b] : {std::pair{std::vector<int>{}, std::vector<int>{}},
                               {{}, {1, 2}},
                               {{1, 2}, {}},
                               {{1, 2}, {3}}}) {
        const auto common = common_items(a, b);
        ASSERT_TRUE(common);
        EXPECT_EQ(common->in_first, std::vector<bool>(a.size()));
        EXPECT_EQ(common->in_second, std::vector<bool>(b.size()));
    }
}

/// Against the plain table, with few kinds of items, so that there are many ways to pair them.
TEST(CommonItems, AreAsManyAsPossible) {
    std::mt19937 random(1);
    const auto list = [&] {
        std::vector<int> items(random() % 30);
        const auto kinds = 1 + random() % 12;
        std::ranges::generate(items, [&] { return static_cast<int>(random() % kinds); });
        return items;
    };
    for (int i = 0; i < 5'000; ++i) {
        const auto a = list();
        const auto b = list();
        const auto common = common_items(a, b);
        ASSERT_TRUE(common);
        const auto kept = those(a, common->in_first);
        EXPECT_EQ(kept, those(b, common->in_second)) << testing::PrintToString(std::pair(a, b));
        EXPECT_EQ(kept.size(), longest(a, b)) << testing::PrintToString(std::pair(a, b));
    }
}

TEST(CommonItems, ManyThatOnlyOneListHas) {
    std::vector<int> a;
    std::vector<int> b;
    for (int i = 0; i < 10'000; ++i) {
        a.push_back(3 * i);
        b.push_back(i % 2 == 0 ? 3 * i : 3 * i + 1);
    }
    const auto common = common_items(a, b);
    ASSERT_TRUE(common);
    EXPECT_EQ(std::ranges::count(common->in_first, true), 5'000);
}

TEST(CommonItems, AreNotSearchedForInListsThatDifferTooMuch) {
    std::vector<int> a(3'000);
    std::ranges::generate(a, [i = 0]() mutable { return i++; });
    std::vector<int> b = a;
    std::ranges::reverse(b);
    EXPECT_FALSE(common_items(a, b));
}

} // namespace
} // namespace hitless::plan
