#include "hitless/keys/keys_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::keys {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

/// "key=value" for each key, in the order of the keys.
std::vector<std::string> read(const std::string& text) {
    const auto entries = parse_keys(text, "file");
    EXPECT_TRUE(entries) << entries.error().message << " in " << text;
    KeyTree tree;
    for (const Entry& entry : entries.value())
        tree.apply({Event::Kind::put, entry.key, entry.value});
    std::vector<std::string> lines;
    for (const auto& [key, value] : tree.entries())
        lines.push_back(key + "=" + value);
    return lines;
}

TEST(KeysFile, IsJsonOrYamlFlatOrNested) {
    struct Case {
        const char* text;
        std::vector<std::string> keys;
    };
    const Case cases[] = {
        {R"({"/a/b": "1", "/a/c": "2"})", {"/a/b=1", "/a/c=2"}},
        {R"({"a": {"b": "1", "c/d": {"/e/": "2"}}})", {"/a/b=1", "/a/c/d/e=2"}},
        {R"({"n": 8080, "f": 1.5, "e": 1e20, "t": true, "z": null, "neg": -1})",
         {"/e=100000000000000000000", "/f=1.5", "/n=8080", "/neg=-1", "/t=true", "/z="}},
        {R"({"l": ["a", {"b": "c"}, []]})", {"/l/0=a", "/l/1/b=c"}},
        {R"({"u": "\u00e9\ud83d\ude00\n"})", {"/u=é😀\n"}},
        {"{}", {}},
        {"{} # nothing\n", {}},
        {"/a/b: 1\n/a/c: two words\n", {"/a/b=1", "/a/c=two words"}},
        {"app:\n  port: 080\n  on: yes\n  none: ~\n  empty:\n  list: [x, y]\n",
         {"/app/empty=", "/app/list/0=x", "/app/list/1=y", "/app/none=", "/app/on=yes",
          "/app/port=080"}},
        {"{a: 1, b: {c: 2}}", {"/a=1", "/b/c=2"}},
        {"a: '{\"ip\": \"10.0.0.1\"}'\n", {"/a={\"ip\": \"10.0.0.1\"}"}},
        {"a: |\n  x\n  y\n", {"/a=x\ny\n"}},
        {"a: &x {p: 1}\nb: *x\n", {"/a/p=1", "/b/p=1"}},
    };
    for (const auto& [text, keys] : cases)
        EXPECT_THAT(read(text), ElementsAreArray(keys)) << text;
}

TEST(KeysFile, SaysWhatIsWrong) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        bomb += fmt::format("a{0}: &a{0} [", i);
        for (int j = 0; j < 10; ++j)
            bomb += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
        bomb += "]\n";
    }
    std::string deep = "1";
    for (int i = 0; i < 300; ++i)
        deep = "{\"a\":" + deep + "}";
    struct Case {
        std::string text;
        const char* what;
    };
    const Case cases[] = {
        {"[1]", "file: the keys must be an object"},
        {"", "file: it is empty"},
        {"# nothing\n", "file: it is empty"},
        {"just text", "file: the keys must be an object"},
        {"a: [1\nb: 2\n", "file:2:"},
        {"{\"a\": [}", "file:1:"},
        {"? [a]\n: 1\n", "file:1: a key must be a text"},
        {bomb, "file: more than 1000000 keys"},
        {deep, "file: more than 200 levels"},
    };
    for (const auto& [text, what] : cases) {
        const auto entries = parse_keys(text, "file");
        ASSERT_FALSE(entries) << text.substr(0, 100);
        EXPECT_THAT(entries.error().message, HasSubstr(what)) << text.substr(0, 100);
    }
}

TEST(KeysFile, IsReadAsItWasWritten) {
    KeyTree tree;
    for (const auto& [key, value] : std::initializer_list<Entry>{
             {"/a/b", "1"}, {"/a-b", "x\n\"y\""}, {"/é", "😀"}, {"/n", "007"}, {"/empty", ""}})
        tree.apply({Event::Kind::put, key, value});
    KeyTree again;
    for (const Entry& entry : parse_keys(write_keys(tree.entries()), "dump").value())
        again.apply({Event::Kind::put, entry.key, entry.value});
    EXPECT_EQ(again.entries(), tree.entries());
    EXPECT_EQ(write_keys({{"/a", "1"}}, "/prod"), "{\n  \"/prod/a\": \"1\"\n}\n");
}

TEST(KeysFile, HasNoPrivateKeys) {
    const std::string key = "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n";
    const auto read =
        parse_keys(write_keys({{"/cert", "before " + key + "behind"}, {"/other", "1"}}), "kept");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ(read->at(0).value, "before -----BEGIN PRIVATE KEY-----(private key left out)"
                                 "-----END PRIVATE KEY-----\nbehind");
    EXPECT_EQ(read->at(1).value, "1");
}

} // namespace
} // namespace hitless::keys
