// Map files and ACL files as HAProxy 2.6 reads them, and what it says of them.
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/pattern_file.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using Kind = FileUse::Kind;

std::vector<std::string> in_brackets(const PatternEntries& entries) {
    std::vector<std::string> texts;
    for (const PatternEntry& entry : entries)
        texts.push_back(fmt::format("[{}][{}]", entry.key, entry.value));
    return texts;
}

struct ReadCase {
    std::string text;
    std::vector<std::string> map;
    std::vector<std::string> acl;
};

class PatternFiles : public testing::TestWithParam<ReadCase> {};

TEST_P(PatternFiles, AreReadAsByHAProxy) {
    const auto& [text, map, acl] = GetParam();
    EXPECT_THAT(in_brackets(read_pattern_file(Kind::map, text)), ElementsAreArray(map)) << text;
    EXPECT_THAT(in_brackets(read_pattern_file(Kind::acl, text)), ElementsAreArray(acl)) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Lines, PatternFiles,
    testing::Values(ReadCase{"", {}, {}}, ReadCase{"\n \n\t\n", {}, {}},
                    ReadCase{"# a b\n#\n", {}, {}},
                    ReadCase{"a b\nc d", {"[a][b]", "[c][d]"}, {"[a b][]", "[c d][]"}},
                    ReadCase{" # a\n", {"[#][a]"}, {"[# a][]"}},
                    ReadCase{"a #b\n", {"[a][#b]"}, {"[a #b][]"}},
                    ReadCase{"\t a \t b  c \t\n", {"[a][b  c]"}, {"[a \t b  c \t][]"}},
                    ReadCase{"a b\r\nc\rd\n", {"[a][b]", "[c][]"}, {"[a b][]", "[c][]"}},
                    ReadCase{"a\nb \n", {"[a][]", "[b][]"}, {"[a][]", "[b ][]"}},
                    ReadCase{"a 1\na 2\n", {"[a][1]", "[a][2]"}, {"[a 1][]", "[a 2][]"}},
                    ReadCase{"a \"b\\ c\"\n", {"[a][\"b\\ c\"]"}, {"[a \"b\\ c\"][]"}}));

TEST(PatternLists, AreReadFromShowMap) {
    const auto lists = parse_pattern_lists(
        "# id (file) description\n"
        "1 () acl 'src' file 'h.cfg' line 11. curr_ver=0 next_ver=0 entry_cnt=0\n"
        "4 (/h/a.map) pattern loaded from file '/h/a.map' used by map at file 'h.cfg' line 14. "
        "curr_ver=3 next_ver=4 entry_cnt=17\n"
        "5 (b (old) c.map) pattern loaded from file 'b (old) c.map'\n");
    ASSERT_TRUE(lists) << lists.error().message;
    EXPECT_THAT(*lists,
                ElementsAre(PatternList{"/h/a.map", 3, 4, 17}, PatternList{"b (old", 0, 0, 0}))
        << "an old version tells no numbers, and a name with brackets is cut: such a file counts "
           "as one that HAProxy doesn't have";
    EXPECT_FALSE(parse_pattern_lists("Permission denied\n"));
    EXPECT_THAT(*parse_pattern_lists(""), IsEmpty());
}

TEST(PatternLists, HaveEntries) {
    const std::string answer = "0x55 a b  c\n0x56 d \n0x57 #x 1\n0x58 e";
    EXPECT_THAT(in_brackets(parse_pattern_entries(Kind::map, answer).value()),
                ElementsAre("[a][b  c]", "[d][]", "[#x][1]", "[e][]"));
    EXPECT_THAT(in_brackets(parse_pattern_entries(Kind::acl, answer).value()),
                ElementsAre("[a b  c][]", "[d ][]", "[#x 1][]", "[e][]"));
    for (const std::string wrong : {"Unknown map identifier. Please use #<id> or <file>.", "0x55"})
        EXPECT_FALSE(parse_pattern_entries(Kind::map, wrong)) << wrong;
}

TEST(PatternCommands, NameEntriesWhole) {
    const command::PatternFileName map{Kind::map, "/h/a b.map"};
    const command::PatternFileName acl{Kind::acl, "a.acl"};
    EXPECT_EQ(command::add_entry(map, {}, {"a", "b  c;d\\"}).value(),
              "add map /h/a\\ b.map a b\\ \\ c\\;d\\\\");
    EXPECT_EQ(command::add_entry(acl, "@3", {"a <<"}).value(), "add acl @3 a.acl a\\ \\<\\<");
    EXPECT_EQ(command::set_entry(map, {"a", "b"}).value(), "set map /h/a\\ b.map a b");
    EXPECT_EQ(command::delete_entry(acl, "a").value(), "del acl a.acl a");
    EXPECT_EQ(command::add_map_lines(map, command::new_version).value(),
              "add map @? /h/a\\ b.map <<");
    EXPECT_EQ(command::map_line({"a", ""}).value(), "a \n")
        << "without the blank, HAProxy takes the next line for the value";
    EXPECT_EQ(command::map_line({"#a", "b \\;<< "}).value(), "#a b \\;<< \n");
}

TEST(PatternCommands, RefuseWhatHAProxyWouldTakeForAnythingElse) {
    const command::PatternFileName map{Kind::map, "a.map"};
    const command::PatternFileName acl{Kind::acl, "a.acl"};
    EXPECT_FALSE(command::add_entry(map, {}, {"a", ""}));
    EXPECT_FALSE(command::add_entry(map, {}, {"a", "b\nc d"}));
    EXPECT_FALSE(command::add_entry(acl, {}, {"a\x1b"}));
    EXPECT_FALSE(command::set_entry(map, {"#0x55", "b"})) << "the place of an entry";
    EXPECT_FALSE(command::delete_entry(acl, "#0x55"));
    for (const PatternEntry& entry :
         {PatternEntry{"", "b"}, PatternEntry{"a b", "c"}, PatternEntry{"a", " b"},
          PatternEntry{"a", "b\nc d"}, PatternEntry{"a\n", "b"}, PatternEntry{"a", "b\r"}})
        EXPECT_FALSE(command::map_line(entry)) << entry.key << "|" << entry.value;
    for (const std::string name : {"", "#1", "@1", "a\nb"})
        EXPECT_FALSE(command::prepare_entries({Kind::map, name})) << name;
}

TEST(PatternCommands, GetTheirVersion) {
    const command::PatternFileName map{Kind::map, "a @? b.map"};
    EXPECT_EQ(command::prepared_version("New version created: 12\n").value(), "@12");
    EXPECT_FALSE(command::prepared_version("New version created: x"));
    EXPECT_FALSE(command::prepared_version("Unknown map identifier."));
    const auto commit = command::commit_entries(map, command::new_version).value();
    EXPECT_EQ(command::with_version(commit, "@12").line, "commit map @12 a\\ @?\\ b.map")
        << "only the first one is ours";
    EXPECT_EQ(command::with_version({"show info"}, "@12").line, "show info");
}

} // namespace
} // namespace hitless::haproxy
