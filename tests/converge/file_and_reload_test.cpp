#include "converge/file_and_reload.hpp"

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <vector>

// The races between what is wanted, what is on disk and the reload, each staged without either.
namespace hitless::converge {
namespace {

using namespace std::chrono_literals;
using plan::Obstacles;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Clock::time_point start{1'000s};

haproxy::Config config(const std::string& backend) {
    return haproxy::Config::parse("backend " + backend + "\n").value();
}

Obstacles line(const std::string& line) {
    Obstacles obstacles;
    obstacles.add({plan::ObjectId::Kind::section, {}, "backend"},
                  {plan::Cause::Kind::line, "+ " + line});
    return obstacles;
}

Obstacles server(const std::string& name) {
    Obstacles obstacles;
    obstacles.add(plan::object_id({"app", name}), {plan::Cause::Kind::not_added, "static"});
    return obstacles;
}

/// Another file that HAProxy reads.
Obstacles map_file(const std::string& name) {
    Obstacles obstacles;
    obstacles.add({plan::ObjectId::Kind::file, {}, name}, {plan::Cause::Kind::file_changed, {}});
    return obstacles;
}

class FilesAndReloads : public testing::Test {
  protected:
    FilesAndReloads() { machine_.found(old_); }

    void want(const haproxy::Config& config, const Obstacles& obstacles = {}) {
        machine_.want(config, obstacles, now_);
    }

    /// The next step is of that kind, and is begun.
    template <class Step>
    Step begin() {
        const auto step = machine_.next(now_);
        const Step* const expected = std::get_if<Step>(&step);
        if (expected == nullptr) {
            ADD_FAILURE() << "the next step is the one with number " << step.index();
            Step other;
            other.config = old_;
            return other;
        }
        return *expected;
    }

    void write() {
        (void)begin<FileAndReload::Write>();
        machine_.written(now_, now_);
    }
    void reload() {
        (void)begin<FileAndReload::Reload>();
        machine_.reloaded(now_);
    }
    void put_back() {
        (void)begin<FileAndReload::PutBack>();
        machine_.was_put_back();
    }

    /// Nothing is to be done now; returns for how long.
    Clock::duration wait() {
        const auto step = machine_.next(now_);
        const auto* const wait = std::get_if<FileAndReload::Wait>(&step);
        if (wait == nullptr) {
            ADD_FAILURE() << "the next step is the one with number " << step.index();
            return {};
        }
        return wait->until == Clock::time_point::max() ? Clock::duration::max()
                                                       : wait->until - now_;
    }
    bool is_at_end() { return std::holds_alternative<FileAndReload::End>(machine_.next(now_)); }

    [[nodiscard]] std::vector<std::string> noted() const { return in_words(machine_.noted()); }

    const haproxy::Config old_ = config("old");
    const haproxy::Config one_ = config("one");
    const haproxy::Config two_ = config("two");
    Clock::time_point now_ = start;
    FileAndReload machine_{{false, 2s}, {}, start};
};

TEST_F(FilesAndReloads, NothingIsDoneBeforeSomethingIsWanted) {
    EXPECT_EQ(wait(), Clock::duration::max());
    EXPECT_TRUE(machine_.idle());
    EXPECT_EQ(machine_.wanted(), nullptr);
}

TEST_F(FilesAndReloads, AChangeThatHaproxyTakesLiveIsOnlyWritten) {
    want(one_);
    EXPECT_FALSE(machine_.idle());
    EXPECT_FALSE(machine_.has_on_disk(one_));
    EXPECT_EQ(begin<FileAndReload::Write>().config.text(), one_.text());
    EXPECT_FALSE(machine_.idle());
    EXPECT_THAT(noted(), IsEmpty());
    machine_.written(now_, now_);
    EXPECT_TRUE(machine_.has_on_disk(one_));
    EXPECT_EQ(wait(), Clock::duration::max());
    EXPECT_TRUE(machine_.idle());
}

TEST_F(FilesAndReloads, AReloadIsNotedBeforeTheFileThatNeedsItIsThere) {
    want(one_, line("a"));
    (void)begin<FileAndReload::Write>();
    EXPECT_THAT(noted(), ElementsAre("backend: + a"));
    machine_.written(now_, now_);
    EXPECT_THAT(noted(), ElementsAre("backend: + a"));
    const auto step = begin<FileAndReload::Reload>();
    EXPECT_EQ(step.config.text(), one_.text());
    EXPECT_EQ(step.why, line("a"));
    machine_.reloaded(now_);
    EXPECT_THAT(noted(), IsEmpty());
    EXPECT_EQ(wait(), Clock::duration::max());
}

/// A file that waits for the next try of the reload, since the one before has failed, included.
TEST_F(FilesAndReloads, TellWhyAReloadIsAwaitedAndWhenItComes) {
    EXPECT_EQ(machine_.next_reload(), std::nullopt);
    want(one_, line("a"));
    write();
    (void)begin<FileAndReload::Reload>();
    machine_.reload_failed(now_, now_);
    put_back();
    EXPECT_EQ(machine_.awaited(), line("a"));
    const auto next = machine_.next_reload();
    ASSERT_TRUE(next);
    EXPECT_EQ(*next - now_, wait());
    now_ = *next;
    (void)begin<FileAndReload::Write>();
    machine_.refused(now_, now_);
    EXPECT_EQ(machine_.awaited(), line("a")) << "what is wanted still needs it";
    EXPECT_EQ(machine_.next_reload(), std::nullopt) << "when check_cmd accepts it";
}

TEST_F(FilesAndReloads, CauseOneReloadForABurst) {
    want(one_, line("a"));
    write();
    reload();
    // It waits for its turn, while more comes and a part of it goes.
    want(two_, server("web1"));
    write();
    EXPECT_EQ(wait(), 2s);
    now_ += 500ms;
    Obstacles more = server("web1");
    more.add(server("web2"));
    want(one_, more);
    write();
    EXPECT_THAT(noted(), ElementsAre("app/web1: static (and 1 more)"));
    want(two_, server("web2"));
    write();
    EXPECT_THAT(noted(), ElementsAre("app/web2: static"));
    EXPECT_EQ(wait(), 1500ms);
    now_ += 1500ms;
    EXPECT_EQ(begin<FileAndReload::Reload>().why, server("web2"));
}

TEST_F(FilesAndReloads, NoReloadWhenTheKeysAreAsBeforeAgain) {
    want(one_, line("a"));
    write();
    want(old_);
    EXPECT_THAT(noted(), ElementsAre("backend: + a")) << "the file that needs it is still there";
    write();
    EXPECT_THAT(noted(), IsEmpty());
    EXPECT_EQ(wait(), Clock::duration::max());
}

TEST_F(FilesAndReloads, AnObstacleThatGoesWithoutAChangeOfTheFile) {
    want(one_, server("web1"));
    write();
    want(one_);
    EXPECT_THAT(noted(), IsEmpty());
    EXPECT_EQ(wait(), Clock::duration::max());
}

/// The file that is being checked is not the one that is wanted any more when it is renamed.
TEST_F(FilesAndReloads, AChangeBetweenTheCheckAndTheRename) {
    want(one_, line("a"));
    (void)begin<FileAndReload::Write>();
    want(two_);
    EXPECT_THAT(noted(), ElementsAre("backend: + a"));
    machine_.written(now_, now_);
    EXPECT_THAT(noted(), ElementsAre("backend: + a")) << "that file needs the reload";
    write();
    EXPECT_THAT(noted(), IsEmpty());
    EXPECT_EQ(wait(), Clock::duration::max());
}

TEST_F(FilesAndReloads, AnObstacleThatComesDuringTheCheck) {
    want(one_);
    (void)begin<FileAndReload::Write>();
    want(one_, server("web1")); // HAProxy has refused it meanwhile
    machine_.written(now_, now_);
    EXPECT_THAT(noted(), ElementsAre("app/web1: static"));
    reload();
    EXPECT_TRUE(machine_.idle());
}

/// What is wanted by then has been compared with what ran before. Written now, nobody could say
/// whether it needs a reload: killed then, the next run would not know.
TEST_F(FilesAndReloads, AReloadEndsWhileTheNextChangeIsUnderWay) {
    want(one_, line("a"));
    write();
    (void)begin<FileAndReload::Reload>();
    want(two_);
    machine_.reloaded(now_);
    EXPECT_EQ(wait(), Clock::duration::max());
    EXPECT_FALSE(machine_.idle());
    want(two_, line("b"));
    (void)begin<FileAndReload::Write>();
    EXPECT_THAT(noted(), ElementsAre("backend: + b"));
    machine_.written(now_, now_);
    EXPECT_EQ(wait(), 2s);
    now_ += 2s;
    EXPECT_EQ(begin<FileAndReload::Reload>().config.text(), two_.text());
}

TEST_F(FilesAndReloads, ARefusedFileIsNotTriedAgainUntilSomethingChanges) {
    want(one_, line("a"));
    (void)begin<FileAndReload::Write>();
    machine_.refused(now_, now_ + 100ms);
    EXPECT_TRUE(machine_.is_refused());
    EXPECT_THAT(noted(), IsEmpty());
    EXPECT_EQ(wait(), Clock::duration::max()) << "no reload: the file on disk needs none";
    want(two_);
    EXPECT_EQ(wait(), 400ms) << "checks take a quarter of the time at most";
    now_ += 400ms;
    write();
    machine_.check_again();
    write();
}

TEST_F(FilesAndReloads, TheFileFollowsSoonThoughChecksTakeLong) {
    struct Row {
        Clock::duration check;
        Clock::duration rest;
    };
    for (const Row& row : {Row{300ms, 900ms}, Row{500ms, 1s}, Row{2s, 2s}, Row{20s, 20s}}) {
        want(one_);
        (void)begin<FileAndReload::Write>();
        const auto began = now_;
        now_ += row.check;
        want(two_);
        machine_.written(began, now_);
        EXPECT_EQ(wait(), row.rest);
        now_ += row.rest;
        write();
        now_ += 1h;
    }
}

/// The file on disk was waiting for its reload when a newer one was refused.
TEST_F(FilesAndReloads, WhatIsOnDiskIsReloadedThoughTheNewestIsRefused) {
    want(one_, line("a"));
    write();
    reload();
    want(two_, line("b"));
    write();
    want(config("bad"), line("c"));
    (void)begin<FileAndReload::Write>();
    machine_.refused(now_, now_);
    EXPECT_THAT(noted(), ElementsAre("backend: + b"));
    now_ += 2s;
    const auto step = begin<FileAndReload::Reload>();
    EXPECT_EQ(step.config.text(), two_.text());
    EXPECT_EQ(step.why, line("b"));
}

TEST_F(FilesAndReloads, AFileThatCanNotBeWrittenIsTriedAgain) {
    want(one_);
    (void)begin<FileAndReload::Write>();
    machine_.not_written(now_, now_);
    EXPECT_EQ(wait(), 1s);
    now_ += 1s;
    write();
}

TEST_F(FilesAndReloads, AFailedReloadPutsTheLastGoodFileBack) {
    want(one_, line("a"));
    write();
    for (const auto pause : {2s, 2s, 4s}) {
        (void)begin<FileAndReload::Reload>();
        machine_.reload_failed(now_, now_);
        EXPECT_EQ(begin<FileAndReload::PutBack>().config.text(), old_.text());
        machine_.was_put_back();
        EXPECT_TRUE(machine_.is_put_back());
        EXPECT_THAT(noted(), IsEmpty()) << "the next run compares the files";
        EXPECT_EQ(wait(), pause);
        now_ += pause;
        (void)begin<FileAndReload::Write>();
        EXPECT_THAT(noted(), ElementsAre("backend: + a"));
        machine_.written(now_, now_);
    }
    reload();
    EXPECT_TRUE(machine_.idle());
    want(two_, line("b"));
    write();
    now_ += 2s;
    (void)begin<FileAndReload::Reload>();
    machine_.reload_failed(now_, now_);
    EXPECT_EQ(begin<FileAndReload::PutBack>().config.text(), one_.text());
}

TEST_F(FilesAndReloads, WhatNeedsNoReloadIsWrittenThoughItComesWhileTheFileIsPutBack) {
    want(one_, line("a"));
    write();
    (void)begin<FileAndReload::Reload>();
    machine_.reload_failed(now_, now_);
    (void)begin<FileAndReload::PutBack>();
    want(two_);
    machine_.was_put_back();
    EXPECT_FALSE(machine_.is_put_back());
    EXPECT_EQ(begin<FileAndReload::Write>().config.text(), two_.text());
}

struct Tries {
    const char* name;
    Clock::duration interval;
    Clock::duration took;                 ///< each try
    std::vector<Clock::duration> between; ///< the beginnings of the first tries
};

void PrintTo(const Tries& tries, std::ostream* out) {
    *out << tries.name;
}

class ReloadsThatFail : public testing::TestWithParam<Tries> {};

/// -reload-interval holds for tries, too: each may start and stop a HAProxy.
TEST_P(ReloadsThatFail, AreTriedWithGrowingPausesAndNoSoonerThanTheInterval) {
    const Tries& tries = GetParam();
    FileAndReload machine({false, tries.interval}, {}, start);
    Clock::time_point now = start;
    machine.want(config("one"), line("a"), now);
    ASSERT_TRUE(std::holds_alternative<FileAndReload::Write>(machine.next(now)));
    machine.written(now, now);
    for (const Clock::duration between : tries.between) {
        ASSERT_TRUE(std::holds_alternative<FileAndReload::Reload>(machine.next(now)));
        machine.reload_failed(now, now + tries.took);
        const Clock::time_point next = now + between;
        const auto step = machine.next(now + tries.took);
        const auto* const wait = std::get_if<FileAndReload::Wait>(&step);
        ASSERT_NE(wait, nullptr);
        EXPECT_EQ((wait->until - now).count(), between.count());
        now = next;
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, ReloadsThatFail,
    testing::Values(Tries{"none", 0s, 0s, {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}},
                    Tries{"short", 5s, 0s, {5s, 5s, 5s, 8s, 16s, 32s, 60s, 60s}},
                    Tries{"long", 300s, 0s, {300s, 300s, 300s, 300s, 300s, 300s, 300s, 300s}},
                    Tries{"slow", 5s, 15s, {16s, 17s, 19s, 23s}}),
    [](const auto& test) { return std::string(test.param.name); });

/// A file that comes while the reload fails is newer, but HAProxy might not load it either.
TEST_F(FilesAndReloads, TheGoodFileIsPutBackBeforeANewerOneIsWritten) {
    want(one_, line("a"));
    write();
    (void)begin<FileAndReload::Reload>();
    want(two_, line("b"));
    machine_.reload_failed(now_, now_);
    put_back();
    EXPECT_EQ(wait(), 2s);
    want(old_);
    EXPECT_FALSE(machine_.is_put_back());
    write();
    EXPECT_TRUE(machine_.idle()) << "no reload is needed any more";
}

TEST_F(FilesAndReloads, AFileThatCanNotBePutBackStays) {
    want(one_, line("a"));
    write();
    (void)begin<FileAndReload::Reload>();
    machine_.reload_failed(now_, now_);
    (void)begin<FileAndReload::PutBack>();
    machine_.not_put_back();
    EXPECT_THAT(noted(), ElementsAre("backend: + a"));
    EXPECT_EQ(wait(), 2s);
}

TEST_F(FilesAndReloads, AnotherProcessMakesAReloadWorthATry) {
    want(one_, line("a"));
    write();
    for (int i = 0; i < 5; ++i) {
        (void)begin<FileAndReload::Reload>();
        machine_.reload_failed(now_, now_);
        put_back();
        now_ += wait();
        write();
    }
    (void)begin<FileAndReload::Reload>();
    machine_.reload_failed(now_, now_);
    put_back();
    EXPECT_EQ(wait(), 32s);
    machine_.process_met(nullptr, now_);
    EXPECT_EQ(machine_.reload_not_before() - now_, 2s);
    EXPECT_EQ(wait(), 2s) << "the file comes back with the reload";
}

/// Somebody restarts HAProxy with the newer file, and a later reload fails.
TEST_F(FilesAndReloads, WhatSomebodyElseHasStartedIsPutBack) {
    want(one_, line("a"));
    write();
    machine_.process_met(&one_, now_);
    want(two_, line("b"));
    write();
    (void)begin<FileAndReload::Reload>();
    machine_.reload_failed(now_, now_);
    EXPECT_EQ(begin<FileAndReload::PutBack>().config.text(), one_.text());
}

/// A change is written while HAProxy starts with the older file, and then told to it by commands.
TEST_F(FilesAndReloads, WhatCommandsHaveBroughtIsPutBackToo) {
    want(one_);
    write();
    machine_.process_met(&old_, now_);
    want(one_);
    want(two_, line("b"));
    write();
    (void)begin<FileAndReload::Reload>();
    machine_.reload_failed(now_, now_);
    EXPECT_EQ(begin<FileAndReload::PutBack>().config.text(), one_.text());
}

TEST_F(FilesAndReloads, WithoutAWayToReloadItIsTriedEachMinute) {
    want(one_, line("a"));
    write();
    (void)begin<FileAndReload::Reload>();
    machine_.not_reloadable(now_);
    EXPECT_EQ(wait(), 60s);
    EXPECT_THAT(noted(), ElementsAre("backend: + a"));
}

TEST_F(FilesAndReloads, AStopEndsWithWhatIsWantedOnDisk) {
    machine_.stop();
    EXPECT_TRUE(is_at_end());
    want(one_, line("a"));
    write();
    EXPECT_TRUE(is_at_end()) << "the next run does the reload";
    EXPECT_THAT(noted(), ElementsAre("backend: + a"));
}

TEST_F(FilesAndReloads, AStopDoesNotWaitForAPause) {
    want(one_);
    (void)begin<FileAndReload::Write>();
    machine_.written(now_, now_ + 10s);
    want(two_);
    now_ += 10s;
    EXPECT_EQ(wait(), 10s);
    machine_.stop();
    write();
    EXPECT_TRUE(is_at_end());
}

TEST_F(FilesAndReloads, AStopLeavesWhatCanNotBeDone) {
    want(one_, line("a"));
    (void)begin<FileAndReload::Write>();
    machine_.stop();
    machine_.given_up();
    EXPECT_TRUE(is_at_end());
    EXPECT_THAT(noted(), IsEmpty()) << "the file on disk needs no reload";
    want(two_);
    (void)begin<FileAndReload::Write>();
    machine_.not_written(now_, now_);
    EXPECT_TRUE(is_at_end());
}

/// What came during the reload is on disk at the end, as soon as it was compared with what runs
/// now.
TEST_F(FilesAndReloads, AStopDuringAReloadWithSomethingNewer) {
    want(one_, line("a"));
    write();
    (void)begin<FileAndReload::Reload>();
    want(two_);
    machine_.stop();
    machine_.reloaded(now_);
    want(two_, line("b"));
    write();
    EXPECT_TRUE(is_at_end());
    EXPECT_THAT(noted(), ElementsAre("backend: + b"));
}

TEST_F(FilesAndReloads, AStopDuringAReload) {
    want(one_, line("a"));
    write();
    (void)begin<FileAndReload::Reload>();
    machine_.stop();
    machine_.reload_failed(now_, now_);
    put_back();
    EXPECT_TRUE(is_at_end()) << "the file that HAProxy can't load doesn't come back";
}

// Other files that HAProxy reads

TEST_F(FilesAndReloads, AChangedMapIsNotedAndReloaded) {
    want(old_);
    write();
    want(old_, map_file("hosts.map"));
    EXPECT_EQ(machine_.noted(), map_file("hosts.map"));
    EXPECT_EQ(begin<FileAndReload::Reload>().why, map_file("hosts.map"));
    machine_.reload_failed(now_, now_);
    EXPECT_EQ(wait(), 2s) << "there is no older file to put back";
    EXPECT_EQ(machine_.noted(), map_file("hosts.map")) << "the reload is owed on";
    now_ += 2s;
    reload();
    EXPECT_THAT(noted(), IsEmpty());
}

TEST_F(FilesAndReloads, OneReloadForAMapAndTheConfiguration) {
    want(old_);
    write();
    want(one_, line("a"));
    machine_.put_off_reload(now_ + 2s); // the map comes, too
    write();
    EXPECT_EQ(wait(), 2s);
    now_ += 50ms;
    Obstacles both = line("a");
    both.add(map_file("hosts.map"));
    want(one_, both);
    machine_.put_off_reload(Clock::time_point::min());
    EXPECT_EQ(begin<FileAndReload::Reload>().why, both);
    machine_.reloaded(now_);
    EXPECT_TRUE(machine_.idle());
}

TEST_F(FilesAndReloads, AMapThatDoesNotComeDelaysAReloadForAWhile) {
    want(one_, line("a"));
    machine_.put_off_reload(now_ + 2s);
    write();
    now_ += 2s;
    reload();
}

/// What is on disk is good, and HAProxy is to have the new map.
TEST_F(FilesAndReloads, AMapIsReloadedThoughTheConfigurationIsRefused) {
    want(one_, line("a"));
    (void)begin<FileAndReload::Write>();
    machine_.refused(now_, now_);
    Obstacles both = line("a");
    both.add(map_file("hosts.map"));
    want(one_, both);
    EXPECT_EQ(machine_.noted(), map_file("hosts.map"));
    const auto step = begin<FileAndReload::Reload>();
    EXPECT_EQ(step.config.text(), old_.text());
    EXPECT_EQ(step.why, map_file("hosts.map"));
    machine_.reloaded(now_);
    want(one_, line("a"));
    EXPECT_THAT(noted(), IsEmpty());
    EXPECT_EQ(wait(), Clock::duration::max());
}

TEST_F(FilesAndReloads, AMapThatIsWrittenWhileTheConfigurationIsChecked) {
    want(one_);
    (void)begin<FileAndReload::Write>();
    want(two_, map_file("hosts.map"));
    EXPECT_EQ(machine_.noted(), map_file("hosts.map"));
    machine_.written(now_, now_);
    EXPECT_EQ(machine_.noted(), map_file("hosts.map"));
    write();
    EXPECT_EQ(begin<FileAndReload::Reload>().config.text(), two_.text());
}

/// Servers were changed by commands, and the reload for the map fails: a restart must find them.
TEST_F(FilesAndReloads, AFailedReloadForAMapDoesNotPutAnOlderConfigurationBack) {
    want(one_, map_file("hosts.map"));
    write();
    (void)begin<FileAndReload::Reload>();
    machine_.reload_failed(now_, now_);
    EXPECT_EQ(wait(), 2s);
    EXPECT_TRUE(machine_.has_on_disk(one_));
}

TEST_F(FilesAndReloads, AMapIsStillOwedAfterTheConfigurationWasPutBack) {
    Obstacles both = line("a");
    both.add(map_file("hosts.map"));
    want(one_, both);
    write();
    (void)begin<FileAndReload::Reload>();
    machine_.reload_failed(now_, now_);
    put_back();
    EXPECT_EQ(machine_.noted(), map_file("hosts.map"));
}

TEST_F(FilesAndReloads, AMapThatSomebodyElsesReloadHasBroughtIsOwedNoLonger) {
    want(one_, line("a"));
    (void)begin<FileAndReload::Write>();
    machine_.refused(now_, now_);
    Obstacles both = line("a");
    both.add(map_file("hosts.map"));
    want(one_, both);
    machine_.process_met(&old_, now_);
    want(one_, line("a"));
    EXPECT_THAT(noted(), IsEmpty());
    EXPECT_EQ(wait(), Clock::duration::max());
}

TEST(FilesAndReloadsOfBefore, AnOwedReloadIsDoneAMomentLater) {
    FileAndReload machine({false, 2s}, line("a"), start);
    const haproxy::Config on_disk = config("old");
    machine.found(on_disk);
    EXPECT_EQ(in_words(machine.noted()), in_words(line("a")));
    machine.want(on_disk, machine.owed(), start);
    ASSERT_TRUE(std::holds_alternative<FileAndReload::Write>(machine.next(start)));
    machine.written(start, start);
    ASSERT_TRUE(std::holds_alternative<FileAndReload::Wait>(machine.next(start + 999ms)));
    ASSERT_TRUE(std::holds_alternative<FileAndReload::Reload>(machine.next(start + 1s)));
    machine.reload_failed(start + 1s, start + 1s);
    EXPECT_TRUE(std::holds_alternative<FileAndReload::Wait>(machine.next(start + 1s)))
        << "what HAProxy runs isn't known, so nothing can be put back";
}

TEST(FilesOnly, AreWrittenAndNoteNothing) {
    FileAndReload machine({true, 2s}, line("a"), start);
    const haproxy::Config wanted = config("one");
    machine.want(wanted, {}, start);
    ASSERT_TRUE(std::holds_alternative<FileAndReload::Write>(machine.next(start)));
    machine.written(start, start);
    EXPECT_EQ(machine.noted(), line("a")) << "it is left as it is";
    EXPECT_TRUE(machine.idle());
}

} // namespace
} // namespace hitless::converge
