#include "hitless/haproxy/acl_lines.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/pattern_file.hpp"
#include "hitless/haproxy/words.hpp"

#include "live/kinds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

// Values in `acl` lines. HAProxy has a list for each line, which commands can name by its number
// only. Lines of one section with the same name are one object: any of their values is enough.
namespace hitless::live {
namespace {

using haproxy::AclLine;
using haproxy::AclList;
using haproxy::Command;
using Values = std::vector<std::string>;

/// So many are read each time. Of more, only those that HAProxy says something new of: it doesn't
/// tell of a value that somebody has put in the place of another.
constexpr std::size_t few_lists = 100;

/// HAProxy takes no longer line than its buffer (tune.bufsize, 16,384 by default).
constexpr std::size_t longest_command = 15'000;

/// Values, each once, to be looked for.
using Sorted = std::set<std::string>;

Sorted sorted(const Values& values) {
    return {values.begin(), values.end()};
}

/// The lines of an object with the same test, in order.
struct SameTest {
    std::vector<const AclLine*> lines;
    Values values; ///< of all of them, each once
    Sorted known;  ///< the same
};

/// Of one object, by their tests.
using Tests = std::map<std::string_view, SameTest>;

/// The `acl` lines of a configuration by their objects.
class AclObjects {
  public:
    explicit AclObjects(const haproxy::Config& config) : lines_(haproxy::acl_lines(config)) {
        for (const AclLine& line : lines_) {
            const auto [object, is_new] = objects_.try_emplace(object_of(line));
            if (!line.is_plain)
                unclear_.insert(object->first);
            SameTest& same = object->second[line.test];
            same.lines.push_back(&line);
            std::ranges::copy_if(
                line.values, std::back_inserter(same.values),
                [&](const std::string& value) { return same.known.insert(value).second; });
        }
        for (const ObjectId& object : unclear_)
            objects_.erase(object);
    }

    /// nullptr: there is none of that name whose lines are plain.
    [[nodiscard]] const Tests* find(const ObjectId& object) const {
        const auto found = objects_.find(object);
        return found == objects_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] const std::map<ObjectId, Tests>& all() const { return objects_; }

  private:
    static ObjectId object_of(const AclLine& line) {
        return {ObjectId::Kind::acl_line, line.section, line.name};
    }

    std::vector<AclLine> lines_;
    std::map<ObjectId, Tests> objects_;
    std::set<ObjectId> unclear_;
};

bool have_same_tests(const Tests& one, const Tests& other) {
    return std::ranges::equal(one, other, {}, &Tests::value_type::first, &Tests::value_type::first);
}

bool may_have_acls(const haproxy::Config& config) {
    return config.text().find("acl ") != std::string::npos;
}

/// Plans the lists of one test.
class ListPlanner {
  public:
    ListPlanner(const ObjectId& object, const Observed& observed, plan::Plan& plan)
        : object_(object), lines_(observed.acl_lines), plan_(plan) {}

    /// `lines`: those that HAProxy was started with. What several lists have is told apart by
    /// nothing: the last one gets what is new, before the others lose anything.
    void add(const std::vector<const AclLine*>& lines, const Values& wanted) {
        Sorted running;
        for (const AclLine* const line : lines)
            running.merge(sorted(*list_of(*line).values));
        for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
            const AclLines::List& list = list_of(**line);
            const Sorted own_now = sorted(*list.values);
            Values own;
            for (const std::string& value : wanted) {
                const bool is_new = line == lines.rbegin() && !running.contains(value);
                if (is_new || own_now.contains(value))
                    own.push_back(value);
            }
            bring((*line)->number, list, own);
        }
    }

  private:
    [[nodiscard]] const AclLines::List& list_of(const AclLine& line) const {
        return lines_.lists.find(line.number)->second;
    }

    void bring(int number, const AclLines::List& list, const Values& wanted) {
        Values added;
        Values gone;
        const Sorted before = sorted(*list.values);
        const Sorted after = sorted(wanted);
        std::ranges::set_difference(after, before, std::back_inserter(added));
        std::ranges::set_difference(before, after, std::back_inserter(gone));
        if (added.empty() && gone.empty())
            return;
        plan::Step step;
        step.object = object_;
        step.phase = plan::Phase::fill;
        std::vector<Command> few;
        auto done = change_one_by_one(list.id, added, gone, few);
        if (few.size() == 1)
            step.commands = std::move(few);
        else if (done)
            done = change_all(list.id, wanted, std::move(few), step);
        if (!done) {
            plan_.obstacles.add(object_, {plan::Cause::Kind::not_set, done.error().message});
            return;
        }
        step.detail = in_words(added, gone);
        step.effect = plan::AclLineEffect{
            number, wanted, fmt::format("{} added, {} gone", added.size(), gone.size())};
        plan_.steps.push_back(std::move(step));
    }

