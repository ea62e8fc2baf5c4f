#include "hitless/plan/names.hpp"
#include "hitless/plan/slots.hpp"

#include "daemon/proxy_keeper.hpp"

#include <spdlog/spdlog.h>

#include <utility>

// Servers whose lines have host names.
namespace hitless::daemon {
namespace {

confd::Question addresses_of(const std::string& name) {
    return {confd::Question::Kind::addresses, name};
}

} // namespace

/// False when the addresses aren't known yet.
bool ProxyKeeper::note_answer(const std::string& name) {
    const confd::Answer* const answer = lookups_.find(addresses_of(name));
    if (answer == nullptr)
        names_.erase(name);
    else
        names_.insert_or_assign(name, answer->addresses);
    return answer != nullptr;
}

/// Takes those out whose names aren't known yet. They are planned when they are; the others wait
/// for no name.
void ProxyKeeper::set_aside_unresolved(std::vector<plan::ServerChange>& servers) {
    for (const plan::ServerChange& server : servers)
        unresolved_.erase(server);
    Servers aside;
    std::set<std::string> in_doubt; // backends where an address isn't known
    for (const auto& [server, name] : plan::servers_with_names(*wanted_, servers)) {
        const bool is_known = names_.contains(name) || note_answer(name);
        if (!is_known || names_.find(name)->second.empty())
            in_doubt.insert(server.backend);
        if (is_known)
            continue;
        spdlog::debug("{}/{} is planned when the address of {} is known", server.backend,
                      server.server, name);
        unresolved_.emplace(server, name);
        aside.insert(server);
    }
    if (in_doubt.empty())
        return;
    // The server in a slot is recognized by its address: without that, its slot must not be freed.
    std::erase_if(servers, [&](const plan::ServerChange& server) {
        return aside.contains(server) ||
               (plan::is_slot(server.server) && in_doubt.contains(server.backend));
    });
}

/// Servers whose names have other addresses than before are to be planned, and those that have
/// waited for the names. Only here does a name that is in use get other addresses, so that what
/// comes of it is not taken for a repair of HAProxy.
void ProxyKeeper::plan_renamed() {
    const std::set<std::string> names = std::exchange(changed_names_, {});
    if (names.empty() || !wanted_)
        return;
    std::vector<plan::ServerChange> servers;
    std::erase_if(unresolved_, [&](const auto& entry) {
        const bool is_over = names.contains(entry.second);
        if (is_over)
            servers.push_back(entry.first);
        return is_over;
    });
    bool is_in_use = false;
    for (const std::string& name : names) {
        if (!names_.contains(name))
            continue;
        (void)note_answer(name);
        is_in_use = true;
    }
    if (is_in_use) {
        for (auto& [server, name] :
             plan::servers_with_names(*wanted_, plan::all_servers(*wanted_))) {
            if (names.contains(name))
                servers.push_back(std::move(server));
        }
    }
    plan_soon(std::move(servers));
}

/// What is known of names in use counts until other answers come.
void ProxyKeeper::look_names_up_again() {
    if (!wanted_)
        return;
    std::set<confd::Question> in_use;
    for (const auto& [server, name] :
         plan::servers_with_names(*wanted_, plan::all_servers(*wanted_)))
        in_use.insert(addresses_of(name));
    std::erase_if(names_,
                  [&](const auto& entry) { return !in_use.contains(addresses_of(entry.first)); });
    lookups_.keep_only(in_use);
    lookups_.renew();
    // They wait again, unless their names are in use no more.
    std::vector<plan::ServerChange> waiting;
    for (const auto& [server, name] : std::exchange(unresolved_, {}))
        waiting.push_back(server);
    plan_soon(std::move(waiting));
}

} // namespace hitless::daemon
