#include "confd/pair_lists.hpp"

#include <algorithm>

namespace hitless::confd {

Value::ListPtr PairLists::matching(const std::string& pattern) {
    if (sources_ != view_->sources()) {
        sources_ = view_->sources();
        patterns_.clear();
    }
    auto place = patterns_.find(pattern);
    if (place == patterns_.end()) {
        auto parsed = keys::Pattern::parse(pattern);
        if (!parsed)
            return nullptr;
        if (patterns_.size() >= most_patterns_)
            forget_unused();
        place = patterns_.try_emplace(pattern).first;
        place->second.pattern = std::move(*parsed);
        repack(place->second);
    }
    Pairs& pairs = place->second;
    pairs.is_used = true;
    if (pairs.list.use_count() > 1 || (pairs.list && pairs.list->is_reordered))
        pairs.list = nullptr;
    if (pairs.revision != view_->tree().revision())
        update(pairs);
    if (view_->hides())
        return make_list(pairs);
    if (!pairs.list)
        pairs.list = make_list(pairs);
    return pairs.list;
}

std::shared_ptr<List> PairLists::make_list(const Pairs& pairs) const {
    auto list = std::make_shared<List>();
    list->type = list_type::found_pairs;
    list->prints = pairs.prints;
    list->reserve(pairs.found.size());
    for (const KeyPair* const pair : pairs.found) {
        if (!view_->is_hidden(pair->key()))
            list->emplace_back(Value::ObjectPtr(pairs.pool, pair));
    }
    return list;
}

gotemplate::Trace PairLists::trace_of(std::string_view key) const {
    return gotemplate::Trace(view_->number(Source::Kind::key, key));
}

void PairLists::update(Pairs& pairs) {
    const auto changed = view_->tree().changed_since(pairs.revision);
    // Finding one costs about as much as taking a few dozen over.
    if (changed && changed->size() < 16 + pairs.found.size() / 32) {
        for (const std::string& key : *changed) {
            if (pairs.pattern.matches(key))
                find_changed(key, pairs);
        }
    } else {
        find_all(pairs);
    }
    pairs.revision = view_->tree().revision();
    if (pairs.pool->size() > 2 * pairs.found.size() + 64)
        repack(pairs);
}

/// Takes unchanged ones over.
void PairLists::find_all(Pairs& pairs) {
    const keys::KeyTree& tree = view_->tree();
    if (pairs.entries.empty() || pairs.entries_revision < tree.keys_revision())
        pairs.entries = tree.match(pairs.pattern);
    pairs.entries_revision = tree.revision();
    std::vector<const KeyPair*> found;
    found.reserve(pairs.entries.size());
    auto old = pairs.found.begin();
    for (const auto& entry : pairs.entries) {
        int order = 1;
        while (old != pairs.found.end() && (order = (*old)->key().compare(entry->first)) < 0)
            ++old;
        const KeyPair* const known = order == 0 ? *old++ : nullptr;
        if (known != nullptr && known->value() == entry->second)
            found.push_back(known);
        else
            found.push_back(&pairs.pool->emplace_back(entry->first, entry->second,
                                                      known != nullptr ? known->trace()
                                                                       : trace_of(entry->first)));
    }
    pairs.found = std::move(found);
    pairs.list = nullptr;
}

void PairLists::find_changed(const std::string& key, Pairs& pairs) {
    const auto place = std::ranges::lower_bound(pairs.found, key, {}, &KeyPair::key);
    const bool is_known = place != pairs.found.end() && (*place)->key() == key;
    const std::string* const value = view_->tree().find(key);
    const auto index = place - pairs.found.begin();
    if (value == nullptr) {
        if (is_known) {
            pairs.found.erase(place);
            if (pairs.list)
                pairs.list->erase(pairs.list->begin() + index);
        }
        return;
    }
    if (is_known && (*place)->value() == *value)
        return;
    const KeyPair* const pair =
        &pairs.pool->emplace_back(key, *value, is_known ? (*place)->trace() : trace_of(key));
    const Value value_of_pair(Value::ObjectPtr(pairs.pool, pair));
    if (is_known) {
        *place = pair;
        if (pairs.list)
            (*pairs.list)[static_cast<std::size_t>(index)] = value_of_pair;
    } else {
        pairs.found.insert(place, pair);
        if (pairs.list)
            pairs.list->insert(pairs.list->begin() + index, value_of_pair);
    }
}

/// A new pool, without the pairs that are no longer found.
void PairLists::repack(Pairs& pairs) {
    const auto pool = std::make_shared<Pool>();
    for (const KeyPair*& pair : pairs.found)
        pair = &pool->emplace_back(pair->key(), pair->value(), pair->trace());
    pairs.list = nullptr;
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
