#include "etcd/sequencer.hpp"

#include <gmock/gmock.h>

namespace hitless::etcd {
namespace {

using keys::Entry;
using keys::Event;
using keys::Update;
using testing::ElementsAre;

Change put(std::uint64_t index, const std::string& key, const std::string& value) {
    return {index, {{Event::Kind::put, key, value}}};
}

Change removal(std::uint64_t index, const std::string& key) {
    return {index, {{Event::Kind::remove, key, ""}}};
}

Reading reading(std::uint64_t index, std::vector<Entry> entries,
                const std::string& cluster = "c1") {
    return {std::move(entries), index, cluster};
}

/// One that has read at index 10 and watches.
Sequencer started() {
    Sequencer sequencer("/a");
    EXPECT_FALSE(sequencer.can_watch());
    sequencer.read_begins();
    const Update update = sequencer.read_ends(reading(10, {{"/a/x", "1"}}));
    EXPECT_EQ(update.kind, Update::Kind::snapshot);
    EXPECT_EQ(update.root, "/a");
    EXPECT_EQ(update.index, 10U);
    EXPECT_FALSE(update.other_store);
    EXPECT_TRUE(sequencer.can_watch());
    EXPECT_EQ(sequencer.watch_from(), 11U);
    EXPECT_TRUE(sequencer.watch_begins({200, 10, "c1"}));
    return sequencer;
}

TEST(Sequencer, TellsEachEventOnce) {
    Sequencer sequencer = started();
    const auto update = sequencer.change(put(12, "/a/y", "2"));
    ASSERT_TRUE(update);
    EXPECT_EQ(update->kind, Update::Kind::events);
    EXPECT_EQ(update->index, 12U);
    EXPECT_EQ(update->events, (std::vector{Event{Event::Kind::put, "/a/y", "2"}}));
    EXPECT_EQ(sequencer.watch_from(), 13U);
    EXPECT_FALSE(sequencer.change(put(12, "/a/y", "2")));
    EXPECT_FALSE(sequencer.change({13, {}})) << "nothing of keys or values";
    EXPECT_EQ(sequencer.watch_from(), 14U);
}

/// What the watch has brought and the read doesn't know would come again, and go again, for ever.
TEST(Sequencer, HasEventsConfirmedAfterAnotherStore) {
    Sequencer sequencer = started();
    ASSERT_TRUE(sequencer.change(removal(11, "/a/x")));
    sequencer.read_begins();
    const Reading older = reading(10, {{"/a/x", "1"}});
    EXPECT_TRUE(sequencer.confirms(older));
    EXPECT_TRUE(sequencer.read_ends(older).other_store);
    EXPECT_TRUE(sequencer.in_doubt());
    EXPECT_TRUE(sequencer.can_watch());

    sequencer.read_begins(); // one that knows nothing of the claim
    EXPECT_FALSE(sequencer.change(removal(11, "/a/x"))) << "it is to be read first";
    EXPECT_FALSE(sequencer.can_watch());
    EXPECT_TRUE(sequencer.confirms(older));
    EXPECT_FALSE(sequencer.read_ends(older).other_store);
    EXPECT_EQ(sequencer.watch_from(), 11U);

    EXPECT_FALSE(sequencer.change(removal(11, "/a/x")));
    sequencer.read_begins();
    sequencer.read_fails();
    sequencer.read_begins();
    EXPECT_FALSE(sequencer.confirms(older));
    sequencer.read_fails();
    EXPECT_FALSE(sequencer.can_watch());
    sequencer.read_begins();
    EXPECT_TRUE(sequencer.confirms(older)) << "what was claimed wrongly is forgotten";
    EXPECT_FALSE(sequencer.read_ends(older).other_store);

    EXPECT_FALSE(sequencer.change(put(11, "/a/y", "2")));
    sequencer.read_begins();
    const Reading newer = reading(12, {{"/a/x", "1"}, {"/a/y", "2"}});
    EXPECT_TRUE(sequencer.confirms(newer));
    EXPECT_FALSE(sequencer.read_ends(newer).other_store);
    EXPECT_FALSE(sequencer.in_doubt());
    EXPECT_TRUE(sequencer.change(removal(13, "/a/x"))) << "its word counts again";
}

TEST(Sequencer, TakesAThirdStoreForOne) {
    Sequencer sequencer = started();
    EXPECT_TRUE(sequencer.read_ends(reading(10, {}, "c2")).other_store);
    EXPECT_FALSE(sequencer.change(removal(11, "/a/x")));
    sequencer.read_begins();
    const Reading third = reading(3, {}, "c3");
    EXPECT_TRUE(sequencer.confirms(third));
    EXPECT_TRUE(sequencer.read_ends(third).other_store);
    EXPECT_TRUE(sequencer.in_doubt());
}

TEST(Sequencer, DropsEventsThatAReadHasHad) {
    Sequencer sequencer = started();
    sequencer.read_begins();
    EXPECT_EQ(sequencer.read_ends(reading(20, {{"/a/x", "9"}})).index, 20U);
    EXPECT_FALSE(sequencer.change(put(15, "/a/x", "5")));
    EXPECT_FALSE(sequencer.change(put(20, "/a/x", "9")));
    EXPECT_TRUE(sequencer.change(put(21, "/a/x", "10")));
}

TEST(Sequencer, AppliesNewerEventsToAnOlderRead) {
    Sequencer sequencer = started();
    EXPECT_TRUE(sequencer.change(put(11, "/a/gone", "1")));
    sequencer.read_begins();
    EXPECT_TRUE(sequencer.change(put(12, "/a/in", "old")));
    EXPECT_TRUE(sequencer.change(put(14, "/a/x", "4")));
    EXPECT_TRUE(sequencer.change(removal(15, "/a/gone")));
    EXPECT_FALSE(sequencer.change({16, {}}));
    const Update update =
        sequencer.read_ends(reading(13, {{"/a/x", "1"}, {"/a/gone", "1"}, {"/a/in", "new"}}));
    EXPECT_EQ(update.index, 16U);
    EXPECT_THAT(update.entries, ElementsAre(Entry{"/a/in", "new"}, Entry{"/a/x", "4"}));
    EXPECT_EQ(sequencer.watch_from(), 17U);
}

TEST(Sequencer, AppliesTheRemovalOfAnAncestorToAnOlderRead) {
    Sequencer sequencer = started();
    sequencer.read_begins();
    EXPECT_TRUE(sequencer.change(removal(12, "/")));
    EXPECT_TRUE(sequencer.read_ends(reading(11, {{"/a/x", "1"}})).entries.empty());
}

TEST(Sequencer, ForgetsTheEventsOfAReadThatFailed) {
    Sequencer sequencer = started();
    sequencer.read_begins();
    EXPECT_TRUE(sequencer.change(put(12, "/a/x", "2")));
    sequencer.read_fails();
    sequencer.read_begins();
    const Update update = sequencer.read_ends(reading(12, {{"/a/x", "2"}}));
    EXPECT_THAT(update.entries, ElementsAre(Entry{"/a/x", "2"}));
    EXPECT_FALSE(update.other_store);
}

TEST(Sequencer, ReadsWhenEventsAreNoLongerKept) {
    Sequencer sequencer = started();
    sequencer.outdated();
    EXPECT_FALSE(sequencer.can_watch());
    EXPECT_FALSE(sequencer.change(put(12, "/a/x", "2")));
    sequencer.read_begins();
    EXPECT_FALSE(sequencer.read_ends(reading(1'200, {})).other_store);
    EXPECT_TRUE(sequencer.can_watch());
    EXPECT_EQ(sequencer.watch_from(), 1'201U);
}

TEST(Sequencer, ReadsWhenTheWatchIsOnAnotherStore) {
    for (const Head& head : {Head{200, 10, "c2"}, Head{200, 9, "c1"}}) {
        Sequencer sequencer = started();
        EXPECT_FALSE(sequencer.watch_begins(head));
        EXPECT_FALSE(sequencer.can_watch());
    }
}

TEST(Sequencer, NoticesAnotherStore) {
    const struct {
        Reading reading;
        bool other_store;
    } cases[] = {
        {reading(10, {}), false},
        {reading(3, {}), true},        // the index went back
        {reading(50, {}, "c2"), true}, // another cluster
    };
    for (const auto& [read, other_store] : cases) {
        Sequencer sequencer = started();
        sequencer.read_begins();
        const Update update = sequencer.read_ends(read);
        EXPECT_EQ(update.other_store, other_store) << read.index << read.cluster;
        EXPECT_EQ(update.index, read.index);
        EXPECT_EQ(sequencer.watch_from(), read.index + 1);
        EXPECT_TRUE(sequencer.watch_begins({200, read.index, read.cluster}));
    }
}

TEST(Sequencer, DoesNotTakeALaggingNodeForAnotherStore) {
    Sequencer sequencer = started();
    EXPECT_FALSE(sequencer.watch_begins({200, 8, "c1"})); // its own copy is behind
    sequencer.read_begins();
    EXPECT_FALSE(sequencer.read_ends(reading(10, {{"/a/x", "1"}})).other_store);
}

} // namespace
} // namespace hitless::etcd
