#include "hitless/plan/difference.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/conditions.hpp"
#include "hitless/haproxy/words.hpp"
#include "hitless/plan/slots.hpp"

#include "plan/common_items.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace hitless::plan {
namespace {

using haproxy::Line;
using haproxy::Section;
using haproxy::ServerLine;

/// The servers of a section.
struct Servers {
    const haproxy::Config& config;
    const Section& section;
    std::span<const ServerLine> lines; ///< those that are looked at
};

std::string title(const Section& section) {
    return plan::title(section.kind, section.name);
}

LineChange change_of(const Section& section, LineChange::Kind kind, std::string_view text = {}) {
    return {std::string(section.kind), std::string(section.name), kind, std::string(text)};
}

/// What two texts have in common at both ends: lines of theirs that lie there are known to be the
/// same without a look at them.
class CommonText {
  public:
    CommonText(std::string_view before, std::string_view after)
        : before_(before),
          after_(after),
          prefix_(base::common_prefix(before, after)),
          suffix_(base::common_suffix(before, after)) {}

    [[nodiscard]] bool has(std::string_view a, std::string_view b) const {
        if (a.size() != b.size())
            return false;
        const auto [start, rest] = place(before_, a);
        const auto [other_start, other_rest] = place(after_, b);
        return (start == other_start && start + a.size() <= prefix_) ||
               (rest == other_rest && rest + a.size() <= suffix_);
    }

  private:
    /// How far a line is from both ends.
    static std::pair<std::size_t, std::size_t> place(std::string_view text, std::string_view line) {
        const auto start = static_cast<std::size_t>(line.data() - text.data());
        return {start, text.size() - start - line.size()};
    }

    std::string_view before_;
    std::string_view after_;
    std::size_t prefix_;
    std::size_t suffix_;
};

/// True when the lines are the same, by their text or by what they mean to HAProxy.
bool same_line(std::string_view a, std::string_view b, Sameness sameness) {
    if (a == b || sameness == Sameness::text)
        return a == b;
    const auto left = haproxy::parse_words(a);
    const auto right = haproxy::parse_words(b);
    const auto is_same = [](const haproxy::Word& one, const haproxy::Word& other) {
        return one.text == other.text && one.environment == other.environment;
    };
    return left && right && std::ranges::equal(*left, *right, is_same);
}

/// Cuts what two lists have in common off both ends.
template <class Item, class Same>
void trim_common(std::span<const Item>& a, std::span<const Item>& b, Same same) {
    while (!a.empty() && !b.empty() && same(a.front(), b.front())) {
        a = a.subspan(1);
        b = b.subspan(1);
    }
    while (!a.empty() && !b.empty() && same(a.back(), b.back())) {
        a = a.first(a.size() - 1);
        b = b.first(b.size() - 1);
    }
}

/// Gives lines that are the same to HAProxy, and no others, the same number.
class Numbers {
  public:
    explicit Numbers(Sameness sameness) : sameness_(sameness) {}

    std::vector<int> of(std::span<const Line> lines) {
        std::vector<int> numbers;
        for (const Line& line : lines) {
            const int next = static_cast<int>(numbers_.size());
            numbers.push_back(numbers_.try_emplace(key(line.text), next).first->second);
        }
        return numbers;
    }

  private:
    /// Two lines have the same key when same_line() is true for them.
    [[nodiscard]] std::string key(std::string_view line) const {
        if (sameness_ == Sameness::text)
            return std::string(line);
        const auto words = haproxy::parse_words(line);
        if (!words)
            return fmt::format("={}", line);
        std::string all;
        for (const haproxy::Word& word : *words)
            all +=
                fmt::format("{}{}:{}", word.environment ? '$' : ' ', word.text.size(), word.text);
        return all;
    }

