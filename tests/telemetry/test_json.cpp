#include "telemetry/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hitless::telemetry {
namespace {

TEST(Json, IsWhatAParserReads) {
    std::string text;
    Json json(text);
    json.begin_object().member("text", "a\"b\\c\n\x01ü").member("yes", true).member("n", 17);
    json.member("half", 0.5).member("none", std::optional<double>());
    json.member_or_null("empty", "").key("list").begin_array().value(1).begin_object().end_object();
    json.begin_array().end_array().null().end_array().member("last", std::uint64_t(1) << 52);
    json.end_object();
    const auto parsed = nlohmann::json::parse(text);
    EXPECT_EQ(parsed["text"], "a\"b\\c\n\x01ü");
    EXPECT_EQ(parsed["yes"], true);
    EXPECT_EQ(parsed["half"], 0.5);
    EXPECT_TRUE(parsed["none"].is_null());
    EXPECT_TRUE(parsed["empty"].is_null());
    EXPECT_EQ(parsed["list"].dump(), "[1,{},[],null]");
    EXPECT_EQ(parsed["last"], std::uint64_t(1) << 52);
}

TEST(Json, StaysValidWhateverBytesCome) {
    for (int byte = 0; byte < 256; ++byte) {
        std::string text;
        Json(text).value(std::string(1, static_cast<char>(byte)) + "x");
        EXPECT_TRUE(nlohmann::json::accept(text)) << byte;
    }
}

TEST(Json, RoundsNumbersAndHasNoneThatIsNotFinite) {
    std::string text;
    Json(text).begin_array().value(1.23456).value(1.0 / 0.0).end_array();
    EXPECT_EQ(text, "[1.235,null]");
}

TEST(Json, TimesAreOfIso8601InUtc) {
    const Time time{std::chrono::milliseconds(1'767'323'045'678)};
    EXPECT_EQ(iso_time(time), "2026-01-02T03:04:05.678Z");
}

} // namespace
} // namespace hitless::telemetry