    static Result<void> change_one_by_one(const std::string& list, const Values& added,
                                          const Values& gone, std::vector<Command>& commands) {
        for (const Values* const values : {&added, &gone}) {
            const std::string verb = values == &added ? "add" : "del";
            for (const std::string& value : *values) {
                auto line = haproxy::command::line({verb, "acl", list, value});
                if (!line)
                    return line.error();
                if (line->size() > longest_command)
                    return fail("a value is longer than {} bytes, the most for a command",
                                longest_command);
                commands.emplace_back(std::move(*line));
            }
        }
        return {};
    }

    /// A new version of the list, so that no request sees half of it.
    static Result<void> change_all(const std::string& list, const Values& wanted,
                                   std::vector<Command> one_by_one, plan::Step& step) {
        const std::string version(haproxy::command::new_version);
        plan::Transaction all{Command("prepare acl " + list),
                              {},
                              Command(fmt::format("clear acl {} {}", version, list)),
                              std::move(one_by_one)};
        for (const std::string& value : wanted) {
            auto line = haproxy::command::line({"add", "acl", version, list, value});
            if (!line)
                return line.error();
            all.fill.emplace_back(std::move(*line));
        }
        step.commands.emplace_back(fmt::format("commit acl {} {}", version, list));
        step.transaction = std::move(all);
        return {};
    }

    /// "+ a.example, - b.example".
    static std::string in_words(const Values& added, const Values& gone) {
        constexpr std::size_t most = 3;
        Values words;
        for (const std::string& value : added)
            words.push_back("+ " + base::printable(value, 100));
        for (const std::string& value : gone)
            words.push_back("- " + base::printable(value, 100));
        const std::size_t all = words.size();
        words.resize(std::min(all, most));
        const std::string more = all > most ? fmt::format(" and {} more", all - most) : "";
        return fmt::format("{}{}", fmt::join(words, ", "), more);
    }

    const ObjectId& object_;
    const AclLines& lines_;
    plan::Plan& plan_;
};

class AclLinesKind final : public Kind {
  public:
    [[nodiscard]] ObjectId::Kind id() const override { return ObjectId::Kind::acl_line; }

    /// Where both have lines with the same names and tests, only their values differ.
    void claim(const haproxy::Config& before, const haproxy::Config& after,
               Changes& changes) const override {
        const auto is_acl = [](const plan::LineChange& change) {
            return (change.kind == plan::LineChange::Kind::added ||
                    change.kind == plan::LineChange::Kind::removed) &&
                   change.text.starts_with("acl");
        };
        if (std::ranges::none_of(changes.lines, is_acl))
            return;
        const AclObjects old_objects(before);
        const AclObjects new_objects(after);
        std::set<ObjectId> objects;
        std::erase_if(changes.lines, [&](const plan::LineChange& change) {
            if (!is_acl(change))
                return false;
            const auto words = haproxy::split_words(change.text);
            if (!words || words->size() < 2 || words->front() != "acl")
                return false;
            const ObjectId object{id(), plan::title(change.section, change.name), (*words)[1]};
            const Tests* const old_tests = old_objects.find(object);
            const Tests* const new_tests = new_objects.find(object);
            if (old_tests == nullptr || new_tests == nullptr ||
                !have_same_tests(*old_tests, *new_tests))
                return false;
            objects.insert(object);
            return true;
        });
        changes.objects.insert(changes.objects.end(), objects.begin(), objects.end());
    }

    [[nodiscard]] std::vector<ObjectId> all(const haproxy::Config& wanted, const Files& /*files*/,
                                            const Observed& /*observed*/) const override {
        std::vector<ObjectId> objects;
        if (!may_have_acls(wanted))
            return objects;
        const AclObjects known(wanted);
        std::ranges::transform(known.all(), std::back_inserter(objects),
                               [](const auto& each) { return each.first; });
        return objects;
    }

    [[nodiscard]] std::vector<Command> questions(const Scopes& /*scopes*/) const override {
        return {"show acl"};
    }

    /// The values of the lists that adopt() has found; of all, where it has found none.
    Result<std::vector<Command>> take(const Scopes& scopes, std::span<const std::string> answers,
                                      Observed& observed) const override {
        std::vector<AclList> lists = haproxy::parse_acl_lists(answers[0]);
        AclLines& known = observed.acl_lines;
        std::vector<AclLines::List*> to_read;
        std::vector<Command> commands;
        const std::size_t all = known.lists.size() + known.unplaced.size();
        const auto add = [&](AclLines::List& list) {
            const auto now = std::ranges::find(lists, list.id, &AclList::id);
            const bool is_same =
                now != lists.end() && list.values && list.state == now->state && all > few_lists;
            const bool is_meant =
                scopes.empty() || list.section.empty() || scopes.contains(list.section);
            if (now == lists.end() || is_same || !is_meant)
                return;
            to_read.push_back(&list);
            commands.emplace_back("show acl " + list.id);
        };
        for (auto& [number, list] : known.lists)
            add(list);
        for (auto& [id, list] : known.unplaced)
            add(list);
        if (answers.size() - 1 < to_read.size())
            return commands;
        for (std::size_t i = 0; i < to_read.size(); ++i) {
            auto entries =
                haproxy::parse_pattern_entries(haproxy::FileUse::Kind::acl, answers[i + 1]);
            if (!entries)
                return entries.error();
            AclLines::List& list = *to_read[i];
            list.values.emplace();
            for (haproxy::PatternEntry& entry : *entries)
                list.values->push_back(std::move(entry.key));
            list.state = std::ranges::find(lists, list.id, &AclList::id)->state;
        }
        known.read = std::move(lists);
        if (!known.lists.empty() && !std::exchange(known.is_shown, true) && !show_lines(known))
            doubt(known);
        return std::vector<Command>();
    }

