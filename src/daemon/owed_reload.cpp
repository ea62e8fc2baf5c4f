#include "daemon/owed_reload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hitless::daemon {
namespace {

using plan::ServerChange;

/// A reason as a plan has it: "app/web1: WHY" or "app/web1: WHY (and 2 more)".
struct Reason {
    ServerChange server;
    std::string why;
    std::size_t more = 0;
};

Reason read_reason(std::string_view text) {
    Reason reason;
    const std::size_t colon = std::min(text.find(": "), text.size());
    const std::string_view name = text.substr(0, colon);
    const std::size_t slash = std::min(name.find('/'), name.size());
    reason.server.backend = name.substr(0, slash);
    reason.server.server = name.substr(std::min(slash + 1, name.size()));
    std::string_view why = text.substr(std::min(colon + 2, text.size()));
    constexpr std::string_view before = " (and ";
    constexpr std::string_view after = " more)";
    const std::size_t at = why.rfind(before);
    if (at != std::string_view::npos && why.ends_with(after)) {
        const char* const end = why.data() + why.size() - after.size();
        const auto [stop, error] =
            std::from_chars(why.data() + at + before.size(), end, reason.more);
        if (error == std::errc{} && stop == end)
            why = why.substr(0, at);
        else
            reason.more = 0;
    }
    reason.why = why;
    return reason;
}

std::string in_words(const ServerChange& server, std::string_view why, std::size_t more) {
    return fmt::format("{}/{}: {}{}", server.backend, server.server, why,
                       more == 0 ? "" : fmt::format(" (and {} more)", more));
}

} // namespace

OwedReload::Verdict OwedReload::note_plan(std::span<const ServerChange> servers,
                                          const plan::Plan& plan) {
    Verdict verdict;
    take_out(servers);
    if (!refused_.empty()) {
        Servers with_actions;
        for (const plan::Action& action : plan.actions) {
            const std::string_view other = plan::stood_in_for(action.server);
            with_actions.insert({action.backend, action.server});
            if (!other.empty())
                with_actions.insert({action.backend, std::string(other)});
        }
        for (const ServerChange& server : servers) {
            if (!with_actions.contains(server))
                refused_.erase(server);
        }
    }
    for (const std::string& text : plan.reload_reasons)
        add(text, servers, verdict);
    for (const auto& [key, group] : groups_) {
        if (group.named.empty())
            verdict.plan_again.insert(verdict.plan_again.end(), group.others.begin(),
                                      group.others.end());
    }
    return verdict;
}

/// What was said of these servers before is to be said anew.
void OwedReload::take_out(std::span<const ServerChange> servers) {
    for (auto& [key, group] : groups_) {
        for (const ServerChange& server : servers) {
            group.named.erase(server);
            group.others.erase(server);
        }
    }
    std::erase_if(groups_, [](const auto& item) {
        return item.second.named.empty() && item.second.others.empty();
    });
}

void OwedReload::add(std::string_view text, std::span<const ServerChange> servers,
                     Verdict& verdict) {
    const Reason reason = read_reason(text);
    Group group;
    if (is_hopeless(reason.server, reason.why))
        verdict.hopeless.emplace(reason.server, reason.why);
    else
        group.named.insert(reason.server);
    group.more = reason.more;
    // Plans name the first of those that they were made for.
    const auto named = std::ranges::find(servers, reason.server);
    if (reason.more > 0 && named != servers.end()) {
        for (const ServerChange& server : servers.subspan(named + 1 - servers.begin())) {
            if (server.backend == reason.server.backend && !is_hopeless(server, reason.why))
                group.others.insert(server);
        }
    }
    if (group.named.empty() && group.others.empty())
        return;
    Group& known = groups_[{reason.server.backend, reason.why}];
    known.more = group.more;
    known.named.merge(group.named);
    known.others.merge(group.others);
}

bool OwedReload::need(const ServerChange& server, const std::string& reason) {
    if (is_hopeless(server, reason))
        return false;
    refused_.insert_or_assign(server, reason);
    return true;
}

void OwedReload::note_change(const ServerChange& server) {
    refused_.erase(server);
    hopeless_.erase(server);
}

void OwedReload::note_reloaded(const plan::Difference& newer) {
    for (const auto& [key, group] : groups_) {
        for (const Servers* const servers : {&group.named, &group.others}) {
            for (const ServerChange& server : *servers)
                hopeless_[server].insert(key.second);
        }
    }
    for (const auto& [server, reason] : refused_)
        hopeless_[server].insert(reason);
    groups_.clear();
    refused_.clear();
    // Those that came or changed while it was on its way were not part of it.
    for (const ServerChange& server : newer.servers)
        hopeless_.erase(server);
    if (!newer.lines.empty())
        hopeless_.clear();
}

void OwedReload::forget_all() {
    groups_.clear();
    refused_.clear();
    hopeless_.clear();
}

std::vector<std::string> OwedReload::reasons(std::size_t most) const {
    std::vector<std::string> texts;
    for (const auto& [key, group] : groups_) {
        const bool is_named = !group.named.empty();
        const Servers& servers = is_named ? group.named : group.others;
        texts.push_back(in_words(*servers.begin(), key.second,
                                 is_named ? group.named.size() - 1 + group.more : group.more));
    }
    for (const auto& [server, reason] : refused_)
        texts.push_back(in_words(server, reason, 0));
    if (texts.size() > most) {
        const std::size_t left_out = texts.size() - most;
        texts.resize(most);
        texts.push_back(fmt::format("and {} reasons more", left_out));
    }
    return texts;
}

bool OwedReload::is_hopeless(const ServerChange& server, const std::string& reason) const {
    const auto found = hopeless_.find(server);
    return found != hopeless_.end() && found->second.contains(reason);
}

} // namespace hitless::daemon
