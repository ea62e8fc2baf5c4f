#include "hitless/keys/key_tree.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace hitless::keys {
namespace {

TEST(Keys, CleansPaths) {
    struct Case {
        std::string_view path;
        std::string_view cleaned;
    };
    for (const auto& [path, cleaned] : std::initializer_list<Case>{
             {"", "/"},
             {"/", "/"},
             {"//", "/"},
             {".", "/"},
             {"..", "/"},
             {"a", "/a"},
             {"/a", "/a"},
             {"/a/", "/a"},
             {"a/b//c", "/a/b/c"},
             {"/a/./b", "/a/b"},
             {"/a/../b", "/b"},
             {"/a/../../b", "/b"},
             {"/a/b/..", "/a"},
             {"/..a/.b/c..", "/..a/.b/c.."},
             {"/a b/é", "/a b/é"},
         })
        EXPECT_EQ(clean(path), cleaned) << path;
}

TEST(Keys, KnowsWhatIsWithin) {
    struct Case {
        std::string_view key;
        std::string_view root;
        bool within;
    };
    for (const auto& [key, root, within] : std::initializer_list<Case>{
             {"/a", "/", true},
             {"/", "/", true},
             {"/a", "/a", true},
             {"/a/b/c", "/a", true},
             {"/ab", "/a", false},
             {"/a-b", "/a", false},
             {"/a0", "/a", false},
             {"/", "/a", false},
             {"/b/a", "/a", false},
         })
        EXPECT_EQ(is_within(key, root), within) << key << " in " << root;
}

// The answers are those of Go 1.19's path.Match.
TEST(Keys, MatchesAsGoDoes) {
    struct Case {
        std::string_view pattern;
        std::string_view name;
        bool match;
    };
    for (const auto& [pattern, name, match] : std::initializer_list<Case>{
             {"", "", true},
             {"", "a", false},
             {"/a", "/a", true},
             {"/a", "/a/", false},
             {"/a/*", "/a/b", true},
             {"/a/*", "/a/", true},
             {"/a/*", "/a", false},
             {"/a/*", "/a/b/c", false},
             {"*", "/a", false},
             {"/*/*/c", "/a/b/c", true},
             {"/*b*/*", "/abc/d", true},
             {"/*b*/*", "/acc/d", false},
             {"/a*b*c", "/axbxbxc", true},
             {"/a*b*c", "/axbxbx", false},
             {"/**", "/abc", true},
             {"/a?c", "/abc", true},
             {"/a?c", "/aéc", true},
             {"/a?c", "/ac", false},
             {"/a?c", "/a/c", false},
             {"/[a-c]", "/b", true},
             {"/[a-c]", "/d", false},
             {"/[^a-c]", "/d", true},
             {"/[^a-c]", "/b", false},
             {"/[a-cx-z]1", "/y1", true},
             {"/[é-ü]", "/ö", true},
             {"/[\\]]", "/]", true},
             {"/[\\-]", "/-", true},
             {"/[a\\-c]", "/b", false},
             {"/\\*", "/*", true},
             {"/\\*", "/x", false},
             {"/a[^x]b", "/a/b", true},
             {"/a[.-0]b", "/a/b", true},
             {"/a\\/b", "/a/b", true},
             {"/?", "/\xff", true},
             {"/[^a]", "/\xff", true},
             {"/]", "/]", true},
         }) {
        EXPECT_EQ(matches(pattern, name), match) << pattern << " on " << name;
        EXPECT_TRUE(is_valid_pattern(pattern)) << pattern;
    }
}

TEST(Keys, RefusesMalformedPatterns) {
    for (const std::string_view pattern :
         {"/[", "/[]", "/[]a]", "/[^", "/[^]", "/[a", "/[a-", "/[a-]", "/[-]", "/[-a]", "/[a-b-c]",
          "/\\", "/[\\", "/[a\\", "/x*[", "/[\xff]"}) {
        EXPECT_FALSE(is_valid_pattern(pattern)) << pattern;
        EXPECT_FALSE(matches(pattern, pattern)) << pattern;
    }
}

} // namespace
} // namespace hitless::keys
