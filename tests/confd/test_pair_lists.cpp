#include "hitless/confd/renderer.hpp"

#include "confd/pair_lists.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>

namespace hitless::confd {
namespace {

using testing::ElementsAre;

void put(keys::KeyTree& tree, const std::string& key, const std::string& value) {
    tree.apply({keys::Event::Kind::put, key, value, true});
}

const KeyPair& pair_of(const Value& value) {
    return dynamic_cast<const KeyPair&>(**value.as<Value::ObjectPtr>());
}

std::vector<std::string> texts(const List& list) {
    std::vector<std::string> all;
    for (const Value& value : list)
        all.push_back(pair_of(value).print());
    return all;
}

TEST(PairLists, AnswersAsTheTreeDoes) {
    std::mt19937 random(3);
    const auto below = [&](std::size_t end) { return random() % end; };
    keys::KeyTree tree;
    PairLists lists(std::make_shared<KeyView>(&tree));
    const std::vector<std::string> patterns = {"/a/*",       "/*/x?", "/a/x1", "/*",   "/b/*/*",
                                               "/a/x[2-4]*", "a/*",   "/c/*",  "/a/*/"};
    for (int round = 0; round < 2'000; ++round) {
        const bool are_many = below(50) == 0;
        const bool values_only = below(2) == 0;
        for (std::size_t changes = are_many ? 300 : below(4); changes > 0; --changes) {
            const std::string key = fmt::format("/{}/x{}", "abc"[below(3)], below(200)) +
                                    (below(10) == 0 ? "/deep" : "");
            if (values_only && tree.find(key) == nullptr)
                continue;
            if (!values_only && below(3) == 0)
                tree.apply({keys::Event::Kind::remove, key, {}, below(2) == 0});
            else
                put(tree, key, fmt::format("{}", below(3)));
        }
        for (const std::string& pattern : patterns) {
            if (below(3) == 0)
                continue; // the next time more has changed
            std::vector<std::string> expected;
            for (const auto& entry : tree.match(pattern))
                expected.push_back(KeyPair(entry->first, entry->second).print());
            ASSERT_EQ(texts(*lists.matching(pattern)), expected) << pattern << " round " << round;
        }
    }
}

TEST(PairLists, KeepsUnchangedPairs) {
    keys::KeyTree tree;
    for (const char* const name : {"a", "b", "c"})
        put(tree, fmt::format("/s/{}", name), name);
    PairLists lists(std::make_shared<KeyView>(&tree));
    const List before = *lists.matching("/s/*");
    put(tree, "/s/b", "new");
    put(tree, "/s/d", "d");
    tree.apply({keys::Event::Kind::remove, "/s/c", {}, true});
    const List after = *lists.matching("/s/*");
    EXPECT_THAT(texts(after), ElementsAre("{/s/a a}", "{/s/b new}", "{/s/d d}"));
    EXPECT_THAT(texts(before), ElementsAre("{/s/a a}", "{/s/b b}", "{/s/c c}"));
    EXPECT_EQ(&pair_of(before[0]), &pair_of(after[0]));
    EXPECT_EQ(before.prints, after.prints);
}

TEST(PairLists, LetsGoOfPairsAndPatterns) {
    keys::KeyTree tree;
    put(tree, "/s/a", "a");
    PairLists lists(std::make_shared<KeyView>(&tree));
    const std::weak_ptr<const gotemplate::Object> first =
        *lists.matching("/s/*")->front().as<Value::ObjectPtr>();
    for (int i = 0; i < 1'000; ++i) {
        put(tree, "/s/b", std::to_string(i));
        EXPECT_EQ(lists.matching("/s/*")->size(), 2U);
    }
    EXPECT_TRUE(first.expired()) << "the pairs of all values that there were are still there";
    const std::weak_ptr<gotemplate::Prints> prints = lists.matching("/s/a")->prints;
    for (int i = 0; i < 1'000; ++i)
        EXPECT_TRUE(lists.matching(fmt::format("/none/{}/*", i))->empty());
    EXPECT_TRUE(prints.expired()) << "a pattern is kept that nobody asks for";
}

/// A body is executed for elements that are new, and for no others.
TEST(PairLists, SpareTemplatesTheSameWork) {
    keys::KeyTree tree;
    for (int i = 0; i < 100; ++i)
        put(tree, fmt::format("/s/{:02}", i), "1");
    int calls = 0;
    auto functions = confd::functions(&tree);
    gotemplate::Function counting([&](std::span<const Value> arguments) -> Result<Value> {
        ++calls;
        return arguments.front();
    });
    counting.is_pure = true;
    functions["echo"] = counting;
    put(tree, "/port", "80");
    const auto parsed = gotemplate::Template::parse(
        "t", "{{$p := getv \"/port\"}}{{range gets \"/s/*\"}}{{echo .Value}}{{$p}} {{end}}",
        functions);
    ASSERT_TRUE(parsed);
    const auto calls_of_next = [&] {
        calls = 0;
        EXPECT_TRUE(parsed->execute());
        return calls;
    };
    EXPECT_EQ(calls_of_next(), 100);
    EXPECT_EQ(calls_of_next(), 0);
    put(tree, "/s/50", "2");
    EXPECT_EQ(calls_of_next(), 1);
    put(tree, "/s/10", "2");
    put(tree, "/s/20x", "2");
    tree.apply({keys::Event::Kind::remove, "/s/30", {}, true});
    EXPECT_EQ(calls_of_next(), 2);
    put(tree, "/port", "81");
    EXPECT_EQ(calls_of_next(), 100) << "the body reads a variable that has changed";
}

} // namespace
} // namespace hitless::confd
