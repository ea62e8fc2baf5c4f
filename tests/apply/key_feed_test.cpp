#include "hitless/apply/key_feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::apply {
namespace {

using keys::Entry;
using keys::Event;
using keys::KeyTree;
using keys::Update;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Update snapshot(std::string root, std::vector<Entry> entries) {
    Update update;
    update.kind = Update::Kind::snapshot;
    update.root = std::move(root);
    update.entries = std::move(entries);
    return update;
}

Update put(std::string root, std::string key, std::string value) {
    Update update;
    update.root = std::move(root);
    update.events = {{Event::Kind::put, std::move(key), std::move(value)}};
    return update;
}

Update removal(std::string root, std::string key) {
    Update update;
    update.root = std::move(root);
    update.events = {{Event::Kind::remove, std::move(key), {}}};
    return update;
}

TEST(KeyFeed, IsCompleteWithASnapshotOfEachRoot) {
    KeyFeed feed("/", {"/app", "/tls"});
    KeyTree tree;
    EXPECT_FALSE(feed.complete());
    EXPECT_TRUE(feed.apply(snapshot("/app", {}), tree)) << "the first one counts, even when empty";
    EXPECT_FALSE(feed.complete());
    feed.apply(snapshot("/other", {{"/other/x", "1"}}), tree);
    EXPECT_FALSE(feed.complete());
    feed.apply(snapshot("/tls", {{"/tls/x", "1"}}), tree);
    EXPECT_TRUE(feed.complete());
    EXPECT_THAT(tree.entries(), ElementsAre(Pair("/tls/x", "1")));
    EXPECT_FALSE(feed.apply(snapshot("/tls", {{"/tls/x", "1"}}), tree)) << "nothing new";
}

TEST(KeyFeed, TakesThePrefixOff) {
    KeyFeed feed("/prod", {"/prod/app"});
    KeyTree tree;
    feed.apply(snapshot("/prod/app", {{"/prod/app/a", "1"}}), tree);
    feed.apply(put("/prod/app", "/prod/app/b", "2"), tree);
    EXPECT_THAT(tree.entries(), ElementsAre(Pair("/app/a", "1"), Pair("/app/b", "2")));
    feed.apply(removal("/prod/app", "/prod/app/a"), tree);
    EXPECT_THAT(tree.entries(), ElementsAre(Pair("/app/b", "2")));
    feed.apply(removal("/prod/app", "/prod"), tree);
    EXPECT_THAT(tree.entries(), IsEmpty());
}

TEST(KeyFeed, LetsAnAncestorsRemovalReachItsOwnRootOnly) {
    KeyFeed feed("/", {"/app/servers", "/app/config"});
    KeyTree tree;
    feed.apply(snapshot("/app/servers", {{"/app/servers/a", "1"}}), tree);
    feed.apply(snapshot("/app/config", {{"/app/config/x", "2"}}), tree);
    feed.apply(removal("/app/config", "/app"), tree);
    EXPECT_THAT(tree.entries(), ElementsAre(Pair("/app/servers/a", "1")));
    feed.apply(removal("/app/servers", "/"), tree);
    EXPECT_THAT(tree.entries(), IsEmpty());
}

} // namespace
} // namespace hitless::apply
