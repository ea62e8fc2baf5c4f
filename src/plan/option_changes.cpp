#include "plan/option_changes.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>
#include <array>

namespace hitless::plan {
namespace {

using haproxy::Address;
using haproxy::RunningServer;
using haproxy::ServerOption;
using haproxy::ServerOptions;

std::string in_words(const ServerOption* option) {
    if (option == nullptr)
        return "none";
    return option->arguments.empty() ? "on" : fmt::format("{}", fmt::join(option->arguments, " "));
}

/// What can be changed in a server that runs, or is compared by itself.
bool is_live(std::string_view keyword) {
    constexpr std::array<std::string_view, 4> live = {"minconn", "maxconn", "check", "agent-check"};
    return std::ranges::find(live, keyword) != live.end();
}

/// `set maxconn server` sets both limits where they are the same, else the upper one
/// (server_parse_maxconn_change_request).
bool can_set_limits(const haproxy::Limits& before, const haproxy::Limits& after) {
    return after.minconn == (before.minconn == before.maxconn ? after.maxconn : before.minconn);
}

void compare_limits(const ServerOptions& before, const ServerOptions& after,
                    OptionChanges& changes) {
    const haproxy::Limits from = haproxy::limits_of(before);
    const haproxy::Limits to = haproxy::limits_of(after);
    if (from == to)
        return;
    changes.maxconn = can_set_limits(from, to);
    for (const std::string_view keyword : {"minconn", "maxconn"}) {
        const ServerOption* const one = before.find(keyword);
        const ServerOption* const other = after.find(keyword);
        if (!changes.maxconn && in_words(one) != in_words(other))
            changes.replace.push_back(
                fmt::format("{} {} → {}", keyword, in_words(one), in_words(other)));
    }
}

bool at_start_only(const ServerOption& option) {
    const auto* const keyword = haproxy::find_server_keyword(option.keyword);
    return keyword != nullptr && keyword->start_only;
}

/// Options that have no effect without another one.
bool has_effect(std::string_view keyword, const ServerOptions& wanted) {
    constexpr std::array<std::string_view, 7> of_checks = {
        "addr", "downinter", "fall", "fastinter", "inter", "port", "rise"};
    if (keyword.starts_with("agent-"))
        return wanted.has("agent-check");
    if (keyword.starts_with("check-") || std::ranges::find(of_checks, keyword) != of_checks.end())
        return wanted.has("check") || wanted.has("observe");
    return true;
}

/// Notes, as "inter 2s → 1s", what is in one of the two only or otherwise in the other.
void note_differences(const ServerOptions& before, const ServerOptions& after,
                      std::vector<std::string>& differences) {
    if (before.has(options_not_known)) {
        differences.emplace_back("nobody knows the options that it was added with");
        return;
    }
    const auto note = [&](const std::string& keyword) {
        differences.push_back(
            base::printable(fmt::format("{} {} → {}", keyword, in_words(before.find(keyword)),
                                        in_words(after.find(keyword))),
                            80));
    };
    const auto counts = [&](const ServerOption& option) {
        return !at_start_only(option) && !is_live(option.keyword) &&
               has_effect(option.keyword, after);
    };
    for (const ServerOption& option : after.all()) {
        const ServerOption* const other = before.find(option.keyword);
        if (counts(option) && (other == nullptr || *other != option))
            note(option.keyword);
    }
    for (const ServerOption& option : before.all()) {
        if (counts(option) && !after.has(option.keyword))
            note(option.keyword);
    }
}

/// The same for the health check and the agent check.
struct Check {
    std::string_view keyword;
    unsigned state = 0;
    bool& on;
    bool& off;
};

void compare_check(const Check& check, const haproxy::Server& wanted, const RunningServer& running,
                   std::vector<std::string>& replace) {
    const bool configured = (check.state & RunningServer::check_configured) != 0;
    const bool enabled = (check.state & RunningServer::check_enabled) != 0;
    if (!wanted.options.has(check.keyword)) {
        check.off = configured && enabled;
        return;
    }
    // A check that was configured before anyone remembers may be another one.
    if (!configured || (running.options && !running.options->has(check.keyword)))
        replace.push_back(fmt::format("{} none → on", check.keyword));
    else
        check.on = !enabled;
}

/// An agent tells a share of the weight that the server began with.
void compare_agent_weight(const haproxy::Server& wanted, const RunningServer& running,
                          std::vector<std::string>& replace) {
    if (wanted.options.has("agent-check") && running.initial_weight != wanted.weight)
        replace.push_back(
            fmt::format("weight {} → {} under an agent", running.initial_weight, wanted.weight));
}

/// What an agent has told stays when it is asked no more; its limit of connections can't be read.
void forget_agent(const haproxy::Server& wanted, OptionChanges& changes) {
    const haproxy::Limits limits = haproxy::limits_of(wanted.options);
    if (limits.minconn == limits.maxconn)
        changes.maxconn = true;
    else
        changes.replace.emplace_back("agent-check on → none, with minconn");
}

bool only_haproxy_can_tell(std::string_view address_text) {
    const auto address = haproxy::parse_address(address_text);
    return address && address->kind == Address::Kind::other;
}

void compare_address(const haproxy::Server& wanted, const RunningServer& running,
                     std::vector<std::string>& replace) {
    const Address& address = wanted.address;
    const std::string& before = running.address_text;
    // HAProxy changes IP addresses to IP addresses, and nothing else.
    const bool other = address.kind == Address::Kind::other;
    if (!before.empty() && before != address.text && (other || only_haproxy_can_tell(before)))
        replace.push_back(fmt::format("address {} → {}", before, address.text));
    else if (before.empty() && address.text.starts_with('/') && running.address != "-")
        replace.push_back(fmt::format("address {} → {}", running.address, address.text));
    // A port can be set but not be taken away again.
    else if (!other && address.port == 0 && running.port != 0 &&
             !(wanted.options.has("resolvers") && address.host.starts_with('_')))
        replace.push_back(fmt::format("port {} → none", running.port));
}

} // namespace

ServerOptions with_limits_of(const haproxy::Server& server, ServerOptions options) {
    for (const std::string_view keyword : {"minconn", "maxconn"}) {
        options.erase(keyword);
        if (const ServerOption* const limit = server.options.find(keyword)) {
            const std::array<std::string, 2> words = {limit->keyword, limit->arguments.front()};
            (void)options.merge(words); // can't fail: the words come from options
        }
    }
    return options;
}

OptionChanges compare_options(const haproxy::Server& wanted, const RunningServer& running) {
    OptionChanges changes;
    compare_address(wanted, running, changes.replace);
    if (running.options && *running.options != wanted.options) {
        note_differences(*running.options, wanted.options, changes.replace);
        if (!wanted.environment)
            compare_limits(*running.options, wanted.options, changes);
    }
    if (wanted.environment)
        return changes;
    compare_agent_weight(wanted, running, changes.replace);
    compare_check({"check", running.check_state, changes.check_on, changes.check_off}, wanted,
                  running, changes.replace);
    compare_check({"agent-check", running.agent_state, changes.agent_on, changes.agent_off}, wanted,
                  running, changes.replace);
    if (changes.agent_off && !wanted.options.has("agent-check"))
        forget_agent(wanted, changes);
    return changes;
}

} // namespace hitless::plan
