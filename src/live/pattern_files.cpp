#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/routes.hpp"

#include "live/kinds.hpp"
#include "live/pattern_planner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

// Map files and ACL files: the entries that HAProxy has of each, under the name that its
// configuration has for the file.
namespace hitless::live {
namespace {

using haproxy::EntryList;
using haproxy::FileUse;
using haproxy::PatternEntry;
namespace command = haproxy::command;

/// Of a large file, the number of entries is read so many times between its entries.
constexpr int readings_between = 5;

/// The backends that are wanted, and that come with a reload.
std::set<std::string_view> backends_to_come(const haproxy::Config& started,
                                            const haproxy::Config& wanted) {
    std::set<std::string_view> names;
    for (const haproxy::Section& section : wanted.sections()) {
        if (section.has_servers() && started.find_backend(section.name) == nullptr)
            names.insert(section.name);
    }
    return names;
}

/// Some entries by their values, for people: "app (for a.example), and 7 more".
class SomeEntries {
  public:
    void add(const PatternEntry& entry) {
        constexpr std::size_t most_names = 3;
        if (++all_ <= most_names)
            names_.push_back(fmt::format("{} (for {})", base::printable(entry.value, 100),
                                         base::printable(entry.key, 100)));
    }
    [[nodiscard]] std::size_t count() const { return all_; }
    [[nodiscard]] std::string text() const {
        const std::size_t more = all_ - names_.size();
        return fmt::format("{}{}", fmt::join(names_, ", "),
                           more > 0 ? fmt::format(", and {} more", more) : std::string());
    }

  private:
    std::vector<std::string> names_;
    std::size_t all_ = 0;
};

/// What of a file HAProxy can have now.
struct Possible {
    SharedEntries entries;
    SomeEntries to_come; ///< what comes with the reload that brings their backends
};

/// What leads to backends that aren't there yet has to wait: such a key keeps the value that it
/// has.
Possible without_values(const SharedEntries& wanted, const EntryList& running,
                        const std::set<std::string_view>& values) {
    const auto is_too_early = [&](std::string_view value) { return values.contains(value); };
    const auto leads_there = [&](const EntryList::ChunkPtr& chunk) {
        return std::ranges::any_of(chunk->values, is_too_early);
    };
    if (values.empty() || std::ranges::none_of(wanted->chunks(), leads_there))
        return {wanted, {}};
    haproxy::PatternEntries entries;
    SomeEntries to_come;
    for (const PatternEntry& entry : *wanted) {
        if (!is_too_early(entry.value)) {
            entries.push_back(entry);
            continue;
        }
        const auto now = std::find_if(running.begin(), running.end(),
                                      [&](const auto& one) { return one.key == entry.key; });
        if (now != running.end())
            entries.push_back(*now);
        if (now == running.end() || now->value != entry.value)
            to_come.add(entry);
    }
    return {std::make_shared<EntryList>(std::move(entries)), std::move(to_come)};
}

/// Says which entries name backends that there are not, where the map's values are such names.
void add_doubts(const ObjectId& object, const EntryList& entries, const Situation& situation,
                const std::set<std::string>& maps_of_backends, plan::Plan& plan) {
    if (!maps_of_backends.contains(object.scope))
        return;
    std::unordered_set<std::string_view> known;
    for (const haproxy::Section& section : situation.wanted.sections()) {
        if (section.has_servers())
            known.insert(section.name);
    }
    // HAProxy may have read a second file, with backends that nobody knows here.
    const auto is_unknown = [&](std::string_view value) {
        return !value.empty() && !known.contains(value) &&
               !situation.observed.servers.contains(value);
    };
    SomeEntries unknown;
    for (const EntryList::ChunkPtr& chunk : entries.chunks()) {
        if (std::ranges::none_of(chunk->values, is_unknown))
            continue;
        for (const PatternEntry& entry : chunk->entries) {
            if (is_unknown(entry.value))
                unknown.add(entry);
        }
    }
    if (unknown.count() == 0)
        return;
    plan.doubts.push_back(
        {object, fmt::format("it leads to backends that neither HAProxy nor its configuration "
                             "has: {}; such a request goes on to the next rule, or to "
                             "default_backend",
                             unknown.text())});
}

/// Maps or ACLs: HAProxy has the same commands for both.
class PatternsKind final : public Kind {
  public:
    explicit PatternsKind(ObjectId::Kind id)
        : id_(id),
          file_kind_(id == ObjectId::Kind::map ? FileUse::Kind::map : FileUse::Kind::acl) {}

    [[nodiscard]] ObjectId::Kind id() const override { return id_; }

    /// A line that names a file needs a reload. What is in the file is no line of it.
    void claim(const haproxy::Config&, const haproxy::Config&, Changes&) const override {}

    [[nodiscard]] std::vector<ObjectId> all(const haproxy::Config& /*wanted*/, const Files& files,
                                            const Observed& /*observed*/) const override {
        std::vector<ObjectId> objects;
        for (const auto& [object, file] : files) {
            if (object.kind == id_)
                objects.push_back(object);
        }
        return objects;
    }