    [[nodiscard]] bool is_read_after_adoption() const override { return true; }

    /// Only by what the process was started from can it be told which list is which.
    void adopt(const haproxy::Config& started, const std::set<ObjectId>& /*in_doubt*/,
               Observed& observed) const override {
        AclLines& known = observed.acl_lines;
        known.started = started;
        known.is_shown = false;
        known.lists.clear();
        known.unplaced.clear();
        const auto lines = haproxy::acl_lines(started);
        if (std::ranges::none_of(lines, &AclLine::is_plain))
            return;
        const auto found = known.is_start_certain ? haproxy::lists_of_lines(started, known.read)
                                                  : std::map<int, std::string>();
        for (const AclLine& line : lines) {
            if (const auto list = found.find(line.number); list != found.end())
                known.lists.emplace(line.number,
                                    AclLines::List{list->second, line.section, {}, std::nullopt});
        }
        if (known.lists.empty())
            doubt(known);
    }

    void note_done(const plan::Step& step, Observed& observed) const override {
        const auto& effect = std::get<plan::AclLineEffect>(step.effect);
        const auto found = observed.acl_lines.lists.find(effect.line);
        if (found == observed.acl_lines.lists.end())
            return;
        found->second.values = effect.after;
        found->second.state.clear(); // it is read again
    }

    void add_plan(const Situation& situation, std::span<const ObjectId> objects,
                  plan::Plan& plan) const override {
        if (objects.empty())
            return;
        const AclObjects started(situation.observed.acl_lines.started);
        const AclObjects wanted(situation.wanted);
        for (const ObjectId& object : objects) {
            const Tests* const old_tests = started.find(object);
            const Tests* const new_tests = wanted.find(object);
            if (old_tests == nullptr || new_tests == nullptr ||
                !have_same_tests(*old_tests, *new_tests))
                continue; // it comes with a reload
            add(object, *old_tests, *new_tests, situation.observed, plan);
        }
    }

  private:
    /// It isn't certain any more which list is which.
    static void doubt(AclLines& known) {
        known.is_start_certain = false;
        known.lists.clear();
        for (const AclList& list : known.read)
            known.unplaced.emplace(list.id, AclLines::List{list.id, {}, {}, std::nullopt});
    }

    static bool have_same(const AclLines::List& list, const AclLine& line) {
        return list.values && sorted(*list.values) == sorted(line.values);
    }

    /// The lists have what the lines say. They don't where somebody has changed them, or where the
    /// process was started from another text after all.
    static bool show_lines(const AclLines& known) {
        const auto lines = haproxy::acl_lines(known.started);
        return std::ranges::all_of(lines, [&](const AclLine& line) {
            const auto list = known.lists.find(line.number);
            return list == known.lists.end() || have_same(list->second, line);
        });
    }

    /// Some list has the values of each of these lines, though nobody can tell which.
    static bool any_show(const AclLines& known, const std::vector<const AclLine*>& lines) {
        return std::ranges::all_of(lines, [&](const AclLine* line) {
            return std::ranges::any_of(
                known.unplaced, [&](const auto& list) { return have_same(list.second, *line); });
        });
    }

    static void add(const ObjectId& object, const Tests& started, const Tests& wanted,
                    const Observed& observed, plan::Plan& plan) {
        const AclLines& known = observed.acl_lines;
        for (const auto& [test, before] : started) {
            const Values& values = wanted.find(test)->second.values;
            const auto is_known = [&](const AclLine* line) {
                return known.lists.contains(line->number);
            };
            if (!std::ranges::all_of(before.lines, is_known)) {
                const bool is_unread = std::ranges::any_of(
                    known.unplaced, [](const auto& list) { return !list.second.values; });
                if (is_unread)
                    plan.next.push_back(object);
                else if (sorted(before.values) != sorted(values) ||
                         (!known.unplaced.empty() && !any_show(known, before.lines)))
                    plan.obstacles.add(object, {plan::Cause::Kind::not_set,
                                                "it isn't known for sure which of HAProxy's lists "
                                                "it is; a reload makes it so"});
                continue;
            }
            const bool is_read = std::ranges::all_of(before.lines, [&](const AclLine* line) {
                return known.lists.find(line->number)->second.values.has_value();
            });
            if (is_read)
                ListPlanner(object, observed, plan).add(before.lines, values);
            else
                plan.next.push_back(object); // it is read, and planned then
        }
    }
};

} // namespace

const Kind& acl_lines() {
    static const AclLinesKind kind;
    return kind;
}

} // namespace hitless::live
