// The notes beside dest that hitlessctl and hitlessd share.
#include "hitless/apply/holds.hpp"
#include "hitless/apply/status_note.hpp"
#include "hitless/base/file.hpp"

#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace hitless::apply {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using Clock = ManualHold::Clock;
using Kind = plan::ManualState::Kind;
using std::chrono::seconds;

ManualHold hold(const std::string& server, plan::ManualState state, Clock::time_point until) {
    return {{"app", server}, state, Clock::time_point(seconds(100)), until, "new disk", "ann"};
}

TEST(ManualHolds, ComeBackAsTheyWere) {
    const std::vector<ManualHold> holds = {
        hold("web1", {Kind::drain, 0}, Clock::time_point(seconds(200))),
        hold("web2", {Kind::maint, 0}, Clock::time_point(seconds(300))),
        hold("web3 \"x\"\n", {Kind::weight, 7}, Clock::time_point(seconds(400)))};
    EXPECT_EQ(parse_holds(to_text(holds)).value(), holds);
    EXPECT_EQ(describe(holds[2]), "weight 7 until 1970-01-01 00:06:40 UTC, by ann: new disk");
    EXPECT_EQ(states_of(holds).at({"app", "web2"}).kind, Kind::maint);
    // The later of two counts.
    std::vector<ManualHold> twice = holds;
    twice.push_back(hold("web1", {Kind::maint, 0}, Clock::time_point(seconds(200))));
    EXPECT_EQ(parse_holds(to_text(twice)).value().front().state.kind, Kind::maint);
    EXPECT_EQ(parse_holds(to_text(twice)).value().size(), 3U);
}

TEST(ManualHolds, WhatIsNoneIsAnError) {
    const std::string good = R"("backend": "a", "server": "b", "since": 1, "until": 2)";
    EXPECT_TRUE(parse_holds("[{" + good + R"(, "state": "drain"}])"));
    for (const std::string& bad :
         {std::string(), std::string("{}"), std::string(200'000, '[') + std::string(200'000, ']'),
          std::string("[1]"), "[{" + good + "}]", "[{" + good + R"(, "state": "gone"}])",
          "[{" + good + R"(, "state": "weight"}])",
          "[{" + good + R"(, "state": "weight", "weight": 257}])",
          "[{" + good + R"(, "state": 5}])",
          std::string(
              R"([{"backend": "a", "server": "", "since": 1, "until": 2, "state": "drain"}])"),
          std::string(R"([{"backend": "a", "server": "b", "since": 1, "until": 9000000000000,
                           "state": "drain"}])")})
        EXPECT_FALSE(parse_holds(bad)) << bad;
}

TEST(ManualHolds, AreKeptBesideDest) {
    const test::TemporaryDirectory directory;
    const std::string dest = directory / "haproxy.cfg";
    const auto now = std::chrono::time_point_cast<seconds>(Clock::now());
    EXPECT_THAT(read_holds(dest, now).value(), IsEmpty());
    ASSERT_TRUE(change_holds(dest, [&](auto& holds) {
        holds.push_back(hold("web1", {Kind::drain, 0}, now + seconds(100)));
        holds.push_back(hold("web0", {Kind::drain, 0}, now + seconds(10)));
    }));
    const auto both = read_holds(dest, now).value();
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both.front().server.server, "web0") << "in order";
    EXPECT_EQ(read_holds(dest, now + seconds(10)).value().size(), 1U) << "one is over";
    // What can't be read is not written over.
    directory.write(".haproxy.cfg.holds.json", "{");
    const auto bad = read_holds(dest, now);
    ASSERT_FALSE(bad);
    EXPECT_THAT(bad.error().message,
                testing::AllOf(HasSubstr(".haproxy.cfg.holds.json"), HasSubstr("delete the file")));
    EXPECT_FALSE(change_holds(dest, [](auto& holds) { holds.clear(); }));
    // Opening a fifo would wait for somebody who writes.
    fs::remove(directory / ".haproxy.cfg.holds.json");
    ASSERT_EQ(::mkfifo((directory / ".haproxy.cfg.holds.json").c_str(), 0600), 0);
    EXPECT_THAT(read_holds(dest, now).error().message, HasSubstr("is a fifo"));
    EXPECT_FALSE(change_holds("/nowhere/at/all", [](auto& holds) { holds.clear(); }));
}

