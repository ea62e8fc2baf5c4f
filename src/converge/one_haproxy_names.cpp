#include "hitless/plan/names.hpp"
#include "hitless/plan/slots.hpp"

#include "converge/one_haproxy.hpp"

#include <utility>

// Servers whose lines have host names.
namespace hitless::converge {

using plan::ServerId;

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
    std::vector<ServerId> servers;
    servers.reserve(items.size());
    for (const Queue::Item& item : items) {
        unresolved_.erase(item.server);
        servers.push_back(item.server);
    }
    Queue::Servers aside;
    std::set<std::string> in_doubt; // backends where an address isn't known
    for (const auto& [server, name] : plan::servers_with_names(*wanted_, servers)) {
        const bool is_known = names_.contains(name) || note_addresses(name);
        if (!is_known || names_.find(name)->second.empty())
            in_doubt.insert(server.backend);
        if (is_known)
            continue;
        reporter_.put_off(server, PutOff::name, name);
        unresolved_.emplace(server, name);
        aside.insert(server);
    }
    if (in_doubt.empty())
        return;
    // Whom a slot serves is found by the address. While one isn't known, no slot of the backend is
    // planned, so that none is freed that is in use. The next reading queues them again.
    std::erase_if(items, [&](const Queue::Item& item) {
        return aside.contains(item.server) ||
               (plan::is_slot(item.server.server) && in_doubt.contains(item.server.backend));
    });
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
    for (const auto& [server, name] :
         plan::servers_with_names(*wanted_, plan::all_servers(*wanted_))) {
        if (names.contains(name))
            queue_.add(server, Why::changed);
    }
}

/// The addresses of names in use count until names_changed() brings others.
std::set<std::string> OneHaproxy::compare_all() {
    look_again(Why::compared);
    std::set<std::string> in_use;
    if (wanted_)
        for (const auto& [server, name] :
             plan::servers_with_names(*wanted_, plan::all_servers(*wanted_)))
            in_use.insert(name);
    std::erase_if(names_, [&](const auto& entry) { return !in_use.contains(entry.first); });
    // They wait again, unless their names are in use no more.
    for (const auto& [server, name] : std::exchange(unresolved_, {}))
        queue_.add(server, Why::changed);
    return in_use;
}

} // namespace hitless::converge
