#include "hitless/base/text.hpp"

#include "ctl/commands.hpp"
#include "ctl/kept_file.hpp"
#include "ctl/map_values.hpp"
#include "ctl/patterns.hpp"
#include "ctl/wanted_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <utility>

/// `map`: files and their entries.
namespace hitless::ctl {
namespace {

using haproxy::FileUse;
using haproxy::PatternEntries;
using haproxy::PatternEntry;
using Json = nlohmann::ordered_json;

/// Says what is wrong with the file, beside what HAProxy has of it.
void complain_of_file(const Context& context, const KeptFile& file) {
    const auto complain = [&](std::string_view kind, const std::string& text) {
        context.complain(
            fmt::format("{}: {}", kind, base::printable(about_file(file.path, text), 1'000)));
    };
    for (const std::string& trouble : file.all_troubles())
        complain("trouble", trouble);
    for (const std::string& left_out : file.left_out)
        complain("left out", left_out);
    if (const auto checked =
            file.keeper == Keeper::hitlessd ? being_checked(file.path) : std::nullopt)
        complain("file", *checked);
}

/// Entries that name no backend, where they should.
std::size_t count_to_nowhere(const PatternsOfHaproxy& patterns, const PatternEntries& entries,
                             const MapValues& values) {
    return patterns.kind != FileUse::Kind::map
               ? 0
               : static_cast<std::size_t>(std::ranges::count_if(entries, [&](const auto& entry) {
                     return values.why_it_leads_nowhere(patterns, entry.value).has_value();
                 }));
}

ExitCode list_files(Context& context, Channel& channel, const std::vector<PatternsOfHaproxy>& all) {
    Table table;
    table.columns = {{"file", "FILE"},
                     {"kind", "KIND"},
                     {"entries", "ENTRIES", Column::Kind::number},
                     {"on_disk", "ON DISK"},
                     {"kept_by", "KEPT BY", Column::Kind::text, 1}};
    ExitCode code = done;
    std::vector<KeptFile> kept_files;
    const MapValues values = find_map_values(context, channel);
    for (const PatternsOfHaproxy& patterns : all) {
        const auto running = running_entries(channel, patterns);
        if (!running)
            return context.complain(running.error().message);
        const auto wanted = entries_on_disk(patterns);
        const bool same = wanted && is_same(patterns, *running, *wanted);
        KeptFile& kept = kept_files.emplace_back(find_kept_file(patterns.path));
        if (const auto nowhere = count_to_nowhere(patterns, *running, values); nowhere > 0)
            kept.troubles.push_back(
                fmt::format("{} in HAProxy {} a backend that HAProxy doesn't have; "
                            "`hitlessctl map {}` shows them",
                            counted(static_cast<long long>(nowhere), "entry", "entries"),
                            nowhere == 1 ? "names" : "name", base::printable(patterns.list.file)));
        if (!same || !kept.is_as_wanted())
            code = differs;
        table.rows.push_back({{"file", patterns.list.file},
                              {"kind", word_of(patterns.kind)},
                              {"entries", running->size()},
                              {"on_disk", same     ? "the same"
                                          : wanted ? "differs"
                                                   : wanted.error().message},
                              {"kept_by", kept.kept_by()}});
    }
    const ExitCode printed = context.print(std::move(table));
    for (const KeptFile& kept : kept_files)
        complain_of_file(context, kept);
    return printed == done ? code : printed;
}

/// The one that the name means: as the configuration has it, or the end of its path.
std::optional<PatternsOfHaproxy> choose(const Context& context,
                                        const std::vector<PatternsOfHaproxy>& all,
                                        const std::string& name, ExitCode& code) {
    std::vector<PatternsOfHaproxy> found;
    for (const PatternsOfHaproxy& patterns : all) {
        if (patterns.list.file == name)
            return patterns;
        if (patterns.path == name || patterns.list.file.ends_with("/" + name))
            found.push_back(patterns);
    }
    if (found.size() == 1)
        return found.front();
    std::vector<std::string> names;
    for (const PatternsOfHaproxy& patterns : found.empty() ? all : found)
        names.push_back(base::printable(patterns.list.file));
    code = context.complain(
        found.empty()
            ? fmt::format("HAProxy has no map file and no ACL file {}{}", base::printable(name),
                          names.empty() ? std::string(", nor any other")
                                        : fmt::format("; it has {}", fmt::join(names, ", ")))
            : fmt::format("several files end in {}: {}", base::printable(name),
                          fmt::join(names, ", ")),
        found.empty() ? nothing : usage);
    return std::nullopt;
}

Json value_of(FileUse::Kind kind, const PatternEntry& entry) {
    return kind == FileUse::Kind::map ? Json(entry.value) : Json();
}

/// Adds to rows of entries that HAProxy lacks what they wait for, and to others that they lead to
/// no backend. Tells whether any waits.
bool add_what_is_known(std::vector<Json>& rows, const PatternEntries& wanted,
                       const PatternsOfHaproxy& patterns, const MapValues& values) {
    bool any_waits = false;
    for (Json& row : rows) {
        const bool is_missing = !row["differs"].is_null() && row["differs"] != "only in HAProxy";
        std::string value = row["value"].get<std::string>();
        if (is_missing) {
            const auto entry = std::ranges::find(wanted, row["key"].get_ref<const std::string&>(),
                                                 &PatternEntry::key);
            if (entry != wanted.end())
                value = entry->value;
        }
        const auto waits = is_missing ? values.why_it_waits(value) : std::nullopt;
        any_waits = any_waits || waits;
        const auto nowhere = waits ? std::nullopt : values.why_it_leads_nowhere(patterns, value);
        for (const auto* const said : {&waits, &nowhere}) {
            if (*said)
                row["differs"] =
                    row["differs"].is_null()
                        ? **said
                        : fmt::format("{}; {}", row["differs"].get<std::string>(), **said);
        }
    }
    return any_waits;
}

/// Pairs what HAProxy has with what is on disk: of the same key, in their order.
std::vector<Json> compare(FileUse::Kind kind, const PatternEntries& running,
                          const PatternEntries& wanted) {
    std::map<std::string_view, std::vector<const PatternEntry*>> unmatched;
    for (const PatternEntry& entry : wanted)
        unmatched[entry.key].push_back(&entry);
    for (auto& [key, entries] : unmatched)
        std::ranges::reverse(entries); // the first one is taken from the end
    std::vector<Json> rows;
    for (const PatternEntry& entry : running) {
        Json row = {{"key", entry.key}, {"value", value_of(kind, entry)}, {"differs", Json()}};
        const auto found = unmatched.find(entry.key);
        if (found == unmatched.end() || found->second.empty()) {
            row["differs"] = "only in HAProxy";
        } else {
            if (found->second.back()->value != entry.value)
                row["differs"] = fmt::format("the file has {}", found->second.back()->value);
            found->second.pop_back();
        }
        rows.push_back(std::move(row));
    }
    for (const PatternEntry& entry : wanted) {
        auto& left = unmatched[entry.key];
        if (!left.empty() && std::ranges::find(left, &entry) != left.end())
            rows.push_back({{"key", entry.key},
                            {"value", value_of(kind, entry)},
                            {"differs", "only in the file"}});
    }
    return rows;
}

void tell_why_no_reload(const Context& context, const MapValues& values) {
    context.complain(fmt::format("reload: {}", values.when));
    for (const std::string& trouble : values.troubles)
        context.complain(fmt::format("trouble: {}", base::printable(trouble, 1'000)));
}

ExitCode list_entries(Context& context, Channel& channel, const PatternsOfHaproxy& patterns) {
    const auto running = running_entries(channel, patterns);
    if (!running)
        return context.complain(running.error().message);
    const auto wanted = entries_on_disk(patterns);
    Table table;
    table.columns = {{"key", "KEY"}, {"value", "VALUE"}, {"differs", "DIFFERS"}};
    table.rows = compare(patterns.kind, *running, wanted ? *wanted : *running);
    const bool same = wanted && is_same(patterns, *running, *wanted);
    const MapValues values = find_map_values(context, channel);
    const bool is_map = patterns.kind == FileUse::Kind::map;
    const bool any_waits =
        is_map && add_what_is_known(table.rows, wanted ? *wanted : *running, patterns, values);
    const bool leads_nowhere = count_to_nowhere(patterns, *running, values) > 0;
    const ExitCode printed = context.print(std::move(table));
    if (!wanted)
        return context.complain(wanted.error().message);
    if (any_waits)
        tell_why_no_reload(context, values);
    const KeptFile kept = find_kept_file(patterns.path);
    complain_of_file(context, kept);
    if (printed != done || (same && kept.is_as_wanted() && !leads_nowhere))
        return printed;
    if (same)
        return differs;
    if (kept.keeper == Keeper::none)
        context.complain(fmt::format("{}: no hitlessd keeps this file, so that nobody brings "
                                     "HAProxy to what the file has",
                                     base::printable(patterns.path)));
    if (by_key(*running) == by_key(*wanted))
        context.err << "hitlessctl: the file has the same entries in another order, and of this "
                       "map HAProxy takes the first one that fits\n";
    return differs;
}

} // namespace

ExitCode show_map(Context& context) {
    const auto channel = context.channel();
    if (!channel)
        return failed;
    const auto all = find_patterns(context, *channel);
    if (!all)
        return context.complain(all.error().message, unreachable);
    if (context.operands.empty())
        return list_files(context, *channel, *all);
    ExitCode code = done;
    const auto patterns = choose(context, *all, context.operands[0], code);
    if (!patterns)
        return code;
    return context.operands.size() == 1
               ? list_entries(context, *channel, *patterns)
               : show_map_entry(context, *channel, *patterns, context.operands[1]);
}

} // namespace hitless::ctl
