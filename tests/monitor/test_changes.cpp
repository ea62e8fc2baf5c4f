#include "monitor/changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hitless::monitor {
namespace {

const Time start{std::chrono::milliseconds(1'795'785'055'678)};
constexpr std::uint64_t first = 1'795'785'055'678;

Change change(const std::string& name) {
    Change made;
    made.name = name;
    return made;
}

std::vector<std::string> names(const Changes::Missed& missed) {
    std::vector<std::string> all;
    for (const Change* const each : missed.changes)
        all.push_back(each->name);
    return all;
}

TEST(Changes, RememberTheLastOnes) {
    Changes changes(start);
    std::vector<std::uint64_t> told;
    changes.when_added([&](const Change& each) { told.push_back(each.id); });
    for (std::size_t i = 0; i < Changes::most + 10; ++i)
        changes.add(change("web"));
    EXPECT_EQ(changes.all().size(), Changes::most);
    EXPECT_EQ(changes.all().front().id, first + 10);
    EXPECT_EQ(told.size(), Changes::most + 10);
    EXPECT_EQ(told.back(), changes.all().back().id);
}

TEST(Changes, AreAmendedWhenMoreIsKnown) {
    Changes changes(start);
    std::vector<std::string> told;
    changes.when_amended(
        [&](std::span<const Change* const> amended) { told.push_back(phases_event(amended)); });
    std::vector<std::uint64_t> ids;
    for (std::size_t i = 0; i < Changes::most + 1; ++i)
        ids.push_back(changes.add(change("web")));
    const std::vector<std::uint64_t> some = {ids.front(), ids[3], ids.back(), ids.back() + 1};
    changes.amend(some, [](Change& each) { each.phases_ms.read_back = 1.5; });
    changes.amend({}, [](Change&) { ADD_FAILURE(); });
    ASSERT_EQ(told.size(), 1U);
    const auto event = nlohmann::json::parse(told.front());
    ASSERT_EQ(event["changes"].size(), 2U) << "the first one is not kept any more";
    EXPECT_EQ(event["changes"][0]["id"], ids[3]);
    EXPECT_EQ(event["changes"][1]["phases_ms"]["read_back"], 1.5);
    EXPECT_EQ(event["changes"][1]["phases_ms"]["file"], nullptr);
    EXPECT_EQ(changes.all().back().phases_ms.read_back, 1.5);
    EXPECT_EQ(changes.all().front().phases_ms.read_back, std::nullopt);
}

TEST(Changes, TellAClientWhatItHasMissed) {
    Changes changes(start);
    for (const char* const name : {"a", "b", "c"})
        changes.add(change(name));
    const auto missed = changes.after(std::to_string(first));
    EXPECT_FALSE(missed.is_gap);
    EXPECT_THAT(names(missed), ::testing::ElementsAre("b", "c"));
    EXPECT_THAT(names(changes.after(std::to_string(first + 2))), ::testing::IsEmpty());
    EXPECT_THAT(names(changes.after("")), ::testing::IsEmpty());
    EXPECT_FALSE(changes.after("").is_gap);
}

TEST(Changes, TellAClientThatTheyCannotTellAll) {
    Changes changes(start);
    for (std::size_t i = 0; i < Changes::most + 5; ++i)
        changes.add(change(std::to_string(i)));
    EXPECT_FALSE(changes.after(std::to_string(first + 4)).is_gap);
    // The next one is lost; an id of an earlier process, one that is yet to come, and none at all.
    for (const std::string& id :
         {std::to_string(first + 3), std::string("17"), std::to_string(first + 1'000),
          std::string("x"), std::string("17x"), std::string("-1")}) {
        const auto missed = changes.after(id);
        EXPECT_TRUE(missed.is_gap) << id;
        EXPECT_EQ(missed.changes.size(), Changes::most) << id;
    }
}

TEST(Changes, OfAnEarlierProcessHaveLowerIds) {
    Changes before(start);
    before.add(change("a"));
    const std::string last = std::to_string(before.all().back().id);
    Changes after(start + std::chrono::seconds(1));
    EXPECT_TRUE(after.after(last).is_gap);
}

TEST(Changes, AreJson) {
    Change made = change("web1");
    made.scope = "app";
    made.action = "add";
    made.keys = {"/app/servers/web1"};
    made.phases_ms.plan = 0.125;
    made.total_ms = 2;
    const auto parsed = nlohmann::json::parse(to_json(made));
    EXPECT_EQ(parsed["object"].dump(), R"({"kind":"server","name":"web1","scope":"app"})");
    EXPECT_EQ(parsed["phases_ms"]["plan"], 0.125);
    EXPECT_TRUE(parsed["phases_ms"]["file"].is_null());
    EXPECT_TRUE(parsed["haproxy"].is_null());
    EXPECT_EQ(parsed["result"], "done");
}

} // namespace
} // namespace hitless::monitor