    Sameness sameness_;
    std::unordered_map<std::string, int> numbers_;
};

/// Names the lines that differ, each removed one before the added ones that stand in its place.
void compare_settings(const Section& before, const Section& after, Sameness sameness,
                      Difference& difference) {
    std::span<const Line> old_lines = before.settings;
    std::span<const Line> new_lines = after.settings;
    trim_common(old_lines, new_lines,
                [&](const Line& a, const Line& b) { return same_line(a.text, b.text, sameness); });
    if (old_lines.empty() && new_lines.empty())
        return;
    Numbers numbers(sameness);
    const auto common = common_items(numbers.of(old_lines), numbers.of(new_lines))
                            .value_or(CommonItems{std::vector<bool>(old_lines.size()),
                                                  std::vector<bool>(new_lines.size())});
    std::size_t added = 0;
    const auto add_up_to_common = [&] {
        for (; added < new_lines.size() && !common.in_second[added]; ++added)
            difference.lines.push_back(
                change_of(after, LineChange::Kind::added, new_lines[added].text));
    };
    for (std::size_t i = 0; i < old_lines.size(); ++i) {
        if (!common.in_first[i]) {
            difference.lines.push_back(
                change_of(after, LineChange::Kind::removed, old_lines[i].text));
            continue;
        }
        add_up_to_common();
        ++added; // the partner of this one
    }
    add_up_to_common();
}

/// Tells after how many `default-server` lines a server stands: those before it are in effect for
/// it.
class DefaultsBefore {
  public:
    explicit DefaultsBefore(const Section& section) {
        for (const Line& line : section.settings) {
            if (haproxy::first_word(line.text) == "default-server")
                numbers_.push_back(line.number);
        }
    }

    [[nodiscard]] std::ptrdiff_t count(const ServerLine& line) const {
        return std::ranges::upper_bound(numbers_, line.number) - numbers_.begin();
    }

  private:
    std::vector<int> numbers_;
};

/// Cuts the servers that are the same off both ends, and tells the others that aren't.
void compare_servers(Servers& before, Servers& after, const CommonText& common, Sameness sameness,
                     Difference& difference) {
    const DefaultsBefore old_defaults(before.section);
    const DefaultsBefore new_defaults(after.section);
    const auto same_server = [&](const ServerLine& a, const ServerLine& b) {
        return (common.has(a.text, b.text) || same_line(a.text, b.text, sameness)) &&
               old_defaults.count(a) == new_defaults.count(b);
    };
    trim_common(before.lines, after.lines, same_server);
    std::unordered_map<std::string_view, const ServerLine*> old_by_name;
    for (const ServerLine& line : before.lines)
        old_by_name.emplace(line.name, &line);
    const auto changed = [&](const ServerLine& line) {
        difference.servers.push_back({std::string(after.section.name), std::string(line.name)});
    };
    for (const ServerLine& line : after.lines) {
        const auto found = old_by_name.find(line.name);
        if (found == old_by_name.end() || !same_server(*found->second, line))
            changed(line);
        if (found != old_by_name.end())
            old_by_name.erase(found);
    }
    for (const ServerLine& line : before.lines) {
        if (old_by_name.contains(line.name))
            changed(line);
    }
}

/// Notes that the servers of a section differ in what only HAProxy can tell.
void note_undecided(const Servers& before, const Servers& after, Difference& difference) {
    auto why = haproxy::undecided_servers(after.config, after.section);
    if (!why)
        why = haproxy::undecided_servers(before.config, before.section);
    if (why)
        difference.lines.push_back(
            change_of(after.section, LineChange::Kind::words,
                      fmt::format("its servers have changed, and {}", *why)));
}

/// The names, in order, of the servers that both have and that `counts` is true for.
template <class Counts>
std::vector<std::string_view> common_names(const Servers& one, const Servers& other,
                                           Counts counts) {
    std::unordered_set<std::string_view> others;
    for (const ServerLine& line : other.lines) {
        if (counts(other, line))
            others.insert(line.name);
    }
    std::vector<std::string_view> names;
    for (const ServerLine& line : one.lines) {
        if (others.contains(line.name) && counts(one, line))
            names.push_back(line.name);
    }
    return names;
}

/// True when those of the servers that `counts` is true for have changed places.
template <class Counts>
bool have_moved(const Servers& before, const Servers& after, Counts counts) {
    return common_names(before, after, counts) != common_names(after, before, counts);
}

/// Notes that servers stand in another order, where that decides over requests.
void compare_order(const Servers& before, const Servers& after, Difference& difference) {
    const auto any = [](const Servers&, const ServerLine& line) {
        return !line.name.starts_with(slot_prefix); // a reload empties those
    };
    if (std::ranges::equal(before.lines, after.lines, {}, &ServerLine::name, &ServerLine::name) ||
        !have_moved(before, after, any))
        return;
    const auto note = [&](std::string_view what) {
        difference.lines.push_back(change_of(after.section, LineChange::Kind::words, what));
    };
    const haproxy::OrderMatters order = haproxy::order_matters(after.config, after.section);
    const haproxy::BackendServers old_servers(before.config, before.section);
    const haproxy::BackendServers new_servers(after.config, after.section);
    const auto has = [&](const Servers& where, const ServerLine& line, std::string_view option) {
        const auto server = (&where == &before ? old_servers : new_servers).get(line);
        return server && server->options.has(option);
    };
    const auto is_numbered = [&](const ServerLine& line) { return has(after, line, "id"); };
    if (order.by_line)
        note("the order of its servers, by which its hash finds them");
    else if (order.first && !std::ranges::all_of(after.section.servers, is_numbered))
        note("the order of its servers, in which 'balance first' asks them");
    else if (order.one_backup &&
             have_moved(before, after, [&](const Servers& where, const ServerLine& line) {
                 return has(where, line, "backup");
             }))
        note("the order of its backup servers, in which they take over");
}

/// A section among the others of its configuration.
struct Placed {
    const Section* section = nullptr;
    std::string title;
    /// "defaults base 2": the defaults section before it, which it takes its settings from unless
    /// it names another.
    std::string defaults;
};

std::vector<Placed> in_their_places(const haproxy::Config& config) {
    std::vector<Placed> sections;
    std::map<std::string, int> seen;
    std::string defaults;
    for (const Section& section : config.sections()) {
        sections.push_back({&section, title(section), defaults});
        if (section.kind == "defaults")
            defaults = fmt::format("{} {}", sections.back().title, ++seen[sections.back().title]);
    }
    return sections;
}

bool takes_defaults(const Section& section) {
    return section.from.empty() && (section.has_servers() || section.kind == "frontend");
}

void compare_origin(const Placed& before, const Placed& after, Difference& difference) {
    const auto note = [&](const std::string& what) {
        difference.lines.push_back(change_of(*after.section, LineChange::Kind::words, what));
    };
    if (before.section->from != after.section->from)
        note(after.section->from.empty() ? fmt::format("- from {}", before.section->from)
                                         : fmt::format("+ from {}", after.section->from));
    else if (takes_defaults(*after.section) && before.defaults != after.defaults)
        note("+ (stands after another defaults section)");
}

} // namespace

