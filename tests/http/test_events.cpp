#include "http/events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> take_all(Subscription& client) {
    std::vector<std::string> all;
    while (const Frame frame = client.next())
        all.push_back(*frame);
    return all;
}

Frame text(const std::string& text) {
    return std::make_shared<const std::string>(text);
}

TEST(Events, AreFramedAsTheStandardHasIt) {
    EXPECT_EQ(*event_frame("change", "{}", 17), "id: 17\nevent: change\ndata: {}\n\n");
    EXPECT_EQ(*event_frame("summary", "{}"), "event: summary\ndata: {}\n\n");
}

TEST(Events, GoToAllClients) {
    EventHub hub;
    int woken = 0;
    const auto one = hub.join({}, [&] { ++woken; });
    const auto two = hub.join({}, [&] { ++woken; });
    hub.send(text("a"));
    hub.leave(two);
    hub.send(text("b"));
    EXPECT_THAT(take_all(*one), ElementsAre("a", "b"));
    EXPECT_EQ(hub.clients(), 1U);
    EXPECT_EQ(woken, 3);
}

TEST(Events, AClientGetsTheWholeOnceAndThenChanges) {
    EventHub hub;
    const auto one = hub.join({}, [] {});
    EXPECT_TRUE(hub.awaits("fleet"));
    hub.send("fleet", text("whole 1"), text("change 1"));
    EXPECT_FALSE(hub.awaits("fleet"));
    const auto two = hub.join({}, [] {});
    hub.send("fleet", nullptr, text("change 2"));
    EXPECT_TRUE(hub.awaits("fleet"));
    hub.send("fleet", text("whole 3"), text("change 3"));
    hub.send("fleet", text("whole 4"), nullptr);
    EXPECT_THAT(take_all(*one), ElementsAre("whole 1", "change 2", "change 3"));
    EXPECT_THAT(take_all(*two), ElementsAre("whole 3"));
}

TEST(Events, ASlowClientIsDropped) {
    EventHub hub(EventHub::Options{.most_clients = 2, .most_bytes = 10});
    const auto slow = hub.join({}, [] {});
    const auto fast = hub.join({}, [] {});
    hub.send(text("larger than the queue may be"));
    take_all(*fast);
    EXPECT_FALSE(slow->is_dropped());
    hub.send(text("b"));
    EXPECT_TRUE(slow->is_dropped());
    EXPECT_THAT(take_all(*slow), IsEmpty());
    EXPECT_THAT(take_all(*fast), ElementsAre("b"));
}

TEST(Events, ThereAreSoManyClientsAtMost) {
    EventHub hub(EventHub::Options{.most_clients = 1, .most_bytes = 10});
    const auto one = hub.join({}, [] {});
    EXPECT_EQ(hub.join({}, [] {}), nullptr);
    hub.leave(one);
    EXPECT_NE(hub.join({}, [] {}), nullptr);
}

TEST(Events, AClientThatComesBackIsGreetedByTheLastThatItKnows) {
    EventHub hub;
    std::vector<std::string> asked;
    hub.greet_with([&](std::string_view after) {
        asked.emplace_back(after);
        return std::vector<Frame>{text("missed")};
    });
    Request request;
    request.query = "after=5";
    EXPECT_THAT(take_all(*hub.join(request, [] {})), ElementsAre("missed"));
    request.last_event_id = "7"; // a browser sends the address of the first time again
    hub.join(request, [] {});
    EXPECT_THAT(asked, ElementsAre("5", "7"));
}

} // namespace
} // namespace hitless::http
