#include "hitless/keys/key_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace hitless::keys {
namespace {

using testing::ElementsAreArray;
using Strings = std::vector<std::string>;
constexpr auto put = Event::Kind::put;
constexpr auto removal = Event::Kind::remove;

KeyTree tree_of(const Strings& keys) {
    KeyTree tree;
    for (const std::string& key : keys)
        tree.apply({put, key, "value of " + key});
    return tree;
}

Strings keys_of(const KeyTree& tree) {
    Strings keys;
    for (const auto& [key, value] : tree.entries())
        keys.push_back(key);
    return keys;
}

Strings match(const KeyTree& tree, std::string_view pattern) {
    Strings keys;
    for (const auto& entry : tree.match(pattern))
        keys.push_back(entry->first);
    return keys;
}

/// Neighbours in byte order that aren't neighbours in the tree of paths.
const Strings& tricky_keys() {
    static const Strings keys{"/a-b",     "/a-b.c/x", "/a/b",   "/a/b-c/d", "/a/b.d",
                              "/a/c/d/e", "/a/c/d/f", "/a/c/g", "/a0",      "/é/ü/x",
                              "/z",       "/a!/q",    "/x/y/z"};
    return keys;
}

TEST(KeyTree, AppliesEvents) {
    struct Case {
        const char* what;
        Strings before;
        Event event;
        Strings after;
        bool changed;
    };
    const Case cases[] = {
        {"a new key", {"/a/b"}, {put, "/a/c", "x"}, {"/a/b", "/a/c"}, true},
        {"another value", {"/a"}, {put, "/a", "x"}, {"/a"}, true},
        {"the same value", {"/a"}, {put, "/a", "value of /a"}, {"/a"}, false},
        {"a key over a directory",
         {"/a/b", "/a/c/d", "/a-b"},
         {put, "/a", "x"},
         {"/a", "/a-b"},
         true},
        {"a key below a key", {"/a", "/a-b"}, {put, "/a/b/c", "x"}, {"/a-b", "/a/b/c"}, true},
        {"a removed key", {"/a", "/b"}, {removal, "/a", ""}, {"/b"}, true},
        {"a removed directory",
         {"/a-b", "/a/b", "/a/c/d", "/a0"},
         {removal, "/a", ""},
         {"/a-b", "/a0"},
         true},
        {"nothing to remove", {"/a-b", "/a0"}, {removal, "/a", ""}, {"/a-b", "/a0"}, false},
        {"everything removed", {"/a", "/b/c"}, {removal, "/", ""}, {}, true},
        {"everything of nothing", {}, {removal, "/", ""}, {}, false},
    };
    for (const Case& c : cases) {
        KeyTree tree = tree_of(c.before);
        EXPECT_EQ(tree.apply(c.event), c.changed) << c.what;
        EXPECT_THAT(keys_of(tree), ElementsAreArray(c.after)) << c.what;
        if (c.event.kind == put) {
            ASSERT_NE(tree.find(c.event.key), nullptr) << c.what;
            EXPECT_EQ(*tree.find(c.event.key), c.event.value) << c.what;
        }
    }
}

TEST(KeyTree, AppliesExactEventsToOneKeyOnly) {
    KeyTree tree = tree_of({"/a/b/c"});
    EXPECT_TRUE(tree.apply({Event::Kind::put, "/a", "1", true}));
    EXPECT_TRUE(tree.apply({Event::Kind::put, "/a/b", "1", true}));
    EXPECT_THAT(keys_of(tree), ElementsAreArray({"/a", "/a/b", "/a/b/c"}));
    EXPECT_FALSE(tree.apply({Event::Kind::put, "/a/b", "1", true}));
    EXPECT_TRUE(tree.apply({Event::Kind::remove, "/a", "", true}));
    EXPECT_FALSE(tree.apply({Event::Kind::remove, "/a", "", true}));
    EXPECT_THAT(keys_of(tree), ElementsAreArray({"/a/b", "/a/b/c"}));
}

TEST(KeyTree, ReplacesASubtreeAndSaysHow) {
    struct Case {
        const char* what;
        Strings before;
        std::string root;
        std::vector<Entry> entries;
        std::vector<Event> events;
        Strings after;
    };
    const Case cases[] = {
        {"first read",
         {},
         "/",
         {{"/b", "2"}, {"/a", "1"}},
         {{put, "/a", "1"}, {put, "/b", "2"}},
         {"/a", "/b"}},
        {"nothing new", {"/a/b", "/c"}, "/a", {{"/a/b", "value of /a/b"}}, {}, {"/a/b", "/c"}},
        {"removed, changed and added",
         {"/a-b", "/a/b", "/a/c", "/b"},
         "/a",
         {{"/a/d", "4"}, {"/a/c", "3"}},
         {{removal, "/a/b", ""}, {put, "/a/c", "3"}, {put, "/a/d", "4"}},
         {"/a-b", "/a/c", "/a/d", "/b"}},
        {"all gone",
         {"/a/b", "/a/c", "/a0"},
         "/a",
         {},
         {{removal, "/a/b", ""}, {removal, "/a/c", ""}},
         {"/a0"}},
        {"a key became a directory",
         {"/a"},
         "/a",
         {{"/a/b", "1"}},
         {{removal, "/a", ""}, {put, "/a/b", "1"}},
         {"/a/b"}},
        {"a directory became a key",
         {"/a/b"},
         "/a",
         {{"/a", "1"}},
         {{removal, "/a/b", ""}, {put, "/a", "1"}},
         {"/a"}},
        {"a key below another",
         {"/a"},
         "/a",
         {{"/a", "value of /a"}, {"/a/b", "1"}},
         {{put, "/a/b", "1"}},
         {"/a", "/a/b"}},
        {"a key outside the subtree",
         {"/b"},
         "/a",
         {{"/a/b", "1"}, {"/c", "2"}},
         {{put, "/a/b", "1"}},
         {"/a/b", "/b"}},
    };
    for (const Case& c : cases) {
        KeyTree tree = tree_of(c.before);
        std::vector<Event> exact = c.events;
        for (Event& event : exact)
            event.exact = true;
        EXPECT_EQ(tree.replace(c.root, c.entries), exact) << c.what;
        EXPECT_THAT(keys_of(tree), ElementsAreArray(c.after)) << c.what;
    }
}

TEST(KeyTree, FindsByPattern) {
    const KeyTree tree = tree_of(tricky_keys());
    struct Case {
        std::string_view pattern;
        Strings keys;
    };
    const Case cases[] = {
        {"/a/b",
         {
             "/a/b",
         }},
        {"/a/b/", {}},
        {"a/b", {}},
        {"/a", {}},
        {"/*", {"/a-b", "/a0", "/z"}},
        {"/a/*", {"/a/b", "/a/b.d"}},
        {"/a/b*", {"/a/b", "/a/b.d"}},
        {"/a/*/*", {"/a/b-c/d", "/a/c/g"}},
        {"/*/*/*/e", {"/a/c/d/e"}},
        {"/a/c/d/?", {"/a/c/d/e", "/a/c/d/f"}},
        {"/?/y/[x-z]", {"/x/y/z"}},
        {"/a/c[^x]d/e", {"/a/c/d/e"}},
        {"/a\\/b", {"/a/b"}},
        {"/é/*/x", {"/é/ü/x"}},
        {"/[", {}},
        {"*", {}},
        {"", {}},
    };
    for (const auto& [pattern, keys] : cases)
        EXPECT_THAT(match(tree, pattern), ElementsAreArray(keys)) << pattern;
}

TEST(KeyTree, ListsChildren) {
    const KeyTree tree = tree_of(tricky_keys());
    struct Case {
        std::string_view directory;
        Strings children;
        Strings directories;
    };
    const Case cases[] = {
        {"/", {"a", "a!", "a-b", "a-b.c", "a0", "x", "z", "é"}, {"a", "a!", "a-b.c", "x", "é"}},
        {"/a", {"b", "b-c", "b.d", "c"}, {"b-c", "c"}},
        {"/a/c", {"d", "g"}, {"d"}},
        {"/a/c/d", {"e", "f"}, {}},
        {"/a/b", {"b"}, {}},
        {"/nothing", {}, {}},
    };
    for (const auto& [directory, children, directories] : cases) {
        EXPECT_THAT(tree.children(directory), ElementsAreArray(children)) << directory;
        EXPECT_THAT(tree.directories(directory), ElementsAreArray(directories)) << directory;
    }
}

/// Random keys of few names, so that prefixes and neighbours of all sorts come up.
class RandomTree {
  public:
    explicit RandomTree(unsigned seed) : random_(seed) {
        for (int i = 0; i < 60; ++i)
            tree_.apply({pick(5) == 0 ? removal : put, path(), std::to_string(i)});
    }

