#include "converge/one_haproxy.hpp"

#include <utility>

// Servers whose lines have host names.
namespace hitless::converge {

using plan::ObjectId;

/// False when the addresses aren't known yet.
bool OneHaproxy::note_addresses(const std::string& name) {
    const auto* const addresses = addresses_(name);
    if (addresses == nullptr)
        names_.erase(name);
    else
        names_.insert_or_assign(name, *addresses);
    return addresses != nullptr;
}

/// Takes those out whose host names haven't been looked up yet; names_changed() queues them again.
/// The others don't wait for that.
void OneHaproxy::set_aside_unresolved(std::vector<Queue::Item>& items) {
    std::vector<ObjectId> objects;
    objects.reserve(items.size());
    for (const Queue::Item& item : items) {
        unresolved_.erase(item.object);
        objects.push_back(item.object);
    }
    Queue::Objects aside;
    live::Scopes in_doubt; // where an address isn't known
    for (const auto& [object, name] : live::with_names(*wanted_, objects)) {
        const bool is_known = names_.contains(name) || note_addresses(name);
        if (!is_known || names_.find(name)->second.empty())
            in_doubt.insert(object.scope);
        if (is_known)
            continue;
        reporter_.put_off(object, PutOff::name, name);
        unresolved_.emplace(object, name);
        aside.insert(object);
    }
    if (in_doubt.empty())
        return;
    // The next reading queues the others again.
    std::erase_if(items, [&](const Queue::Item& item) {
        const live::Kind* const kind = live::find_kind(item.object.kind);
        return aside.contains(item.object) ||
               (in_doubt.contains(item.object.scope) && kind->needs_all_names(item.object));
    });
}

std::vector<ObjectId> OneHaproxy::all_wanted() const {
    return live::all_objects(*wanted_, files_, {});
}

/// Only here does a host name in use get other addresses, and its servers are queued as changed, so
/// that the new address is not taken for a repair.
void OneHaproxy::names_changed(const std::set<std::string>& names) {
    if (names.empty() || !wanted_)
        return;
    std::erase_if(unresolved_, [&](const auto& entry) {
        const bool is_over = names.contains(entry.second);
        if (is_over)
            queue_.add(entry.first, Why::changed);
        return is_over;
    });
    bool is_in_use = false;
    for (const std::string& name : names) {
        if (!names_.contains(name))
            continue;
        (void)note_addresses(name);
        is_in_use = true;
    }
    if (!is_in_use)
        return;
    for (const auto& [object, name] : live::with_names(*wanted_, all_wanted())) {
        if (names.contains(name))
            queue_.add(object, Why::changed);
    }
}

/// The addresses of names in use count until names_changed() brings others.
std::set<std::string> OneHaproxy::compare_all() {
    look_again(Why::compared);
    std::set<std::string> in_use;
    if (wanted_)
        for (const auto& [object, name] : live::with_names(*wanted_, all_wanted()))
            in_use.insert(name);
    std::erase_if(names_, [&](const auto& entry) { return !in_use.contains(entry.first); });
    // They wait again, unless their names are in use no more.
    for (const auto& [object, name] : std::exchange(unresolved_, {}))
        queue_.add(object, Why::changed);
    return in_use;
}

} // namespace hitless::converge