Difference compare(const haproxy::Config& before, const haproxy::Config& after, Sameness sameness) {
    Difference difference;
    const CommonText common(before.text(), after.text());
    // The same title may stand twice (global does); then they are compared in order.
    std::multimap<std::string_view, const Placed*> old_sections;
    const auto old_places = in_their_places(before);
    for (const Placed& place : old_places)
        old_sections.emplace(place.title, &place);
    const auto new_places = in_their_places(after);
    for (const Placed& place : new_places) {
        const auto found = old_sections.lower_bound(place.title);
        if (found == old_sections.end() || found->first != place.title) {
            difference.lines.push_back(change_of(*place.section, LineChange::Kind::new_section));
            continue;
        }
        const Placed& old_place = *found->second;
        compare_origin(old_place, place, difference);
        compare_settings(*old_place.section, *place.section, sameness, difference);
        Servers old_servers{before, *old_place.section, old_place.section->servers};
        Servers new_servers{after, *place.section, place.section->servers};
        const std::size_t so_far = difference.servers.size();
        compare_servers(old_servers, new_servers, common, sameness, difference);
        if (difference.servers.size() != so_far)
            note_undecided(old_servers, new_servers, difference);
        compare_order(old_servers, new_servers, difference);
        old_sections.erase(found);
    }
    for (const auto& [name, place] : old_sections)
        difference.lines.push_back(change_of(*place->section, LineChange::Kind::gone_section));
    return difference;
}

std::string title(std::string_view section, std::string_view name) {
    return name.empty() ? std::string(section) : fmt::format("{} {}", section, name);
}

std::string in_words(const LineChange& change) {
    switch (change.kind) {
    case LineChange::Kind::added:
        return "+ " + change.text;
    case LineChange::Kind::removed:
        return "- " + change.text;
    default:
        return change.text;
    }
}

std::vector<ServerId> all_servers(const haproxy::Config& config) {
    std::vector<ServerId> servers;
    for (const Section& section : config.sections()) {
        for (const ServerLine& line : section.servers)
            servers.push_back({std::string(section.name), std::string(line.name)});
    }
    return servers;
}

} // namespace hitless::plan