TEST(ManualHolds, OfSeveralWritersAreAllKept) {
    const test::TemporaryDirectory directory;
    const std::string dest = directory / "haproxy.cfg";
    const auto until = Clock::now() + std::chrono::hours(1);
    constexpr int writers = 4;
    constexpr int each = 10;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer)
        threads.emplace_back([&, writer] {
            for (int i = 0; i < each; ++i) {
                const auto added = change_holds(dest, [&](auto& holds) {
                    holds.push_back(hold(fmt::format("w{}-{}", writer, i), {}, until));
                });
                EXPECT_TRUE(added);
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(read_holds(dest, Clock::now()).value().size(), std::size_t{writers * each});
}

TEST(ManualHolds, DoNotWaitForEverForALock) {
    const test::TemporaryDirectory directory;
    const std::string dest = directory / "haproxy.cfg";
    const auto add = [&] {
        return change_holds(
            dest, [](auto& holds) { holds.push_back(hold("web1", {}, Clock::now())); },
            std::chrono::milliseconds(30));
    };
    const int locked = ::open(directory.path().c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(::flock(locked, LOCK_EX), 0);
    EXPECT_THAT(add().error().message,
                HasSubstr("another program keeps " + directory.path().string() + " locked"));
    ::close(locked);
    EXPECT_TRUE(add());
}

TEST(StatusNotes, ComeBackAsTheyWere) {
    const StatusNote note{
        {{"keys", "the template\nfails"}, {"file", "the disk is full"}}, {"backend app"}, {}, {}};
    EXPECT_EQ(parse_status(to_text(note)).value(), note);
    StatusNote more = note;
    more.reload = {"backend app: + retries 4"};
    more.left_out.push_back(std::make_shared<const Spoilt>(
        Spoilt{"key /a/b", "server app/b", "it is no address", "app", "b", {}, true}));
    const StatusNote read = parse_status(to_text(more)).value();
    EXPECT_EQ(read.reload, more.reload);
    ASSERT_EQ(read.left_out.size(), 1U);
    const Spoilt& left = *read.left_out.front();
    EXPECT_EQ(key_of(left), "/a/b");
    EXPECT_EQ(left.what, "server app/b");
    EXPECT_EQ(left.message, "it is no address");
    EXPECT_EQ(left.backend + "/" + left.server, "app/b");
    EXPECT_TRUE(left.is_hidden);
    for (const std::string_view bad :
         {"", "[]", "{}", R"({"format": 2})", R"({"format": 2, "troubles": [1], "held": []})",
          R"({"format": 2, "troubles": [], "held": [1]})"})
        EXPECT_FALSE(parse_status(bad)) << bad;
}

TEST(FollowNotes, ComeBackAsTheyWere) {
    using Time = FollowNote::Time;
    FollowNote note{{"file", "registry"}, true, Time(std::chrono::milliseconds(1'234)), {}};
    EXPECT_EQ(parse_follow(to_text(note)).value(), note);
    note.next_reload = Time(std::chrono::milliseconds(5'678));
    note.left_out = 3;
    note.is_reload_owed = note.is_check_refused = true;
    EXPECT_EQ(parse_follow(to_text(note)).value(), note);
    for (const std::string_view bad :
         {"", "[]", R"({"format": 2})", R"({"format": 2, "trouble_with": 1, "guarded": true})"})
        EXPECT_FALSE(parse_follow(bad)) << bad;
}

/// Who may not read the words is told what there is.
TEST(FollowNotes, AreReadWhereTheOtherNoteCannotBe) {
    const test::TemporaryDirectory directory;
    const std::string dest = directory / "haproxy.cfg";
    fs::create_symlink(status_path(dest), status_path(dest));
    EXPECT_FALSE(read_status(dest));
    {
        const auto follows = write_follow(dest, {{}, false, {}, {}});
        ASSERT_TRUE(follows);
        EXPECT_EQ(read_status(dest).value(), StatusNote());
        EXPECT_EQ(fs::status(follow_path(dest)).permissions(), fs::perms(0644));
        const auto does_not = write_follow(dest, {{"registry"}, true, {}, {}}, *follows);
        ASSERT_TRUE(does_not);
        EXPECT_FALSE(write_follow(dest, {{}, false, {}, {}})) << "it is another's";
        const auto told = read_status(dest).value();
        ASSERT_EQ(told.troubles.size(), 1U);
        EXPECT_EQ(told.troubles[0].source, "registry");
        EXPECT_THAT(told.troubles[0].message, HasSubstr("since 1970-01-01 00:00:00 UTC"));
        EXPECT_EQ(told.held.size(), 1U);
        FollowNote spoilt;
        spoilt.left_out = 2;
        const auto leaves_out = write_follow(dest, spoilt, *does_not);
        ASSERT_EQ(read_status(dest).value().troubles.size(), 1U);
        EXPECT_THAT(read_status(dest).value().troubles[0].message,
                    HasSubstr("leaves out what 2 bad values of keys would make"));
        EXPECT_TRUE(read_follow(dest).value());
    }
    EXPECT_EQ(read_status(dest).value(), StatusNote()) << "none runs";
    EXPECT_FALSE(read_follow(dest).value());
}

TEST(Notes, OfAnotherBuildAreNotMisread) {
    const auto why = [](std::string_view text) { return parse_status(text).error().message; };
    EXPECT_THAT(why(R"({"troubles": [], "held": []})"), HasSubstr("an older build of hitlessd"));
    for (const std::string_view newer : {"3", "\"x\"", "-1", "1e99"})
        EXPECT_THAT(why(fmt::format(R"({{"format": {}, "troubles": []}})", newer)),
                    HasSubstr("a newer build of hitlessd"));
    // What people hold outlives an update.
    EXPECT_TRUE(parse_holds("[]"));
    EXPECT_THAT(parse_holds(R"({"format": 3, "holds": []})").error().message,
                HasSubstr("a newer build of hitlessd or hitlessctl"));
}

TEST(StatusNotes, CountWhileHitlessdRuns) {
    const test::TemporaryDirectory directory;
    const std::string dest = directory / "haproxy.cfg";
    const StatusNote note{{{"keys", "the template fails"}}, {}, {}, {}};
    directory.write(".haproxy.cfg.status.json", to_text(note));
    EXPECT_EQ(read_status(dest).value(), StatusNote()) << "whoever wrote it has been killed";
    const auto held = base::hold_file(status_path(dest));
    EXPECT_EQ(read_status(dest).value(), note);
    directory.write(".haproxy.cfg.status.json", "{");
    EXPECT_THAT(read_status(dest).error().message, HasSubstr(".haproxy.cfg.status.json"));
    {
        EXPECT_FALSE(write_status(dest, note)) << "it is another's";
        const auto written = write_status(dest, note, held);
        ASSERT_TRUE(written);
        EXPECT_EQ(read_status(dest).value(), note);
        EXPECT_EQ(fs::status(status_path(dest)).permissions(), fs::perms(0600));
    }
    EXPECT_EQ(read_status(dest).value(), StatusNote());
    fs::remove(status_path(dest));
    fs::create_symlink(status_path(dest), status_path(dest));
    EXPECT_THAT(read_status(dest).error().message, HasSubstr("can't read"))
        << "which doesn't mean that none runs";
}

} // namespace
} // namespace hitless::apply
