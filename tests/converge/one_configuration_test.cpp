#include "converge/one_configuration.hpp"

#include <gmock/gmock.h>

#include <string>

// When a configuration is rendered, and when HAProxies and the file are told of it: each race
// staged without a template, a HAProxy or a file.
namespace hitless::converge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Machine = OneConfiguration;

const std::string sockets = "global\n stats socket /run/h.sock level admin\n";
const std::string web1 = sockets + "backend app\n server web1 10.0.0.1:80\n";
const std::string web2 = web1 + " server web2 10.0.0.2:80\n";
const std::string web4 = web2 + " server web3 10.0.0.3:80\n server web4 10.0.0.4:80\n";

haproxy::Config parse(const std::string& text) {
    return haproxy::Config::parse(text).value();
}

Machine::Options options() {
    Machine::Options all;
    all.environment = [](const std::string&) { return std::nullopt; };
    all.guard.limits.min_servers = 2;
    all.guard.delay = 60s;
    return all;
}

plan::Obstacles obstacle(const std::string& server) {
    plan::Obstacles obstacles;
    obstacles.add(plan::object_id({"app", server}), {plan::Cause::Kind::not_added, "static"});
    return obstacles;
}

class OneConfigurations : public testing::Test {
  protected:
    /// What one step is called, after it was done.
    std::string do_step(const Machine::Step& step) {
        if (std::holds_alternative<Machine::ReadFile>(step)) {
            machine_.file_read(parse(disk_), 1'000);
            return "read";
        }
        if (std::holds_alternative<Machine::Gather>(step))
            return "gather";
        if (std::holds_alternative<Machine::Render>(step)) {
            render();
            return "render";
        }
        if (const auto* const told = std::get_if<Machine::TellHaproxies>(&step)) {
            told_ = *told;
            return "tell";
        }
        if (std::holds_alternative<Machine::CompareAll>(step))
            return "compare";
        if (const auto* const connects = std::get_if<Machine::Connect>(&step)) {
            connected_ = *connects;
            progress_.any_haproxy = !connects->sockets.empty();
            return "connect";
        }
        if (const auto* const file = std::get_if<Machine::TellFile>(&step)) {
            file_ = file->config;
            no_reload_before_ = file->no_reload_before;
            if (is_written_at_once_) {
                on_disk_ = file_;
                progress_.on_disk = &on_disk_;
            }
            return "file";
        }
        if (std::holds_alternative<Machine::ForgetLiveNote>(step)) {
            progress_.has_live_note = false;
            return "forget";
        }
        if (std::holds_alternative<Machine::ConfirmFile>(step))
            return "confirm file";
        if (std::holds_alternative<Machine::SayInStep>(step))
            return "in step";
        if (std::holds_alternative<Machine::StopHaproxies>(step))
            return "stop haproxies";
        return "stop file";
    }

    void render() {
        if (lacks_names_)
            machine_.not_rendered(Machine::NotRendered::lacks_names);
        else if (fails_)
            machine_.not_rendered(Machine::NotRendered::failed);
        else
            findings_ = machine_.rendered(parse(rendering_), std::nullopt, {}, now_);
    }

    /// Does all that can be done now; returns what that was. `wait_` says until when nothing is to
    /// be done.
    std::string run() {
        std::string done;
        for (int i = 0; i < 50; ++i) {
            const auto step = machine_.next(progress_, now_);
            if (const auto* const wait = std::get_if<Machine::Wait>(&step)) {
                wait_ = wait->until;
                return done;
            }
            if (const auto* const end = std::get_if<Machine::End>(&step))
                return done + (done.empty() ? "" : ", ") + (end->is_cut_off ? "cut off" : "end");
            done += (done.empty() ? "" : ", ") + do_step(step);
        }
        ADD_FAILURE() << "it goes on for ever: " << done;
        return done;
    }

    /// The keys make this of the template from now on.
    void change(const std::string& rendering) {
        rendering_ = rendering;
        machine_.changed(now_);
    }

    /// On disk and rendered is the same, and all was told of it.
    void begin_with(const std::string& text) {
        disk_ = rendering_ = text;
        (void)run();
    }

    void use(const Machine::Options& others, const plan::Obstacles& owed = {}) {
        machine_ = Machine(others, owed);
    }

    [[nodiscard]] std::string wanted() const {
        return machine_.wanted() == nullptr ? "" : machine_.wanted()->text();
    }
    [[nodiscard]] std::vector<std::string> reasons(const plan::Obstacles& of_haproxies = {}) {
        return in_words(machine_.obstacles(of_haproxies, {}));
    }

    std::string disk_ = web2;
    std::string rendering_ = web2;
    bool lacks_names_ = false;
    bool fails_ = false;
    bool is_written_at_once_ = true;
    Machine::Time now_{1'000s};
    Machine machine_{options(), {}};
    Progress progress_;

    Machine::Time wait_;
    Machine::TellHaproxies told_;
    Machine::Connect connected_;
    haproxy::Config file_; ///< what the file was told last
    haproxy::Config on_disk_;
    Machine::Time no_reload_before_;
    std::vector<Guard::Finding> findings_;
};

TEST_F(OneConfigurations, AreReadRenderedAndTold) {
    machine_.say_in_step();
    EXPECT_EQ(run(), "read, gather, render, tell, connect, file, in step");
    EXPECT_EQ(wait_, Machine::Time::max());
    EXPECT_FALSE(told_.difference) << "what HAProxy has isn't known yet";
    EXPECT_THAT(connected_.sockets, ElementsAre("/run/h.sock"));
    EXPECT_EQ(file_.text(), web2);
}

TEST_F(OneConfigurations, AChangeIsToldAsADifference) {
    begin_with(web2);
    now_ += 5s;
    change(web4);
    EXPECT_EQ(run(), "gather, render, tell, connect, file");
    ASSERT_TRUE(told_.difference);
    EXPECT_EQ(told_.difference->servers.size(), 2U);
    EXPECT_EQ(told_.since, now_);
    EXPECT_FALSE(told_.is_held);
}

TEST_F(OneConfigurations, TakeAsLongToGatherAsTheLastRenderingTook) {
    (void)machine_.next(progress_, now_);
    machine_.file_read(parse(disk_), 1'000);
    (void)machine_.next(progress_, now_);
    (void)machine_.next(progress_, now_);
    now_ += 7ms;
    render();
    (void)run();
    change(web4);
    const auto step = machine_.next(progress_, now_);
    ASSERT_TRUE(std::holds_alternative<Machine::Gather>(step));
    EXPECT_EQ(std::get<Machine::Gather>(step).until, now_ + 7ms);
}

/// A file that can't be read must not be taken for one that is missing.
TEST_F(OneConfigurations, NothingIsDoneUntilTheFileCanBeRead) {
    ASSERT_TRUE(std::holds_alternative<Machine::ReadFile>(machine_.next(progress_, now_)));
    machine_.file_not_read(now_);
    EXPECT_EQ(run(), "");
    EXPECT_EQ(wait_, now_ + 1s);
    now_ += 1s;
    EXPECT_EQ(run(), "read, gather, render, tell, connect, file");
}

TEST_F(OneConfigurations, AStopBeforeTheFileCanBeRead) {
    (void)machine_.next(progress_, now_);
    machine_.file_not_read(now_);
    machine_.stop();
    EXPECT_EQ(run(), "end");
}

// Names without an address

/// HAProxy keeps the server, and the file does without its name until there is an address.
TEST_F(OneConfigurations, ANameWithoutAnAddressIsKeptOutOfTheFileOnly) {
    const std::string named = web2 + " server web3 three.example:80\n";
    begin_with(web2);
    change(named);
    (void)run();
    EXPECT_EQ(file_.text(), named);
    machine_.note_unresolved({{{"app", "web3"}, {"three.example"}}});
    machine_.say_in_step();
    EXPECT_EQ(run(), "file") << "and it isn't in step";
    EXPECT_EQ(file_.text(), web2);
    EXPECT_EQ(wanted(), named);
    machine_.note_unresolved({{{"app", "web3"}, {"three.example", "10.0.0.3"}}});
    EXPECT_EQ(run(), "file");
    EXPECT_EQ(file_.text(), web2 + " server web3 10.0.0.3:80\n");
    machine_.note_unresolved({});
    EXPECT_EQ(run(), "file, in step");
    EXPECT_EQ(file_.text(), named);
}

// The guard

TEST_F(OneConfigurations, AGuardHoldsAndLetsThroughInTime) {
    begin_with(web4);
    change(web1);
    EXPECT_EQ(run(), "gather, render, tell, connect, file");
    EXPECT_EQ(wanted(), web4);
    EXPECT_TRUE(told_.is_held);
    EXPECT_TRUE(machine_.holds());
    EXPECT_EQ(wait_, now_ + 200ms) << "for a message of all that is held";
    now_ += 60s;
    EXPECT_EQ(run(), "render, tell, connect, file");
    EXPECT_EQ(wanted(), web1);
    EXPECT_FALSE(told_.is_held);
    ASSERT_TRUE(told_.difference);
    EXPECT_EQ(told_.difference->servers.size(), 3U)
        << "from what was wanted, not from the last rendering";
    EXPECT_EQ(wait_, Machine::Time::max());
}

TEST_F(OneConfigurations, WhatTheGuardHoldsIsConfirmed) {
    begin_with(web4);
    change(web1);
    (void)run();
    machine_.confirm();
    EXPECT_EQ(run(), "render, tell, connect, file");
    EXPECT_EQ(wanted(), web1);
    EXPECT_FALSE(machine_.holds());
}

TEST_F(OneConfigurations, ALaterChangeOvertakesWhatTheGuardHolds) {
    begin_with(web4);
    change(web1);
    (void)run();
    change(web2);
    EXPECT_EQ(run(), "gather, render, tell, connect, file");
    EXPECT_EQ(wanted(), web2);
    EXPECT_FALSE(machine_.holds());
    EXPECT_EQ(wait_, Machine::Time::max());
}

/// It is confirmed, but another change comes before the confirmation is used.
TEST_F(OneConfigurations, AConfirmationCountsForTheNewestRendering) {
    begin_with(web4);
    change(web1);
    (void)run();
    machine_.confirm();
    change(web2);
    EXPECT_EQ(run(), "gather, render, tell, connect, file");
    EXPECT_EQ(wanted(), web2);
    change(web1);
    (void)run();
    EXPECT_EQ(wanted(), web2) << "it counts once";
}

/// The guard's time comes, but nothing can be rendered that it could be asked about.
TEST_F(OneConfigurations, AGuardBesideATemplateThatFailsMakesNoBusyLoop) {
    begin_with(web4);
    change(web1);
    (void)run();
    fails_ = true;
    machine_.changed(now_);
    EXPECT_EQ(run(), "gather, render, file");
    EXPECT_EQ(wait_, Machine::Time::max());
    now_ += 61s;
    EXPECT_EQ(run(), "file");
    EXPECT_EQ(wait_, Machine::Time::max());
    machine_.confirm();
    EXPECT_EQ(run(), "file");
    EXPECT_EQ(wait_, Machine::Time::max());
    fails_ = false;
    change(web1);
    EXPECT_EQ(run(), "gather, render, tell, connect, file");
    EXPECT_EQ(wanted(), web1) << "it was confirmed meanwhile";
}

TEST_F(OneConfigurations, AGuardBesideNamesThatAreLookedUpMakesNoBusyLoop) {
    begin_with(web4);
    change(web1);
    (void)run();
    lacks_names_ = true;
    machine_.changed(now_);
    (void)run();
    now_ += 61s;
    EXPECT_EQ(run(), "file");
    EXPECT_EQ(wait_, Machine::Time::max());
    lacks_names_ = false;
    machine_.changed(std::nullopt);
    (void)run();
    EXPECT_EQ(wanted(), web1);
}

TEST_F(OneConfigurations, KeysOfAnotherEmptyStoreAreHeldWithoutLimits) {
    auto without_limits = options();
    without_limits.guard.limits = {};
    use(without_limits);
    begin_with(web4);
    machine_.store_emptied();
    change(sockets + "backend app\n");
    (void)run();
    EXPECT_EQ(wanted(), web4);
    ASSERT_EQ(findings_.size(), 1U);
    EXPECT_EQ(findings_[0].kind, Guard::Finding::Kind::all_held);
    change(web4 + " server web5 10.0.0.5:80\n");
    (void)run();
    EXPECT_EQ(wanted(), rendering_);
    change(sockets + "backend app\n");
    (void)run();
    EXPECT_EQ(wanted(), rendering_) << "it is a store like any other again";
}

/// The first rendering, of the keys that are left, cannot be made yet.
TEST_F(OneConfigurations, AnEmptiedStoreIsRememberedUntilSomethingIsRendered) {
    lacks_names_ = true;
    machine_.store_emptied();
    EXPECT_EQ(run(), "read, gather, render");
    lacks_names_ = false;
    change(web1);
    (void)run();
    EXPECT_EQ(wanted(), web2) << "what is on disk stays";
}

/// What the first rendering takes away is measured by the file on disk.
TEST_F(OneConfigurations, AGuardHoldsTheFirstRenderingToo) {
    disk_ = web4;
    rendering_ = web1;
    (void)run();
    EXPECT_EQ(wanted(), web4);
    EXPECT_TRUE(machine_.holds());
}

// Names that are still looked up, templates that fail

TEST_F(OneConfigurations, NobodyIsToldWhileNamesAreLookedUp) {
    lacks_names_ = true;
    const auto first_change = now_;
    machine_.changed(first_change);
    machine_.say_in_step();
    EXPECT_EQ(run(), "read, gather, render");
    EXPECT_EQ(wait_, Machine::Time::max());
    now_ += 2s;
    lacks_names_ = false;
    machine_.changed(now_);
    EXPECT_EQ(run(), "gather, render, tell, connect, file, in step");
    EXPECT_EQ(told_.since, first_change);
}

TEST_F(OneConfigurations, WhatFailsToRenderLeavesAllAsItIs) {
    begin_with(web2);
    fails_ = true;
    change(web4);
    EXPECT_EQ(run(), "gather, render, file");
    EXPECT_EQ(file_.text(), web2);
    now_ += 1s;
    fails_ = false;
    machine_.changed(std::nullopt);
    (void)run();
    EXPECT_EQ(wanted(), web4);
    EXPECT_FALSE(told_.since) << "the time until the template was mended is nobody's delay";
}

// HAProxies before the file

TEST_F(OneConfigurations, HaproxiesHaveAHeadStart) {
    begin_with(web2);
    change(web4);
    progress_.being_told = true;
    EXPECT_EQ(run(), "gather, render, tell, connect");
    EXPECT_EQ(wait_, now_ + 100ms);
    now_ += 3ms;
    progress_.being_told = false;
    EXPECT_EQ(run(), "file");
    EXPECT_EQ(wait_, Machine::Time::max());
}

TEST_F(OneConfigurations, TheHeadStartEndsWhenHaproxyDoesNotAnswer) {
    begin_with(web2);
    change(web4);
    progress_.being_told = true;
    (void)run();
    now_ += 60ms;
    change(web2); // which begins no other one
    EXPECT_EQ(run(), "gather, render, tell, connect");
    EXPECT_EQ(wait_, now_ + 40ms);
    now_ = wait_;
    EXPECT_EQ(run(), "file");
    EXPECT_EQ(wait_, Machine::Time::max());
    progress_.being_told = false;
    EXPECT_EQ(run(), "file");
    progress_.being_told = true;
    EXPECT_EQ(run(), "") << "the next one is";
    EXPECT_EQ(wait_, now_ + 100ms);
}

TEST_F(OneConfigurations, TheFirstAdminSocketOfWhatRunsIsUsed) {
    disk_ = "global\n stats socket /run/old.sock level admin\nbackend app\n";
    rendering_ = web2;
    (void)run();
    EXPECT_THAT(connected_.sockets, ElementsAre("/run/old.sock"));
    EXPECT_EQ(machine_.reloaded(parse(web2), {}), std::nullopt);
    EXPECT_EQ(run(), "connect, file");
    EXPECT_THAT(connected_.sockets, ElementsAre("/run/h.sock"));
}

TEST_F(OneConfigurations, WithoutASocketWhatDiffersNeedsAReload) {
    disk_ = "backend app\n server web1 10.0.0.1:80\n";
    rendering_ = disk_ + " server web2 10.0.0.2:80\n";
    machine_.say_in_step();
    EXPECT_EQ(run(), "read, gather, render, tell, connect, file");
    EXPECT_THAT(connected_.sockets, IsEmpty());
    EXPECT_FALSE(connected_.is_coming);
    EXPECT_THAT(reasons(), ElementsAre("app/web2: it differs, and there is no admin socket"));
    EXPECT_EQ(machine_.reloaded(parse(rendering_), {}), std::nullopt);
    EXPECT_EQ(run(), "connect, file, in step");
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(OneConfigurations, ASocketThatComesWithTheReloadIsNotMissed) {
    disk_ = "backend app\n server web1 10.0.0.1:80\n";
    (void)run();
    EXPECT_THAT(connected_.sockets, IsEmpty());
    EXPECT_TRUE(connected_.is_coming);
}

TEST_F(OneConfigurations, OnlyFilesAreWrittenWithSyncOnly) {
    auto files_only = options();
    files_only.files_only = true;
    use(files_only);
    EXPECT_EQ(run(), "read, gather, render, tell, file");
}

// What HAProxies have, and what the file says

TEST_F(OneConfigurations, WhatHaproxyWasNotToldOfIsNotedBeforeTheFileSaysIt) {
    begin_with(web2);
    change(web4);
    (void)run();
    progress_.all_told = false;
    EXPECT_EQ(machine_.untold(parse(web4), progress_).size(), 2U);
    machine_.written(parse(web4), 1'001);
    EXPECT_THAT(machine_.untold(parse(web4), progress_), IsEmpty()) << "the file says it already";
    progress_.all_told = true;
    EXPECT_THAT(machine_.untold(parse(web1), progress_), IsEmpty());
}

TEST_F(OneConfigurations, TheLiveNoteIsForgottenWhenFileAndHaproxyAreEqual) {
    begin_with(web2);
    is_written_at_once_ = false;
    change(web4);
    progress_.has_live_note = true;
    EXPECT_EQ(run(), "gather, render, tell, connect, file") << "it is not on disk yet";
    const haproxy::Config written = parse(web4);
    progress_.on_disk = &written;
    progress_.have_all_possible = false;
    EXPECT_EQ(run(), "file, confirm file");
    progress_.have_all_possible = true;
    progress_.needs_reload = true;
    EXPECT_EQ(run(), "file, confirm file");
    progress_.needs_reload = false;
    // It was removed and added again while the check of the file without it runs.
    progress_.file_is_being_written = true;
    EXPECT_EQ(run(), "file");
    progress_.file_is_being_written = false;
    EXPECT_EQ(run(), "file, forget");
    EXPECT_EQ(run(), "file");
}

TEST_F(OneConfigurations, InStepIsSaidOnceAndOnlyWhenAllIs) {
    begin_with(web2);
    const struct {
        bool Progress::*condition;
        bool is_so;
    } conditions[] = {{&Progress::file_idle, false},
                      {&Progress::file_in_trouble, true},
                      {&Progress::haproxies_in_step, false},
                      {&Progress::is_registry_followed, false},
                      {&Progress::needs_reload, true}};
    for (const auto& [condition, is_so] : conditions) {
        machine_.say_in_step();
        progress_.*condition = is_so;
        EXPECT_EQ(run(), "file");
        progress_.*condition = !is_so;
        EXPECT_EQ(run(), "file, in step");
        EXPECT_EQ(run(), "file");
    }
}

TEST_F(OneConfigurations, AProcessWasStartedFromWhatTheFileSaidThen) {
    begin_with(web2);
    machine_.written(parse(web4), 1'010);
    EXPECT_FALSE(machine_.still_owes(1'005));
    EXPECT_EQ(machine_.started_from(parse(web4), 1'005).text(), web2);
    EXPECT_EQ(machine_.started_from(parse(web4), 1'020).text(), web4);
    EXPECT_EQ(machine_.started_from(parse(web1), 1'005).text(), web1)
        << "somebody else has written it, nobody knows when";
    EXPECT_EQ(machine_.loaded().text(), web1);
}

/// The file has been renamed, and that isn't known yet.
TEST_F(OneConfigurations, AProcessThatIsOlderThanTheFileThatComesHasNotReadIt) {
    begin_with(web2);
    machine_.about_to_write(parse(web4));
    EXPECT_EQ(machine_.started_from(parse(web4), 1'005).text(), web2);
    machine_.written(parse(web4), 1'010);
    EXPECT_EQ(machine_.started_from(parse(web4), 1'020).text(), web4);
}

// What an earlier run has owed

TEST_F(OneConfigurations, AnOwedReloadIsOwedUntilItIsDone) {
    use(options(), obstacle("web1"));
    machine_.say_in_step();
    EXPECT_EQ(run(), "read, gather, render, tell, connect, file");
    EXPECT_THAT(reasons(obstacle("web2")), ElementsAre("app/web1: static (and 1 more)"));
    EXPECT_TRUE(machine_.still_owes(900)) << "that process is older than this run";
    EXPECT_THAT(reasons(), ElementsAre("app/web1: static"));
    EXPECT_EQ(machine_.reloaded(parse(web2), {}), std::nullopt);
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_EQ(run(), "connect, file, in step");
}

TEST_F(OneConfigurations, AProcessThatIsNewerThanThisRunOwesNothing) {
    use(options(), obstacle("web1"));
    (void)run();
    EXPECT_FALSE(machine_.still_owes(1'001));
    EXPECT_THAT(reasons(), IsEmpty());
}

// Comparing all

TEST_F(OneConfigurations, AResyncComparesAllWithoutARendering) {
    begin_with(web2);
    machine_.compare_all();
    EXPECT_EQ(run(), "compare, file");
    EXPECT_EQ(run(), "file");
    machine_.compare_all();
    change(web4);
    EXPECT_EQ(run(), "gather, render, tell, compare, connect, file");
}

// Other files that HAProxy reads

TEST_F(OneConfigurations, AUsedFileThatWasWrittenNeedsAReload) {
    begin_with(web2);
    machine_.used_file_written("/h/hosts.map", 1'010);
    EXPECT_EQ(run(), "file");
    EXPECT_THAT(reasons(),
                ElementsAre("/h/hosts.map has changed, and HAProxy reads it only when it starts"));
    machine_.say_in_step();
    EXPECT_EQ(run(), "file");
    machine_.reload_begins();
    EXPECT_THAT(reasons(), testing::SizeIs(1)) << "it may fail";
    EXPECT_EQ(machine_.reloaded(parse(web2), {}), std::nullopt);
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_EQ(run(), "connect, file, in step");
}

TEST_F(OneConfigurations, AUsedFileThatIsWrittenDuringTheReloadNeedsAnother) {
    begin_with(web2);
    machine_.used_file_written("/h/hosts.map", 1'010);
    machine_.used_file_written("/h/deny.lst", 1'010);
    machine_.reload_begins();
    machine_.used_file_written("/h/hosts.map", 1'011);
    EXPECT_TRUE(machine_.reloaded(parse(web2), {})) << "the note of the owed reload must stay";
    EXPECT_THAT(reasons(),
                ElementsAre("/h/hosts.map has changed, and HAProxy reads it only when it starts"));
}

TEST_F(OneConfigurations, AReloadWaitsForUsedFilesThatCome) {
    begin_with(web2);
    progress_.awaits_used_file = true;
    change(web4);
    EXPECT_EQ(run(), "gather, render, tell, connect, file");
    EXPECT_EQ(no_reload_before_, now_ + 2s);
    now_ += 1s;
    change(web2);
    (void)run();
    EXPECT_EQ(no_reload_before_, now_ + 1s) << "but not for ever";
    progress_.awaits_used_file = false;
    EXPECT_EQ(run(), "file");
    EXPECT_LT(no_reload_before_, now_);
}

TEST_F(OneConfigurations, AProcessThatIsNewerThanAUsedFileHasReadIt) {
    begin_with(web2);
    machine_.used_file_written("/h/hosts.map", 1'010);
    (void)machine_.still_owes(1'010);
    EXPECT_THAT(reasons(), testing::SizeIs(1)) << "in the same second: perhaps";
    (void)machine_.still_owes(1'011);
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(OneConfigurations, OneOfSeveralProcessesSaysNothingOfTheOthers) {
    auto two = options();
    two.sockets = {"/run/a.sock", "/run/b.sock"};
    use(two);
    (void)run();
    machine_.used_file_written("/h/hosts.map", 1'010);
    (void)machine_.still_owes(1'011);
    EXPECT_THAT(reasons(), testing::SizeIs(1));
}

TEST_F(OneConfigurations, OnetimeWaitsForUsedFiles) {
    auto onetime = options();
    onetime.onetime = true;
    use(onetime);
    progress_.awaits_used_file = true;
    EXPECT_EQ(run(), "read, gather, render, tell, connect, file");
    progress_.awaits_used_file = false;
    EXPECT_EQ(run(), "file, stop haproxies, file, stop file, end");
}

// -onetime

TEST_F(OneConfigurations, OnetimeEndsWhenAllIsDone) {
    auto onetime = options();
    onetime.onetime = true;
    use(onetime);
    machine_.say_in_step();
    progress_.haproxies_settled = progress_.haproxies_in_step = false;
    progress_.haproxies_ended = progress_.file_ended = false;
    EXPECT_EQ(run(), "read, gather, render, tell, connect, file");
    progress_.haproxies_settled = progress_.haproxies_in_step = true;
    EXPECT_EQ(run(), "file, in step, stop haproxies");
    progress_.haproxies_ended = true;
    EXPECT_EQ(run(), "file, stop file");
    progress_.file_ended = true;
    EXPECT_EQ(run(), "end");
}

TEST_F(OneConfigurations, OnetimeEndsWithAFileThatIsRefused) {
    auto onetime = options();
    onetime.onetime = true;
    use(onetime);
    progress_.file_idle = false;
    EXPECT_EQ(run(), "read, gather, render, tell, connect, file");
    progress_.file_in_trouble = true;
    EXPECT_EQ(run(), "file, stop haproxies, file, stop file, end");
}

TEST_F(OneConfigurations, OnetimeEndsWithATemplateThatFailsButWaitsForNames) {
    auto onetime = options();
    onetime.onetime = true;
    use(onetime);
    lacks_names_ = true;
    EXPECT_EQ(run(), "read, gather, render");
    lacks_names_ = false;
    fails_ = true;
    machine_.changed(std::nullopt);
    EXPECT_EQ(run(), "gather, render, stop haproxies, stop file, end");
}

TEST_F(OneConfigurations, OnetimeThatIsStoppedIsCutOff) {
    auto onetime = options();
    onetime.onetime = true;
    use(onetime);
    progress_.haproxies_settled = false;
    (void)run();
    machine_.stop();
    EXPECT_EQ(run(), "stop haproxies, file, stop file, cut off");
}

TEST_F(OneConfigurations, OnetimeWithAHeldChangeIsCutOff) {
    auto onetime = options();
    onetime.onetime = true;
    use(onetime);
    disk_ = web4;
    rendering_ = web1;
    EXPECT_THAT(run(), testing::EndsWith("cut off"));
    EXPECT_EQ(machine_.rest_of_findings().size(), 1U) << "it is said, though at once";
}

TEST_F(OneConfigurations, OnetimeDoesNotReadAFileTwice) {
    auto onetime = options();
    onetime.onetime = true;
    use(onetime);
    (void)machine_.next(progress_, now_);
    machine_.file_not_read(now_);
    EXPECT_EQ(run(), "cut off");
}

// A stop at every phase

TEST_F(OneConfigurations, AStopFinishesTheTurnThatIsBegun) {
    const std::vector<std::string> names = {"read", "gather", "render", "tell", "connect", "file"};
    for (std::size_t steps = 0; steps <= names.size(); ++steps) {
        SCOPED_TRACE(steps);
        use(options());
        progress_ = {};
        file_ = {};
        for (std::size_t i = 0; i < steps; ++i)
            EXPECT_EQ(do_step(machine_.next(progress_, now_)), names[i]);
        machine_.stop();
        const std::string done = run();
        EXPECT_THAT(done, testing::EndsWith("end"));
        const bool is_rendered = steps > 1; // before that there is nothing to lose
        EXPECT_EQ(file_.text(), is_rendered ? web2 : "");
        EXPECT_EQ(run(), "end");
    }
}

TEST_F(OneConfigurations, AChangeThatComesWithTheStopIsLeftToTheNextRun) {
    begin_with(web2);
    machine_.stop();
    change(web4);
    EXPECT_EQ(run(), "stop haproxies, file, stop file, end");
    EXPECT_EQ(file_.text(), web2);
}

TEST_F(OneConfigurations, AStopDuringTheHeadStart) {
    begin_with(web2);
    change(web4);
    progress_.being_told = true;
    (void)run();
    machine_.stop();
    progress_.haproxies_ended = false;
    EXPECT_EQ(run(), "stop haproxies");
    EXPECT_EQ(file_.text(), web2) << "the commands come first";
    progress_.haproxies_ended = true;
    EXPECT_EQ(run(), "file, stop file, end");
    EXPECT_EQ(file_.text(), web4);
}

/// The file's machine was told to stop while it reloads. What is wanted must be compared with the
/// new process before it is on disk.
TEST_F(OneConfigurations, AStopDuringAReload) {
    begin_with(web2);
    EXPECT_EQ(machine_.reloaded(parse(web2), {}), std::nullopt);
    change(web4);
    (void)run();
    machine_.stop();
    progress_.file_ended = false;
    EXPECT_EQ(run(), "stop haproxies, file, stop file");
    const auto last = machine_.reloaded(parse(web2), {});
    ASSERT_TRUE(last);
    EXPECT_EQ(last->config.text(), web4);
    progress_.file_ended = true;
    EXPECT_EQ(run(), "end");
}

TEST_F(OneConfigurations, AHeldChangeDoesNotGoToDiskAtTheEnd) {
    begin_with(web4);
    change(web1);
    (void)run();
    machine_.stop();
    (void)run();
    EXPECT_EQ(file_.text(), web4);
}

/// Spare servers come with what the oldest HAProxy needs, not with each turn.
TEST_F(OneConfigurations, SpareServersFollowTheOldestVersion) {
    auto with_slots = options();
    with_slots.slots = 2;
    use(with_slots);
    begin_with(web2);
    progress_.oldest.major = 2;
    progress_.oldest.minor = 4;
    progress_.oldest.version = "2.4.0";
    (void)run();
    EXPECT_THAT(file_.text(), testing::HasSubstr("hitless-slot2"));
    EXPECT_EQ(wanted(), web2);
    const auto* const same = &machine_.file(progress_.oldest).text();
    EXPECT_EQ(same, &machine_.file(progress_.oldest).text()) << "it is made once";
}

} // namespace
} // namespace hitless::converge
