// Map files and ACL files as kinds of live objects.
#include "hitless/live/kind.hpp"

#include "live/pattern_difference.hpp"
#include "plan/planning.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

namespace hitless::live {
namespace {

using haproxy::FileUse;
using plan::parse;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

const ObjectId map{ObjectId::Kind::map, "h.map", ""};
const ObjectId acl{ObjectId::Kind::acl, "h.acl", ""};

SharedEntries entries(const ObjectId& object, const std::string& text) {
    const auto kind = object.kind == ObjectId::Kind::map ? FileUse::Kind::map : FileUse::Kind::acl;
    return std::make_shared<haproxy::EntryList>(kind, text);
}

/// So many lines: "k000000 1".
std::string many(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format("k{:06} 1\n", i);
    return text;
}

/// What is done, in order: "begin / fill / commands", or the commands alone.
std::vector<std::string> told(const plan::Plan& plan) {
    std::vector<std::string> lines;
    for (const plan::Step& step : plan.steps) {
        EXPECT_EQ(step.phase, plan::Phase::fill);
        if (step.transaction) {
            lines.push_back(step.transaction->begin.line);
            for (const haproxy::Command& command : step.transaction->fill)
                lines.push_back(command.line +
                                (command.payload ? "\n" + *command.payload : std::string()));
        }
        for (const haproxy::Command& command : step.commands)
            lines.push_back(command.line);
    }
    return lines;
}

struct Setting {
    std::string started = "frontend f\nbackend b1\n";
    std::string wanted = started;
    bool in_order = false;
};

plan::Plan plan_of(const ObjectId& object, const std::string& running, const std::string& file,
                   const Setting& setting, Observed& observed) {
    const haproxy::Config started = parse(setting.started);
    const haproxy::Config wanted = parse(setting.wanted);
    const Files files = {{object, {entries(object, file), setting.in_order}}};
    observed.patterns.running[object].entries = entries(object, running);
    observed.patterns.running[object].list.entries = entries(object, running)->size();
    const std::vector<ObjectId> objects{object};
    return make_plan({started, wanted, files, observed, {}, {}}, objects);
}

struct PlanCase {
    std::string what;
    ObjectId object;
    std::string running;
    std::string file;
    std::vector<std::string> commands;
    Setting setting = {};
};

class PatternPlans : public testing::TestWithParam<PlanCase> {};

TEST_P(PatternPlans, BringEntriesToThoseOfTheFile) {
    const auto& [what, object, running, file, commands, setting] = GetParam();
    Observed observed;
    const plan::Plan plan = plan_of(object, running, file, setting, observed);
    EXPECT_THAT(told(plan), ElementsAreArray(commands)) << what;
    EXPECT_EQ(plan.obstacles.empty(), setting.wanted == setting.started) << what;
    for (const plan::Step& step : plan.steps) {
        for (const haproxy::Command& command : step.commands)
            EXPECT_TRUE(to_wire(command)) << command.line;
        note_done(step, observed);
    }
    if (setting.wanted == setting.started) {
        EXPECT_EQ(*observed.patterns.running.at(object).entries, *entries(object, file)) << what;
    }
}

const std::string prepare = "prepare map h.map";
const std::string add = "add map @? h.map <<\n";
const std::string commit = "commit map @? h.map";

INSTANTIATE_TEST_SUITE_P(
    Patterns, PatternPlans,
    testing::Values(
        PlanCase{"the same", map, "a 1\n", "# x\n\n a  1\n", {}},
        PlanCase{"one more at the end", map, "a 1\n", "a 1\nb 2\n", {"add map h.map b 2"}},
        PlanCase{"the first one", map, "", "a 1\n", {"add map h.map a 1"}},
        PlanCase{"another value", map, "a 1\nb 1\n", "a 1\nb 2\n", {"set map h.map b 2"}},
        PlanCase{"one less", map, "a 1\nb 1\nc 1\n", "a 1\nc 1\n", {"del map h.map b"}},
        PlanCase{"none is left", map, "a 1\nb 2\n", "", {prepare, commit}},
        PlanCase{"several at once",
                 map,
                 "a 1\nb 1\n",
                 "a 2\nb 2\n",
                 {prepare, add + "a 2\nb 2\n", commit}},
        PlanCase{"in between: as a fresh start has them",
                 map,
                 "a 1\nc 1\n",
                 "a 1\nb 1\nc 1\n",
                 {prepare, add + "a 1\nb 1\nc 1\n", commit}},
        PlanCase{"another order",
                 map,
                 "a 1\nb 1\n",
                 "b 1\na 1\n",
                 {prepare, add + "b 1\na 1\n", commit}},
        PlanCase{"doubled in the file",
                 map,
                 "a 1\n",
                 "a 1\na 2\n",
                 {prepare, add + "a 1\na 2\n", commit}},
        PlanCase{
            "doubled in HAProxy", map, "a 1\na 2\n", "a 1\n", {prepare, add + "a 1\n", commit}},
        PlanCase{"doubled already", map, "a 1\na 2\n", "a 1\na 2\nb 1\n", {"add map h.map b 1"}},
        PlanCase{"a value that is empty",
                 map,
                 "a 1\n",
                 "a 1\nb\n",
                 {prepare, add + "a 1\nb \n", commit}},
        PlanCase{"a key like a place",
                 map,
                 " #0x5 1\n",
                 " #0x5 2\n",
                 {prepare, add + "#0x5 2\n", commit}},
        PlanCase{"a tab in a value", map, "", "a b\tc\n", {prepare, add + "a b\tc\n", commit}},
        PlanCase{"a pattern with blanks", acl, "", "a b \n", {"add acl h.acl a\\ b\\ "}},
        PlanCase{"ACLs have no payload",
                 acl,
                 "a\n",
                 "b\nc\n",
                 {"prepare acl h.acl", "add acl @? h.acl b", "add acl @? h.acl c",
                  "commit acl @? h.acl"}},
        PlanCase{"a backend that comes with a reload",
                 map,
                 "a b1\n",
                 "a b2\nb b1\nc b2\n",
                 {"add map h.map b b1"},
                 {"backend b1\n", "backend b1\nbackend b2\n"}},
        PlanCase{"a backend that nobody wants", map, "", "a b2\n", {"add map h.map a b2"}}));

TEST(LargePatterns, ChangeByFewCommandsWhereOrderDoesNotCount) {
    Observed observed;
    const std::string file = "k000000 1\nk000000x 5\n" + many(5'000).substr(10) + "z 1\n";
    EXPECT_THAT(told(plan_of(map, many(5'000), file, {}, observed)),
                ElementsAre("add map h.map k000000x 5", "add map h.map z 1"));
    const plan::Plan in_order = plan_of(map, many(5'000), file, {.in_order = true}, observed);
    ASSERT_EQ(in_order.steps.size(), 1U);
    EXPECT_TRUE(in_order.steps[0].transaction.has_value());
    EXPECT_EQ(in_order.steps[0].detail, "+ k000000x 5, + z 1");
    const plan::Plan at_end = plan_of(map, many(5'000), many(5'001), {.in_order = true}, observed);
    EXPECT_THAT(told(at_end), ElementsAre("add map h.map k005000 1"));
    const plan::Plan other_order =
        plan_of(map, many(5'000), many(5'000).substr(10) + "k000000 1\n", {}, observed);
    EXPECT_THAT(told(other_order), IsEmpty());
}

TEST(Patterns, ThatLeadToABackendOfTheNextReloadNeedIt) {
    Observed observed;
    const Setting setting{"backend b1\n", "backend b1\nbackend b2\n"};
    EXPECT_THAT(
        in_words(
            plan_of(map, "a b1\nd b2\n", "a b2\nb b1\nc b2\nd b2\n", setting, observed).obstacles),
        ElementsAre("map h.map: it leads to a backend that comes with the reload: b2 (for "
                    "a), b2 (for c)"));
}

/// For whoever types commands, as `hitlessctl diff -commands` has them.
TEST(Patterns, HaveCommandsThatDoTheSameOneAfterTheOther) {
    const auto one_by_one = [](const std::string& before, const std::string& after,
                               const Setting& setting = {}) {
        Observed observed;
        const plan::Plan plan = plan_of(map, before, after, setting, observed);
        EXPECT_EQ(plan.steps.size(), 1U);
        EXPECT_TRUE(plan.steps.at(0).transaction);
        return haproxy::lines_of(plan.steps.at(0).transaction->one_by_one);
    };
    EXPECT_THAT(one_by_one("a 1\nb 2\nc 3\n", "a 9\nc 3\nd 4\n"),
                ElementsAre("add map h.map d 4", "set map h.map a 9", "del map h.map b"));
    EXPECT_THAT(one_by_one("b 2\nc 3\n", "a 1\nb 2\nc 9\n", {.in_order = true}), IsEmpty())
        << "the order counts, and no command puts an entry before others";
    EXPECT_THAT(one_by_one("a 1\na 2\n", "a 3\nb 2\n"), IsEmpty()) << "a key is there twice";
}

TEST(Patterns, ThatLeadToNoBackendAreTold) {
    const std::string site = "frontend f\n use_backend %[path,map(h.map)]\nbackend b1\n";
    const auto doubts = [&](const std::string& file, const std::string& wanted) {
        Observed observed;
        observed.servers["second_file"];
        const plan::Plan plan = plan_of(map, file, file, {wanted, wanted}, observed);
        return in_words(plan.doubts);
    };
    EXPECT_THAT(doubts("a b1\nb second_file\n", site), IsEmpty());
    EXPECT_THAT(doubts("a b1\nb nope\n", site), ElementsAre(HasSubstr("nope (for b)")));
    EXPECT_THAT(doubts("a 1\nb 2\nc 3\nd 4\n", site), ElementsAre(HasSubstr("and 1 more")));
    EXPECT_THAT(doubts("a nope\n", "frontend f\n http-request set-header x %[path,map(h.map)]\n"
                                   "backend b1\n"),
                IsEmpty())
        << "these values are no names of backends";
}

TEST(LargePatterns, AreSentInPieces) {
    Observed observed;
    const plan::Plan plan = plan_of(map, "", many(100'000), {}, observed);
    ASSERT_EQ(plan.steps.size(), 1U);
    ASSERT_TRUE(plan.steps[0].transaction);
    std::string all;
    for (const haproxy::Command& command : plan.steps[0].transaction->fill) {
        EXPECT_TRUE(to_wire(command));
        all += *command.payload;
    }
    EXPECT_EQ(all, many(100'000));
    EXPECT_EQ(plan.steps[0].detail, "+ k000000 1, + k000001 1, + k000002 1, and 99997 more");
}

TEST(Patterns, NeedAReloadForWhatNoCommandCanSay) {
    const std::string long_line = "a " + std::string(15'500, 'x') + "\n";
    for (const auto& [object, file] : {std::pair(map, std::string("a b\x01\n")),
                                       {map, long_line},
                                       {acl, "a\tb\n"},
                                       {acl, long_line},
                                       {ObjectId{ObjectId::Kind::map, "#1", ""}, "a b\n"}}) {
        Observed observed;
        const plan::Plan plan = plan_of(object, "", file, {}, observed);
        EXPECT_THAT(told(plan), IsEmpty()) << file.substr(0, 20);
        EXPECT_THAT(in_words(plan.obstacles), ElementsAre(HasSubstr(to_string(object))));
    }
}

TEST(Patterns, AreLeftAloneWhereHAProxyHasNoSuchFile) {
    Observed observed;
    const haproxy::Config config = parse("frontend f\n");
    const Files files = {{map, {entries(map, "a 1\n"), false}}};
    const std::vector<ObjectId> objects{map};
    EXPECT_TRUE(make_plan({config, config, files, observed, {}, {}}, objects).empty());
    EXPECT_TRUE(make_plan({config, config, {}, observed, {}, {}}, objects).empty());
    observed.patterns.running[map] = {};
    const plan::Plan unread = make_plan({config, config, files, observed, {}, {}}, objects);
    EXPECT_THAT(unread.next, ElementsAre(map));
    EXPECT_THAT(find_kind(ObjectId::Kind::map)->all(config, files, observed), ElementsAre(map));
}

std::string lists(std::size_t entries, int version) {
    return fmt::format("# id (file) description\n4 (h.map) pattern loaded from file 'h.map' used "
                       "by map at file 'h.cfg' line 14. curr_ver={0} next_ver={0} entry_cnt={1}\n"
                       "5 (other.map) x. curr_ver=0 next_ver=0 entry_cnt=1\n",
                       version, entries);
}

std::string shown(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format("0x{:x} k{:06} 1\n", i, i);
    return text;
}

/// Whether the entries are asked for.
bool reads(Observed& observed, std::size_t count, int version, const Scopes& scopes = {}) {
    const Kind& kind = *find_kind(ObjectId::Kind::map);
    std::vector<std::string> answers = {lists(count, version)};
    const auto further = kind.take(scopes, answers, observed).value();
    if (further.empty())
        return false;
    EXPECT_THAT(haproxy::lines_of(further), ElementsAre("show map h.map"));
    answers.push_back(shown(count));
    EXPECT_THAT(kind.take(scopes, answers, observed).value(), IsEmpty());
    EXPECT_EQ(*observed.patterns.running.at(map).entries, *entries(map, many(count)));
    return true;
}

TEST(Patterns, AreReadWhenTheyMayDiffer) {
    EXPECT_THAT(haproxy::lines_of(find_kind(ObjectId::Kind::map)->questions({})),
                ElementsAre("show map"));
    Observed observed;
    EXPECT_FALSE(reads(observed, 3, 0)) << "nobody keeps it";
    observed.patterns.watched = {map};
    EXPECT_TRUE(reads(observed, 3, 0));
    EXPECT_TRUE(reads(observed, 3, 0)) << "a small one costs little";
    EXPECT_FALSE(reads(observed, 3, 0, {"other.map"}));
    EXPECT_TRUE(reads(observed, 2'000, 0));
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(reads(observed, 2'000, 0)) << i;
    EXPECT_TRUE(reads(observed, 2'000, 0)) << "somebody may have set a value";
    EXPECT_TRUE(reads(observed, 2'001, 0)) << "somebody has added one";
    EXPECT_TRUE(reads(observed, 2'001, 1)) << "another version counts";
    observed.forget_process();
    EXPECT_TRUE(reads(observed, 2'001, 1));
}

TEST(Patterns, AreNotReadForWhatWasDone) {
    Observed observed;
    observed.patterns.watched = {map};
    ASSERT_TRUE(reads(observed, 2'000, 0));
    const haproxy::Config config = parse("frontend f\n");
    const Files files = {{map, {entries(map, many(2'001)), false}}};
    const std::vector<ObjectId> objects{map};
    const plan::Plan plan = make_plan({config, config, files, observed, {}, {}}, objects);
    ASSERT_EQ(plan.steps.size(), 1U);
    note_done(plan.steps[0], observed);
    EXPECT_FALSE(reads(observed, 2'001, 0));
    EXPECT_TRUE(make_plan({config, config, files, observed, {}, {}}, objects).empty());
}

/// What HAProxy has after these commands, as the second entries differ from the first.
haproxy::PatternEntries carried_out(haproxy::PatternEntries entries,
                                    const PatternDifference& difference) {
    entries.insert(entries.end(), difference.added.begin(), difference.added.end());
    for (const haproxy::PatternEntry& set : difference.set) {
        for (haproxy::PatternEntry& entry : entries)
            entry.value = entry.key == set.key ? set.value : entry.value;
    }
    for (const std::string& key : difference.gone)
        std::erase_if(entries, [&](const auto& entry) { return entry.key == key; });
    return entries;
}

/// Lists that share chunks, beside lists that share none.
TEST(PatternDifferences, AreTheSameWhateverTheListsShare) {
    std::mt19937 random(11); // NOLINT: the same each time
    int ordered = 0;
    for (int run = 0; run < 300; ++run) {
        std::string before;
        const std::size_t count = random() % 3'000;
        for (std::size_t i = 0; i < count; ++i)
            before += fmt::format("k{:06} {}\n", i, random() % 3);
        if (random() % 4 == 0)
            before.insert(before.size() / 2 / 10 * 10, "k000001 0\n# a comment\n");
        std::string after = before;
        for (auto changes = random() % 4; changes > 0; --changes) {
            const std::size_t at = after.size() / 10 == 0 ? 0 : random() % (after.size() / 10) * 10;
            const std::size_t begin = after.rfind('\n', at) + 1;
            const std::size_t line = std::min(after.find('\n', begin), after.size()) + 1 - begin;
            const std::string key = fmt::format("k{:06}", random() % 4'000);
            after.replace(begin, random() % 2 * line,
                          random() % 3 == 0 ? "" : fmt::format("{} {}\n", key, random() % 3));
        }
        if (random() % 5 == 0)
            after += "z 1\n";
        const haproxy::EntryList old(FileUse::Kind::map, before);
        const haproxy::EntryList now = old.read_again(FileUse::Kind::map, before, after);
        const auto flat_old = haproxy::read_pattern_file(FileUse::Kind::map, before);
        const auto flat_now = haproxy::read_pattern_file(FileUse::Kind::map, after);
        const PatternDifference shared = compare_patterns(old, now);
        const PatternDifference whole =
            compare_patterns(haproxy::EntryList(flat_old), haproxy::EntryList(flat_now));
        ASSERT_EQ(shared.is_doubled, whole.is_doubled) << run;
        if (shared.is_doubled)
            continue;
        ASSERT_EQ(shared.added, whole.added) << run;
        ASSERT_EQ(shared.set, whole.set) << run;
        ASSERT_EQ(shared.gone, whole.gone) << run;
        ASSERT_EQ(shared.keeps_order, whole.keeps_order) << run;
        ASSERT_EQ(shared.size() == 0 && shared.keeps_order, flat_old == flat_now) << run;
        if (shared.keeps_order) {
            ASSERT_EQ(carried_out(flat_old, shared), flat_now) << run;
            ++ordered;
        }
    }
    EXPECT_GT(ordered, 50);
}

/// A reload would bring HAProxy what is on disk, and not what is wanted.
TEST(Patterns, NeedNoReloadBeforeTheyAreOnDisk) {
    Observed observed;
    const haproxy::Config config = parse("frontend f\n");
    File file{entries(map, "a " + std::string(15'500, 'x') + "\n")};
    file.is_on_disk = false;
    observed.patterns.running[map].entries = entries(map, "");
    const std::vector<ObjectId> objects{map};
    const plan::Plan before = make_plan({config, config, {{map, file}}, observed, {}, {}}, objects);
    EXPECT_TRUE(before.obstacles.empty());
    EXPECT_THAT(before.next, ElementsAre(map));
    file.is_on_disk = true;
    const plan::Plan plan = make_plan({config, config, {{map, file}}, observed, {}, {}}, objects);
    EXPECT_FALSE(plan.obstacles.empty());
    EXPECT_THAT(plan.next, IsEmpty());
}

} // namespace
} // namespace hitless::live
