#include "confd/pair_lists.hpp"

#include <algorithm>

namespace hitless::confd {

List PairLists::matching(const std::string& pattern) {
    if (patterns_.size() >= most_patterns_ && !patterns_.contains(pattern))
        forget_unused();
    const auto [place, is_new] = patterns_.try_emplace(pattern);
    Pairs& pairs = place->second;
    if (is_new)
        repack(pairs);
    pairs.is_used = true;
    if (pairs.revision != tree_->revision())
        update(pattern, pairs);
    List list;
    list.type = list_type::found_pairs;
    list.prints = pairs.prints;
    list.reserve(pairs.found.size());
    for (const KeyPair* const pair : pairs.found)
        list.emplace_back(Value::ObjectPtr(pairs.pool, pair));
    return list;
}

void PairLists::update(const std::string& pattern, Pairs& pairs) {
    const auto changed = tree_->changed_since(pairs.revision);
    // Finding one costs about as much as taking a few dozen over.
    if (changed && changed->size() < 16 + pairs.found.size() / 32) {
        for (const std::string& key : *changed) {
            if (keys::matches(pattern, key))
                find_changed(key, pairs);
        }
    } else {
        find_all(pattern, pairs);
    }
    pairs.revision = tree_->revision();
    if (pairs.pool->size() > 2 * pairs.found.size() + 64)
        repack(pairs);
}

/// Takes unchanged ones over.
void PairLists::find_all(const std::string& pattern, Pairs& pairs) {
    const auto entries = tree_->match(pattern);
    std::vector<const KeyPair*> found;
    found.reserve(entries.size());
    auto old = pairs.found.begin();
    for (const auto& entry : entries) {
        while (old != pairs.found.end() && (*old)->key() < entry->first)
            ++old;
        if (old != pairs.found.end() && (*old)->key() == entry->first &&
            (*old)->value() == entry->second)
            found.push_back(*old);
        else
            found.push_back(&pairs.pool->emplace_back(entry->first, entry->second));
    }
    pairs.found = std::move(found);
}

void PairLists::find_changed(const std::string& key, Pairs& pairs) {
    const auto place = std::ranges::lower_bound(pairs.found, key, {}, &KeyPair::key);
    const bool is_known = place != pairs.found.end() && (*place)->key() == key;
    const std::string* const value = tree_->find(key);
    if (value == nullptr) {
        if (is_known)
            pairs.found.erase(place);
        return;
    }
    if (is_known && (*place)->value() == *value)
        return;
    const KeyPair* const pair = &pairs.pool->emplace_back(key, *value);
    if (is_known)
        *place = pair;
    else
        pairs.found.insert(place, pair);
}

/// A new pool, without the pairs that are no longer found.
void PairLists::repack(Pairs& pairs) {
    const auto pool = std::make_shared<Pool>();
    for (const KeyPair*& pair : pairs.found)
        pair = &pool->emplace_back(pair->key(), pair->value());
    pairs.pool = pool;
    pairs.prints = gotemplate::keep_prints(pool);
}

/// Templates may ask for ever new patterns.
void PairLists::forget_unused() {
    std::erase_if(patterns_, [](const auto& item) { return !item.second.is_used; });
    for (auto& [pattern, pairs] : patterns_)
        pairs.is_used = false;
    most_patterns_ = 2 * patterns_.size() + 64;
}

} // namespace hitless::confd