    [[nodiscard]] std::vector<haproxy::Command> questions(const Scopes& /*scopes*/) const override {
        return {fmt::format("show {}", to_string(id_))};
    }

    Result<std::vector<haproxy::Command>> take(const Scopes& scopes,
                                               std::span<const std::string> answers,
                                               Observed& observed) const override {
        using Commands = std::vector<haproxy::Command>;
        const auto lists = haproxy::parse_pattern_lists(answers[0]);
        if (!lists)
            return lists.error();
        std::vector<const haproxy::PatternList*> to_read;
        for (const haproxy::PatternList& list : *lists) {
            if (is_to_read(list, scopes, observed.patterns))
                to_read.push_back(&list);
        }
        if (answers.size() - 1 < to_read.size()) {
            Commands commands;
            for (const haproxy::PatternList* const list : to_read) {
                auto line = command::line({"show", std::string(to_string(id_)), list->file});
                if (!line)
                    return line.error();
                commands.emplace_back(std::move(*line));
            }
            return commands;
        }
        std::map<std::string, SharedEntries> read;
        for (std::size_t i = 0; i < to_read.size(); ++i) {
            auto entries = haproxy::parse_pattern_entries(file_kind_, answers[i + 1]);
            if (!entries)
                return entries.error();
            read[to_read[i]->file] = std::make_shared<EntryList>(std::move(*entries));
        }
        note(*lists, read, observed.patterns);
        return Commands();
    }

    [[nodiscard]] bool is_told(const ObjectId& /*object*/) const override { return true; }

    void adopt(const haproxy::Config&, const std::set<ObjectId>&, Observed&) const override {}

    void note_done(const plan::Step& step, Observed& observed) const override {
        const auto found = observed.patterns.running.find(step.object);
        if (found == observed.patterns.running.end())
            return;
        Patterns::File& file = found->second;
        const auto& after = std::get<plan::PatternEffect>(step.effect).after;
        if (!step.transaction) // else its version shows that it is another one
            file.list.entries += after->size() - file.entries->size();
        file.entries = after;
    }

    void add_plan(const Situation& situation, std::span<const ObjectId> objects,
                  plan::Plan& plan) const override {
        const auto to_come = backends_to_come(situation.started, situation.wanted);
        const auto maps = id_ == ObjectId::Kind::map && !objects.empty()
                              ? haproxy::maps_of_backends(situation.wanted)
                              : std::set<std::string>();
        for (const ObjectId& object : objects) {
            const auto file = situation.files.find(object);
            const auto running = situation.observed.patterns.running.find(object);
            if (file == situation.files.end() ||
                running == situation.observed.patterns.running.end())
                continue; // nobody keeps it, or it comes with a reload
            add_doubts(object, *file->second.entries, situation, maps, plan);
            if (running->second.entries == nullptr) {
                plan.next.push_back(object); // it is read, and planned then
                continue;
            }
            const Possible possible =
                without_values(file->second.entries, *running->second.entries, to_come);
            if (possible.to_come.count() > 0)
                plan.obstacles.add(
                    object, {plan::Cause::Kind::needs_section,
                             fmt::format("it leads to a backend that comes with the reload: {}",
                                         possible.to_come.text())});
            plan_patterns(object, running->second, possible.entries, file->second, plan);
        }
    }

  private:
    [[nodiscard]] ObjectId object_of(const haproxy::PatternList& list) const {
        return {id_, list.file, {}};
    }

    [[nodiscard]] bool is_to_read(const haproxy::PatternList& list, const Scopes& scopes,
                                  const Patterns& patterns) const {
        const ObjectId object = object_of(list);
        if (!patterns.watched.contains(object) || (!scopes.empty() && !scopes.contains(list.file)))
            return false;
        const auto known = patterns.running.find(object);
        return known == patterns.running.end() || known->second.entries == nullptr ||
               known->second.list != list || list.entries <= small_pattern_file ||
               known->second.readings >= readings_between;
    }

    void note(const std::vector<haproxy::PatternList>& lists,
              const std::map<std::string, SharedEntries>& read, Patterns& patterns) const {
        std::set<ObjectId> there;
        for (const haproxy::PatternList& list : lists) {
            Patterns::File& file = patterns.running[*there.insert(object_of(list)).first];
            const auto entries = read.find(list.file);
            ++file.readings;
            if (entries != read.end()) {
                file.entries = entries->second;
                file.readings = 0;
            } else if (file.list != list) { // it wasn't asked for
                file.entries = nullptr;
            }
            file.list = list;
        }
        std::erase_if(patterns.running, [&](const auto& each) {
            return each.first.kind == id_ && !there.contains(each.first);
        });
    }

    ObjectId::Kind id_;
    FileUse::Kind file_kind_;
};

} // namespace

const Kind& maps() {
    static const PatternsKind kind(ObjectId::Kind::map);
    return kind;
}

const Kind& acls() {
    static const PatternsKind kind(ObjectId::Kind::acl);
    return kind;
}

} // namespace hitless::live
