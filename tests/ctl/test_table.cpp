#include "ctl/table.hpp"

#include <gmock/gmock.h>

namespace hitless::ctl {
namespace {

using Kind = Column::Kind;
using testing::HasSubstr;
using testing::Not;

Table example() {
    Table table;
    table.columns = {{"name", "NAME"},
                     {"state", "STATE", Kind::state},
                     {"count", "COUNT", Kind::number, 1},
                     {"age", "AGE", Kind::seconds, 2}};
    table.rows = {{{"name", "b"}, {"state", "up"}, {"count", 10}, {"age", 75}},
                  {{"name", "añb,\"c\""}, {"state", "down"}, {"count", 9}, {"age", nullptr}},
                  {{"name", "c"}, {"state", "maint"}, {"count", nullptr}, {"age", 100'000}}};
    return table;
}

TEST(Table, AlignsItsColumns) {
    EXPECT_EQ(show(example(), Format::table, {}), "NAME     STATE  COUNT    AGE\n"
                                                  "b        up        10  1m15s\n"
                                                  "añb,\"c\"  down       9      -\n"
                                                  "c        maint      -  1d03h\n");
}

TEST(Table, LeavesColumnsOutWhereItIsNarrow) {
    EXPECT_EQ(show(example(), Format::table, {false, 24}), "NAME     STATE  COUNT\n"
                                                           "b        up        10\n"
                                                           "añb,\"c\"  down       9\n"
                                                           "c        maint      -\n");
    Table long_text;
    long_text.columns = {{"a", "A"}, {"b", "B"}};
    long_text.rows = {{{"a", "0123456789abcdef"}, {"b", "x"}}};
    EXPECT_EQ(show(long_text, Format::table, {false, 15}), "A             B\n"
                                                           "0123456789a…  x\n");
}

TEST(Table, HasColoursWhenTold) {
    const std::string text = show(example(), Format::table, {true, 0});
    EXPECT_THAT(text, HasSubstr("\x1b[32mup\x1b[0m"));
    EXPECT_THAT(text, HasSubstr("\x1b[31mdown\x1b[0m"));
    EXPECT_THAT(text, HasSubstr("\x1b[33mmaint\x1b[0m"));
}

TEST(Table, IsCsvAndJsonToo) {
    EXPECT_EQ(show(example(), Format::csv, {}), "name,state,count,age\n"
                                                "b,up,10,75\n"
                                                "\"añb,\"\"c\"\"\",down,9,\n"
                                                "c,maint,,100000\n");
    const auto json = nlohmann::json::parse(show(example(), Format::json, {}));
    ASSERT_EQ(json.size(), 3U);
    EXPECT_EQ(json[0]["count"], 10);
    EXPECT_TRUE(json[1]["age"].is_null());
    EXPECT_EQ(show({}, Format::json, {}), "[]\n");
}

TEST(Table, ShowsHostileTextSafely) {
    Table table;
    table.columns = {{"name", "NAME"}};
    table.rows = {{{"name", "\x1b]0;owned\x07\nx\xff"}}};
    for (const Format format : {Format::table, Format::csv, Format::json}) {
        const std::string text = show(table, format, {});
        EXPECT_THAT(text, Not(HasSubstr("\x1b")));
        EXPECT_THAT(text, Not(HasSubstr("\x07")));
        EXPECT_THAT(text, HasSubstr("owned"));
    }
}

TEST(Table, IsSorted) {
    const auto names = [](std::string_view key) {
        Table table = example();
        EXPECT_TRUE(sort_rows(table, key));
        std::string letters;
        for (const auto& row : table.rows)
            letters += row["name"].get<std::string>().substr(0, 1);
        return letters;
    };
    EXPECT_EQ(names(""), "bac");
    EXPECT_EQ(names("name"), "abc");
    EXPECT_EQ(names("-name"), "cba");
    EXPECT_EQ(names("count"), "abc") << "9, 10, none";
    EXPECT_EQ(names("-count"), "bac") << "what is null stays last";
    Table table = example();
    const auto sorted = sort_rows(table, "bogus");
    ASSERT_FALSE(sorted);
    EXPECT_THAT(sorted.error().message, HasSubstr("name, state, count, age"));
}

TEST(Durations, AreShort) {
    EXPECT_EQ(duration_text(0), "0s");
    EXPECT_EQ(duration_text(59), "59s");
    EXPECT_EQ(duration_text(60), "1m00s");
    EXPECT_EQ(duration_text(3'599), "59m59s");
    EXPECT_EQ(duration_text(3'600), "1h00m");
    EXPECT_EQ(duration_text(90'000), "1d01h");
}

TEST(Tables, HaveNoBlanksInTheirLastCell) {
    const Table table{{{"a", "A"}, {"b", "B"}}, {{{"a", "x"}, {"b", ""}}}};
    EXPECT_EQ(show(table, Format::table, {}), "A  B\nx\n");
}

TEST(Tables, CountThings) {
    EXPECT_EQ(counted(1, "session"), "1 session");
    EXPECT_EQ(counted(0, "session"), "0 sessions");
    EXPECT_EQ(counted(2, "session"), "2 sessions");
}

} // namespace
} // namespace hitless::ctl