    std::string path() {
        static const Strings names{"a", "a-", "a.b", "ab", "a0", "b", "é", "!"};
        std::string path;
        for (std::size_t depth = 1 + pick(4); depth > 0; --depth)
            path += "/" + names[pick(names.size())];
        return path;
    }

    std::string pattern() {
        static const Strings wild{"*", "a*", "?", "[a-b]", "*b", "[^a]", "a[^b]b", "a?"};
        std::string pattern = path();
        for (std::size_t changes = pick(3); changes > 0; --changes) {
            const auto slash = pattern.find('/', pick(pattern.size()));
            if (slash == std::string::npos)
                continue;
            const auto end = std::min(pattern.find('/', slash + 1), pattern.size());
            pattern.replace(slash + 1, end - slash - 1, wild[pick(wild.size())]);
        }
        return pattern;
    }

    std::size_t pick(std::size_t count) { return random_() % count; }
    KeyTree& tree() { return tree_; }

  private:
    std::mt19937 random_;
    KeyTree tree_;
};

TEST(KeyTree, AgreesWithAScanOfAllKeys) {
    for (unsigned seed = 0; seed < 2'000; ++seed) {
        RandomTree random(seed);
        const KeyTree& tree = random.tree();
        const std::string pattern = random.pattern();
        Strings scanned;
        for (const auto& [key, value] : tree.entries()) {
            if (matches(pattern, key))
                scanned.push_back(key);
        }
        ASSERT_THAT(match(tree, pattern), ElementsAreArray(scanned)) << pattern << " seed " << seed;

        const std::string directory = random.pick(8) == 0 ? "/" : random.path();
        const std::string prefix = directory == "/" ? "/" : directory + "/";
        std::set<std::string> children;
        std::set<std::string> directories;
        for (const auto& [key, value] : tree.entries()) {
            if (key == directory)
                children.insert(key.substr(key.rfind('/') + 1));
            if (!key.starts_with(prefix))
                continue;
            const std::string rest = key.substr(prefix.size());
            children.insert(rest.substr(0, rest.find('/')));
            if (rest.find('/') != std::string::npos)
                directories.insert(rest.substr(0, rest.find('/')));
        }
        ASSERT_THAT(tree.children(directory), ElementsAreArray(children)) << seed;
        ASSERT_THAT(tree.directories(directory), ElementsAreArray(directories)) << seed;
    }
}

TEST(KeyTree, EventsOfAReplacementLeadThere) {
    for (unsigned seed = 0; seed < 500; ++seed) {
        RandomTree before(seed);
        RandomTree wanted(seed + 10'000);
        KeyTree follower = before.tree();
        std::vector<Entry> entries;
        for (const auto& [key, value] : wanted.tree().entries())
            entries.push_back({key, value});
        for (const Event& event : before.tree().replace("/", entries))
            follower.apply(event);
        ASSERT_EQ(before.tree().entries(), wanted.tree().entries()) << seed;
        ASSERT_EQ(follower.entries(), wanted.tree().entries()) << seed;
    }
}

/// Whoever asks now and then what has changed can follow the tree by that.
TEST(KeyTree, TellsWhatHasChanged) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        RandomTree random(seed);
        KeyTree tree = random.tree();
        std::map<std::string, std::string, std::less<>> follower = tree.entries();
        std::uint64_t revision = tree.revision();
        for (unsigned step = 0; step < 20; ++step) {
            RandomTree other(seed * 100 + step);
            std::size_t events = 0;
            for (const auto& [key, value] : other.tree().entries()) {
                const auto kind =
                    (step + ++events) % 3 == 0 ? Event::Kind::remove : Event::Kind::put;
                tree.apply({kind, key, kind == Event::Kind::put ? value : "", step % 2 == 0});
            }
            const auto changed = tree.changed_since(revision);
            ASSERT_TRUE(changed);
            for (const std::string& key : *changed) {
                if (const std::string* const value = tree.find(key))
                    follower.insert_or_assign(key, *value);
                else
                    follower.erase(key);
            }
            ASSERT_EQ(follower, tree.entries()) << seed;
            revision = tree.revision();
            ASSERT_THAT(tree.changed_since(revision).value(), testing::IsEmpty());
        }
        EXPECT_FALSE(tree.changed_since(revision + 1));
    }
}

TEST(KeyTree, ForgetsWhatHasChangedLongAgo) {
    KeyTree tree;
    const auto set = [&](int i) { tree.apply({Event::Kind::put, "/a", std::to_string(i), false}); };
    set(0);
    const std::uint64_t revision = tree.revision();
    for (int i = 1; i < 50'000; ++i)
        set(i);
    EXPECT_FALSE(tree.changed_since(revision));
    EXPECT_EQ(tree.revision(), revision + 49'999);
    EXPECT_FALSE(tree.apply({Event::Kind::put, "/a", "49999", false}));
    EXPECT_EQ(tree.revision(), revision + 49'999) << "nothing has changed";
}

} // namespace
} // namespace hitless::keys
