#include "hitless/haproxy/entry_list.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

// The incremental way to the entries of a file, beside the whole way.
namespace hitless::haproxy {
namespace {

using Kind = FileUse::Kind;
using testing::IsEmpty;
using testing::SizeIs;

PatternEntries flat(const EntryList& list) {
    return {list.begin(), list.end()};
}

std::string lines(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format("k{:06} {}\n", i, i % 3);
    return text;
}

TEST(EntryLists, HaveWhatTheFileHas) {
    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("# a\n"), std::string("a 1"),
          std::string("a 1\n\n# b\nb 2\r\n c  3 \n"), lines(511), lines(512), lines(513),
          lines(5'000), std::string(2'000, '\n') + "a 1\n" + std::string(2'000, '\n')}) {
        for (const Kind kind : {Kind::map, Kind::acl}) {
            const EntryList list(kind, text);
            const PatternEntries entries = read_pattern_file(kind, text);
            EXPECT_EQ(flat(list), entries) << text.substr(0, 40);
            EXPECT_EQ(list.size(), entries.size());
            EXPECT_EQ(list.empty(), entries.empty());
            EXPECT_EQ(list, EntryList(entries)) << "however they are divided";
        }
    }
}

TEST(EntryLists, DifferByWhatTheyHave) {
    const EntryList list(Kind::map, lines(2'000));
    EXPECT_NE(list, EntryList(Kind::map, lines(1'999)));
    EXPECT_NE(list, EntryList(Kind::map, lines(2'001)));
    EXPECT_NE(list, EntryList(Kind::map, "k 1\n" + lines(2'000).substr(10)));
    EXPECT_NE(list, EntryList());
    EXPECT_EQ(EntryList(), EntryList(Kind::map, "# a comment\n"));
}

TEST(EntryLists, ShareWhatIsTheSame) {
    const std::string before = lines(100'000);
    std::string after = before;
    after.insert(after.find("k050000"), "k049999x 7\n# a comment\n");
    const EntryList old(Kind::map, before);
    const EntryList list = old.read_again(Kind::map, before, after);
    EXPECT_EQ(list, EntryList(Kind::map, after));
    const CommonChunks common = common_chunks(old, list);
    EXPECT_LE(old.chunks().size() - common.front - common.back, 1U);
    EXPECT_LE(list.chunks().size() - common.front - common.back, 2U);
    const EntryList same = old.read_again(Kind::map, before, before);
    EXPECT_EQ(same.chunks(), old.chunks());
}

TEST(EntryLists, KnowTheirValues) {
    const EntryList list(Kind::map, "a 1\nb 2\nc 1\nd\n");
    ASSERT_THAT(list.chunks(), SizeIs(1));
    EXPECT_THAT(list.chunks().front()->values, testing::UnorderedElementsAre("1", "2", ""));
    EXPECT_THAT(EntryList().chunks(), IsEmpty());
}

/// Lines of all sorts, few of which are the same.
std::string random_line(std::mt19937& random) {
    const auto number = random() % 50;
    switch (random() % 12) {
    case 0:
        return "\n";
    case 1:
        return "# comment\n";
    case 2:
        return fmt::format("  key{} \t value {} \n", number, random() % 3);
    case 3:
        return fmt::format("key{} value\r\n", number);
    case 4:
        return fmt::format("key{}", number); // goes on in the next line
    default:
        return fmt::format("key{} value{}\n", random() % 5'000, random() % 3);
    }
}

TEST(EntryLists, ReadAgainAreWhatAFreshReadingGives) {
    std::mt19937 random(7); // NOLINT: the same each time
    for (int run = 0; run < 20; ++run) {
        const Kind kind = run % 2 == 0 ? Kind::map : Kind::acl;
        std::string text;
        EntryList list(kind, text);
        for (int change = 0; change < 100; ++change) {
            const std::string before = text;
            const std::size_t changed = random() % 4 == 0 ? random() % 1'500 : random() % 4;
            const std::size_t at = random() % (text.size() + 1);
            const std::size_t begin = random() % 3 == 0 ? at : text.rfind('\n', at) + 1;
            const std::size_t gone = random() % 2 == 0 ? 0 : random() % (40 * changed + 1);
            std::string added;
            for (std::size_t i = 0; i < changed; ++i)
                added += random_line(random);
            text.replace(std::min(begin, text.size()), gone, added);
            if (random() % 30 == 0)
                text.clear();
            list = list.read_again(kind, before, text);
            const PatternEntries whole = read_pattern_file(kind, text);
            ASSERT_EQ(flat(list), whole) << run << ' ' << change;
            ASSERT_EQ(list.size(), whole.size());
        }
    }
}

TEST(EntryLists, HaveNoMoreChunksAfterManyChanges) {
    std::string text = lines(10'000);
    EntryList list(Kind::map, text);
    for (int i = 0; i < 3'000; ++i) {
        const std::string before = text;
        text.insert(text.size() / 2 / 10 * 10, fmt::format("x{:06} 1\n", i));
        list = list.read_again(Kind::map, before, text);
    }
    EXPECT_EQ(list, EntryList(Kind::map, text));
    EXPECT_LE(list.chunks().size(), 2 * list.size() / 512 + 2);
}

} // namespace
} // namespace hitless::haproxy
