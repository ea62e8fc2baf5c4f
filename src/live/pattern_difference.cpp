#include "live/pattern_difference.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace hitless::live {
namespace {

using haproxy::EntryList;
using haproxy::PatternEntry;
/// Some of a list's entries.
using Entries = std::span<const PatternEntry* const>;

/// An entry of a key, and how many the key has.
struct Found {
    const PatternEntry* entry = nullptr;
    std::size_t count = 0;
};
using ByKey = std::unordered_map<std::string_view, Found>;

ByKey by_key(Entries entries) {
    ByKey found;
    found.reserve(entries.size());
    for (const PatternEntry* const entry : entries) {
        Found& of_key = found[entry->key];
        if (of_key.count++ == 0)
            of_key.entry = entry;
    }
    return found;
}

/// Those that are in no common chunk.
std::vector<const PatternEntry*> own_entries(const EntryList& list,
                                             const haproxy::CommonChunks& common) {
    std::vector<const PatternEntry*> own;
    const auto& chunks = list.chunks();
    for (std::size_t i = common.front; i < chunks.size() - common.back; ++i) {
        for (const PatternEntry& entry : chunks[i]->entries)
            own.push_back(&entry);
    }
    return own;
}

std::size_t count_at_end(const EntryList& list, const haproxy::CommonChunks& common) {
    const auto last = std::span(list.chunks()).last(common.back);
    return std::transform_reduce(last.begin(), last.end(), std::size_t{0}, std::plus<>(),
                                 [](const auto& chunk) { return chunk->entries.size(); });
}

/// Takes away what both have at their begin and end: most of it, where one of many has changed.
/// Returns how many these were at the end.
std::size_t trim_common(Entries& before, Entries& after) {
    const std::size_t shorter = std::min(before.size(), after.size());
    std::size_t same = 0;
    while (same < shorter && *before[same] == *after[same])
        ++same;
    before = before.subspan(same);
    after = after.subspan(same);
    same = 0;
    while (same < before.size() && same < after.size() &&
           *before[before.size() - 1 - same] == *after[after.size() - 1 - same])
        ++same;
    before = before.first(before.size() - same);
    after = after.first(after.size() - same);
    return same;
}

/// The keys that differ, by their hashes.
class Keys {
  public:
    explicit Keys(const PatternDifference& difference) {
        for (const auto* const entries : {&difference.added, &difference.set}) {
            for (const PatternEntry& entry : *entries)
                add(entry.key);
        }
        for (const std::string& key : difference.gone)
            add(key);
        std::ranges::sort(hashes_);
    }

    /// Whether one of them is in the list more than once. Two keys with the same hash are taken for
    /// the same first.
    [[nodiscard]] bool has_doubled(const EntryList& list) const {
        std::vector<std::string_view> found;
        for (const auto& chunk : list.chunks()) {
            for (std::size_t i = 0; i < chunk->hashes.size(); ++i) {
                if (may_be_one(chunk->hashes[i]))
                    found.emplace_back(chunk->entries[i].key);
            }
        }
        std::ranges::sort(found);
        return std::ranges::adjacent_find(found) != found.end();
    }

  private:
    void add(std::string_view key) {
        hashes_.push_back(EntryList::hash_of(key));
        ends_ |= end_of(hashes_.back());
    }
    /// Mostly there are few keys, and most other hashes end otherwise.
    [[nodiscard]] bool may_be_one(std::size_t hash) const {
        return (ends_ & end_of(hash)) != 0 && std::ranges::binary_search(hashes_, hash);
    }
    static std::uint64_t end_of(std::size_t hash) { return std::uint64_t{1} << (hash % 64); }

    std::vector<std::size_t> hashes_;
    std::uint64_t ends_ = 0; ///< of the hashes, a bit for each
};

/// Whether the keys that stay are in the order of `after`, and those that come behind them.
bool has_order(Entries before, Entries after, const ByKey& old_keys, const ByKey& new_keys) {
    auto next = after.begin();
    for (const PatternEntry* const entry : before) {
        if (!new_keys.contains(entry->key))
            continue;
        if (next == after.end() || (*next)->key != entry->key)
            return false;
        ++next;
    }
    return std::none_of(next, after.end(),
                        [&](const PatternEntry* entry) { return old_keys.contains(entry->key); });
}

} // namespace

PatternDifference compare_patterns(const EntryList& before, const EntryList& after) {
    const haproxy::CommonChunks common = common_chunks(before, after);
    const auto own_before = own_entries(before, common);
    const auto own_after = own_entries(after, common);
    Entries old_entries = own_before;
    Entries new_entries = own_after;
    const std::size_t at_end = trim_common(old_entries, new_entries);
    const ByKey old_keys = by_key(old_entries);
    const ByKey new_keys = by_key(new_entries);
    PatternDifference difference;
    for (const PatternEntry* const entry : new_entries) {
        const auto old = old_keys.find(entry->key);
        if (old == old_keys.end())
            difference.added.push_back(*entry);
        else if (old->second.count > 1 || new_keys.find(entry->key)->second.count > 1)
            difference.is_doubled = true;
        else if (old->second.entry->value != entry->value)
            difference.set.push_back(*entry);
    }
    for (const PatternEntry* const entry : old_entries) {
        if (!new_keys.contains(entry->key))
            difference.gone.push_back(entry->key);
    }
    // What is added comes behind what both have at their ends.
    difference.keeps_order =
        has_order(old_entries, new_entries, old_keys, new_keys) &&
        (difference.added.empty() || (at_end == 0 && count_at_end(before, common) == 0));
    const Keys keys(difference);
    difference.is_doubled =
        difference.is_doubled || keys.has_doubled(before) || keys.has_doubled(after);
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
