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

/// The lines of an object with the same test, in order.
struct SameTest {
    std::vector<const AclLine*> lines;
    Values values; ///< of all of them, each once
};

/// Of one object, by their tests. Empty where a line of it isn't plain.
using Tests = std::map<std::string_view, SameTest>;

void add_once(Values& values, const std::string& value) {
    if (std::ranges::find(values, value) == values.end())
        values.push_back(value);
}

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
            for (const std::string& value : line.values)
                add_once(same.values, value);
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
    /// nothing: the last one gets what is new.
    void add(const std::vector<const AclLine*>& lines, const Values& wanted) {
        Values missing = wanted;
        for (const AclLine* const line : lines)
            std::erase_if(missing, [&](const std::string& value) { return has(*line, value); });
        for (const AclLine* const line : lines) {
            Values own;
            for (const std::string& value : wanted) {
                if (has(*line, value))
                    own.push_back(value);
            }
            if (line == lines.back())
                own.insert(own.end(), missing.begin(), missing.end());
            bring(line->number, list_of(*line), own);
        }
    }

  private:
    [[nodiscard]] const AclLines::List& list_of(const AclLine& line) const {
        return lines_.lists.find(line.number)->second;
    }

    [[nodiscard]] bool has(const AclLine& line, const std::string& value) const {
        return std::ranges::find(*list_of(line).values, value) != list_of(line).values->end();
    }

    void bring(int number, const AclLines::List& list, const Values& wanted) {
        Values added;
        Values gone;
        const Values& running = *list.values;
        for (const std::string& value : wanted) {
            if (std::ranges::find(running, value) == running.end())
                added.push_back(value);
        }
        for (const std::string& value : running) {
            if (std::ranges::find(wanted, value) == wanted.end())
                add_once(gone, value);
        }
        if (added.empty() && gone.empty())
            return;
        plan::Step step;
        step.object = object_;
        step.phase = plan::Phase::fill;
        const bool is_one = added.size() + gone.size() == 1;
        const auto done =
            is_one ? change_one(list.id, added, gone, step) : change_all(list.id, wanted, step);
        if (!done) {
            plan_.obstacles.add(object_, {plan::Cause::Kind::not_set, done.error().message});
            return;
        }
        step.detail = in_words(added, gone);
        step.effect = plan::AclLineEffect{
            number, wanted, fmt::format("{} added, {} gone", added.size(), gone.size())};
        plan_.steps.push_back(std::move(step));
    }

    static Result<void> change_one(const std::string& list, const Values& added, const Values& gone,
                                   plan::Step& step) {
        auto line = added.empty() ? haproxy::command::line({"del", "acl", list, gone.front()})
                                  : haproxy::command::line({"add", "acl", list, added.front()});
        if (!line)
            return line.error();
        step.commands.emplace_back(std::move(*line));
        return {};
    }

    /// A new version of the list, so that no request sees half of it.
    static Result<void> change_all(const std::string& list, const Values& wanted,
                                   plan::Step& step) {
        const std::string version(haproxy::command::new_version);
        plan::Transaction all{Command("prepare acl " + list),
                              {},
                              Command(fmt::format("clear acl {} {}", version, list))};
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

    /// The values of the lists that adopt() has found.
    Result<std::vector<Command>> take(const Scopes& scopes, std::span<const std::string> answers,
                                      Observed& observed) const override {
        std::vector<AclList> lists = haproxy::parse_acl_lists(answers[0]);
        AclLines& known = observed.acl_lines;
        std::vector<AclLines::List*> to_read;
        std::vector<Command> commands;
        for (auto& [number, list] : known.lists) {
            const auto now = std::ranges::find(lists, list.id, &AclList::id);
            const bool is_same = now != lists.end() && list.values && list.state == now->state &&
                                 known.lists.size() > few_lists;
            if (now == lists.end() || is_same ||
                (!scopes.empty() && !scopes.contains(list.section)))
                continue;
            to_read.push_back(&list);
            commands.emplace_back("show acl " + list.id);
        }
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
        return std::vector<Command>();
    }

    [[nodiscard]] bool is_told(const ObjectId& /*object*/) const override { return true; }
    [[nodiscard]] bool is_read_after_adoption() const override { return true; }

    /// Only by what the process was started from can it be told which list is which.
    void adopt(const haproxy::Config& started, const std::set<ObjectId>& /*in_doubt*/,
               Observed& observed) const override {
        AclLines& known = observed.acl_lines;
        known.lists.clear();
        known.started = started;
        if (!known.is_start_certain || !may_have_acls(started))
            return;
        const auto found = haproxy::lists_of_lines(started, known.read);
        for (const AclLine& line : haproxy::acl_lines(started)) {
            if (const auto list = found.find(line.number); list != found.end())
                known.lists.emplace(line.number,
                                    AclLines::List{list->second, line.section, {}, std::nullopt});
        }
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
    static void add(const ObjectId& object, const Tests& started, const Tests& wanted,
                    const Observed& observed, plan::Plan& plan) {
        const auto& lists = observed.acl_lines.lists;
        for (const auto& [test, before] : started) {
            const Values& values = wanted.find(test)->second.values;
            const auto is_known = [&](const AclLine* line) { return lists.contains(line->number); };
            if (!std::ranges::all_of(before.lines, is_known)) {
                if (std::set(before.values.begin(), before.values.end()) !=
                    std::set(values.begin(), values.end()))
                    plan.obstacles.add(
                        object, {plan::Cause::Kind::not_set,
                                 "the file may be another one than HAProxy was started from, "
                                 "so that nobody can tell which of its lists it is"});
                continue;
            }
            const bool is_read = std::ranges::all_of(before.lines, [&](const AclLine* line) {
                return lists.find(line->number)->second.values.has_value();
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
