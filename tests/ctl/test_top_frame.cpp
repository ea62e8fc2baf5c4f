#include "hitless/base/text.hpp"

#include "ctl/table.hpp"
#include "ctl/top_columns.hpp"
#include "ctl/top_frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const std::vector<FrameLine>& frame) {
    std::string text;
    for (const FrameLine& line : frame) {
        for (const Piece& piece : line)
            text += piece.text;
        text += '\n';
    }
    return text;
}

TopEntry backend(const std::string& name) {
    TopEntry entry;
    entry.backend = name;
    entry.state = "up";
    return entry;
}

TopEntry server(const std::string& backend_name, const std::string& name) {
    TopEntry entry = backend(backend_name);
    entry.server = name;
    return entry;
}

TopModel model_of(std::vector<TopEntry> entries) {
    TopSample sample;
    sample.info.version = "2.6.12";
    sample.info.pid = 7;
    sample.entries = std::move(entries);
    TopModel model("/run/haproxy.sock");
    model.set_page(10);
    model.take(std::move(sample));
    return model;
}

TEST(TopFrame, HasTheWholeScreen) {
    const TopModel model = model_of({backend("web"), server("web", "w1")});
    for (const FrameSize size :
         {FrameSize{24, 80}, FrameSize{6, 40}, FrameSize{1, 10}, FrameSize{200, 300}}) {
        const auto frame = draw(model, size);
        EXPECT_EQ(frame.size(), size.rows);
    }
    const auto frame = draw(model, {24, 80});
    EXPECT_THAT(text_of(frame), HasSubstr("HAProxy 2.6.12"));
    EXPECT_THAT(text_of(frame), HasSubstr("▾ web (0/0 up)"));
    EXPECT_THAT(text_of(frame), HasSubstr("    w1"));
    EXPECT_EQ(frame[4].front().tone, Tone::selected);
}

TEST(TopFrame, TellsThatHaproxyIsAway) {
    TopModel model("/run/haproxy.sock");
    EXPECT_THAT(text_of(draw(model, {24, 80})), HasSubstr("connecting"));
    model.lose("can't connect to /run/haproxy.sock");
    const std::string text = text_of(draw(model, {24, 80}));
    EXPECT_THAT(text, HasSubstr("unreachable"));
    EXPECT_THAT(text, HasSubstr("can't connect to /run/haproxy.sock"));
}

TEST(TopFrame, ShowsHostileTextSafely) {
    const std::string hostile = "\x1b]0;owned\x07\x1b[2J\nweb\r";
    TopEntry one = server(hostile, hostile);
    one.state = hostile;
    one.check = hostile;
    TopModel model = model_of({backend(hostile), one});
    model.tell("select " + base::printable(hostile));
    for (const char key : {'j', 'd'}) {
        for (const FrameLine& line : draw(model, {24, 200})) {
            for (const Piece& piece : line)
                EXPECT_FALSE(base::has_control(piece.text)) << base::printable(piece.text);
        }
        model.press({TopKey::Kind::character, key});
    }
    EXPECT_THAT(model.prompt(), HasSubstr("\\x1b[2J"));
}

TEST(TopFrame, KeepsToAscii) {
    TopEntry one = server("web", "w1");
    one.limit = 10;
    one.sessions = 5;
    const std::string text = text_of(draw(model_of({backend("web"), one}), {24, 80, true}));
    EXPECT_THAT(text, HasSubstr("###..."));
    EXPECT_THAT(text, HasSubstr("- web"));
}

TEST(TopFrame, LeavesOutColumnsOnANarrowScreen) {
    const TopModel model = model_of({backend("web"), server("web", "w1")});
    const std::pair<std::size_t, const char*> cases[] = {
        {140, "CHECK"}, {100, "AGE"}, {80, "WEIGHT"}, {80, "ERR/S"}, {60, "REQ/S"}};
    for (const auto& [columns, title] : cases)
        EXPECT_THAT(text_of(draw(model, {24, columns})), HasSubstr(title)) << columns;
    EXPECT_THAT(text_of(draw(model, {24, 80})), Not(HasSubstr("CHECK")));
    for (const std::size_t columns : {60, 80, 100, 140, 250}) {
        const TopColumns shown({24, columns});
        EXPECT_EQ(text_width(shown.titles({})[0].text), columns);
    }
}

TEST(TopFrame, HasBarsAndRates) {
    EXPECT_EQ(bar(0, 4, true), "....");
    EXPECT_EQ(bar(0.01, 4, true), "#...") << "what isn't empty shows";
    EXPECT_EQ(bar(0.5, 4, false), "██░░");
    EXPECT_EQ(bar(7, 4, true), "####");
    EXPECT_EQ(tone_of_load(0.95), Tone::bad);
    EXPECT_EQ(tone_of_load(0.75), Tone::warning);
    const std::pair<std::optional<double>, const char*> rates[] = {
        {std::nullopt, "-"}, {0, "0"},          {0.04, "0.0"},     {7.25, "7.2"},
        {99.96, "100"},      {34'000, "34000"}, {340'000, "340k"}, {1.25e6, "1.2M"}};
    for (const auto& [rate, expected] : rates)
        EXPECT_EQ(rate_text(rate), expected);
    EXPECT_EQ(fitted("abc", 5), "abc  ");
    EXPECT_EQ(fitted("abc", 5, true), "  abc");
    EXPECT_EQ(fitted("äbcdef", 4), "äbc…");
    EXPECT_EQ(fitted("abc", 0), "");
}

} // namespace
} // namespace hitless::ctl
