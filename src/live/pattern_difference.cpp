#include "live/pattern_difference.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace hitless::live {
namespace {

using haproxy::PatternEntry;
using Entries = std::span<const PatternEntry>;

/// An entry of a key, and how many the key has.
struct Found {
    const PatternEntry* entry = nullptr;
    std::size_t count = 0;
};
using ByKey = std::unordered_map<std::string_view, Found>;

ByKey by_key(Entries entries) {
    ByKey found;
    found.reserve(entries.size());
    for (const PatternEntry& entry : entries) {
        Found& of_key = found[entry.key];
        if (of_key.count++ == 0)
            of_key.entry = &entry;
    }
    return found;
}

/// Takes away what both have at their begin and end: most of it, where one of many has changed.
/// Returns how many these were at the end.
std::size_t trim_common(Entries& before, Entries& after) {
    const std::size_t shorter = std::min(before.size(), after.size());
    std::size_t same = 0;
    while (same < shorter && before[same] == after[same])
        ++same;
    before = before.subspan(same);
    after = after.subspan(same);
    same = 0;
    while (same < shorter && same < before.size() && same < after.size() &&
           before[before.size() - 1 - same] == after[after.size() - 1 - same])
        ++same;
    before = before.first(before.size() - same);
    after = after.first(after.size() - same);
    return same;
}

/// Whether one of these keys is in `entries` more than once.
bool has_doubled(const std::unordered_set<std::string_view>& keys, Entries entries) {
    std::unordered_map<std::string_view, std::size_t> counts;
    return std::ranges::any_of(entries, [&](const PatternEntry& entry) {
        return keys.contains(entry.key) && ++counts[entry.key] > 1;
    });
}

bool has_doubled(const PatternDifference& difference, Entries before, Entries after) {
    std::unordered_set<std::string_view> keys;
    for (const auto* const entries : {&difference.added, &difference.set}) {
        for (const PatternEntry& entry : *entries)
            keys.insert(entry.key);
    }
    for (const std::string& key : difference.gone)
        keys.insert(key);
    return has_doubled(keys, before) || has_doubled(keys, after);
}

/// Whether the keys that stay are in the order of `after`, and those that come behind them.
bool has_order(Entries before, Entries after, const ByKey& old_keys, const ByKey& new_keys) {
    auto next = after.begin();
    for (const PatternEntry& entry : before) {
        if (!new_keys.contains(entry.key))
            continue;
        if (next == after.end() || next->key != entry.key)
            return false;
        ++next;
    }
    return std::none_of(next, after.end(),
                        [&](const PatternEntry& entry) { return old_keys.contains(entry.key); });
}

} // namespace

PatternDifference compare_patterns(Entries before, Entries after) {
    const Entries all_before = before;
    const Entries all_after = after;
    const std::size_t at_end = trim_common(before, after);
    const ByKey old_keys = by_key(before);
    const ByKey new_keys = by_key(after);
    PatternDifference difference;
    for (const PatternEntry& entry : after) {
        const auto old = old_keys.find(entry.key);
        if (old == old_keys.end())
            difference.added.push_back(entry);
        else if (old->second.count > 1 || new_keys.find(entry.key)->second.count > 1)
            difference.is_doubled = true;
        else if (old->second.entry->value != entry.value)
            difference.set.push_back(entry);
    }
    for (const PatternEntry& entry : before) {
        if (!new_keys.contains(entry.key))
            difference.gone.push_back(entry.key);
    }
    // What is added comes behind what both have at their ends.
    difference.keeps_order =
        has_order(before, after, old_keys, new_keys) && (difference.added.empty() || at_end == 0);
    difference.is_doubled = difference.is_doubled || has_doubled(difference, all_before, all_after);
    return difference;
}

std::string in_words(const PatternDifference& difference) {
    constexpr std::size_t most = 3;
    constexpr std::size_t longest = 60;
    std::vector<std::string> texts;
    const auto tell = [&](std::string_view sign, const std::string& text) {
        if (texts.size() < most)
            texts.push_back(fmt::format("{} {}", sign, base::printable(text, longest)));
    };
    for (const PatternEntry& entry : difference.added)
        tell("+", entry.value.empty() ? entry.key : entry.key + " " + entry.value);
    for (const PatternEntry& entry : difference.set)
        tell("=", entry.key + " " + entry.value);
    for (const std::string& key : difference.gone)
        tell("-", key);
    if (texts.empty())
        return difference.is_doubled ? "doubled entries" : "another order";
    if (difference.size() > texts.size())
        texts.push_back(fmt::format("and {} more", difference.size() - texts.size()));
    return fmt::format("{}", fmt::join(texts, ", "));
}

std::string summary_of(const PatternDifference& difference) {
    std::vector<std::string> texts;
    const auto tell = [&](std::size_t count, std::string_view what) {
        if (count > 0)
            texts.push_back(fmt::format("{} {}", count, what));
    };
    tell(difference.added.size(), "added");
    tell(difference.set.size(), "set");
    tell(difference.gone.size(), "gone");
    return texts.empty() ? in_words(difference) : fmt::format("{}", fmt::join(texts, ", "));
}

} // namespace hitless::live
