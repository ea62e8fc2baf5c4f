#include "hitless/plan/slots.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/conditions.hpp"
#include "hitless/haproxy/words.hpp"

#include "plan/live_change.hpp"
#include "plan/option_changes.hpp"
#include "plan/slot_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

namespace hitless::plan {
namespace {

using haproxy::Config;
using haproxy::Section;
using haproxy::Server;
using haproxy::ServerLine;

constexpr std::string_view comment = "# spare servers: see -slots of hitlessd";

/// Servers of more kinds than this have too little in common for slots.
constexpr std::size_t most_kinds = 16;

/// Servers that could do with the same slot.
struct Kind {
    Server server;
    const ServerLine* last_line = nullptr;
    std::size_t servers = 0;
};

/// `server` with everything taken away that can be set while it runs.
std::optional<Server> kind_of(Server server, bool dynamic_weights) {
    const auto& address = server.address;
    if (server.environment || address.kind == haproxy::Address::Kind::other ||
        (address.kind == haproxy::Address::Kind::name && server.options.has("resolvers")) ||
        server.options.has("id") || server.options.has("guid"))
        return std::nullopt;
    server.name.clear();
    const bool port = address.port != 0;
    server.address = {};
    server.address.port = port ? 1 : 0;
    server.options.erase("maxconn");
    server.disabled = false;
    if (dynamic_weights)
        server.weight = 1;
    return server;
}

/// What most of the backend's servers are, or nullopt.
std::optional<Kind> most_frequent(const Config& config, const Section& section,
                                  bool dynamic_weights) {
    const haproxy::BackendServers servers(config, section);
    std::vector<Kind> kinds;
    for (const ServerLine& line : section.servers) {
        auto server = servers.get(line);
        auto kind = server ? kind_of(std::move(*server), dynamic_weights) : std::nullopt;
        if (!kind)
            continue;
        auto found = std::ranges::find(kinds, *kind, &Kind::server);
        if (found == kinds.end()) {
            if (kinds.size() == most_kinds)
                return std::nullopt;
            found = kinds.insert(found, {std::move(*kind), nullptr, 0});
        }
        found->last_line = &line;
        ++found->servers;
    }
    const auto best = std::ranges::max_element(kinds, {}, &Kind::servers);
    if (best == kinds.end() || 2 * best->servers <= section.servers.size())
        return std::nullopt;
    return std::move(*best);
}

/// Where nothing is known of HAProxy, it counts as the newest version, so that no backend gets
/// slots that only old versions need.
haproxy::Info known(const haproxy::Info& info) {
    if (info.major != 0)
        return info;
    haproxy::Info newest;
    newest.version = "3.4";
    newest.major = 3;
    newest.minor = 4;
    return newest;
}

bool needs_slots(const haproxy::Info& info, const Config& config, const Section& section,
                 const Kind* kind) {
    if (!info.at_least(2, 5) || !haproxy::has_dynamic_weights(config, section))
        return true;
    return kind != nullptr && haproxy::no_dynamic_option(info, kind->server).has_value();
}

/// `number`, doubled until there are as many slots as servers.
int how_many(int number, std::size_t servers) {
    while (static_cast<std::size_t>(number) < servers)
        number *= 2;
    return number;
}

/// The options of a server as they are written in its line, `disabled` last.
std::optional<std::string> options_as_written(const ServerLine& line) {
    const auto words = haproxy::parse_words(line.text);
    if (!words || words->size() + 1 > haproxy::most_words)
        return std::nullopt;
    std::string text;
    for (const haproxy::Word& word : std::span(*words).subspan(3))
        text += fmt::format(" {}", word.written);
    return text + " disabled";
}

/// The blanks before a line; `text` is a part of that line.
std::string_view indentation(const Config& config, std::string_view text) {
    const std::string& all = config.text();
    const auto at = static_cast<std::size_t>(text.data() - all.data());
    const std::size_t begin = at == 0 ? 0 : all.rfind('\n', at - 1) + 1;
    return std::string_view(all).substr(begin, at - begin);
}

/// Text to be put into a configuration after the line that `after` is a part of.
struct Insertion {
    std::string_view after;
    std::string text;
};

Insertion slots_after(const Config& config, std::string_view after, std::string_view options,
                      bool port, int number) {
    std::string_view indent = indentation(config, after);
    if (indent.empty())
        indent = "    ";
    Insertion insertion{after, fmt::format("{}{}\n", indent, comment)};
    for (int i = 1; i <= number; ++i)
        insertion.text += fmt::format("{}server {} 127.0.0.1{}{}\n", indent, slot_name(i),
                                      port ? ":1" : "", options);
    return insertion;
}

/// Where the slots of a backend without servers come: at its end, unless that may be in an `.if`.
std::optional<std::string_view> end_of(const Section& section) {
    const auto directive = [](const haproxy::Line& line) {
        return haproxy::first_word(line.text).starts_with('.');
    };
    if (std::ranges::any_of(section.settings, directive))
        return std::nullopt;
    return section.settings.empty() ? section.kind : section.settings.back().text;
}

std::optional<Insertion> slots_of(const haproxy::Info& info, const Config& config,
                                  const Section& section, int number) {
    if (haproxy::undecided_servers(config, section))
        return std::nullopt;
    const bool dynamic_weights = haproxy::has_dynamic_weights(config, section);
    const auto kind = most_frequent(config, section, dynamic_weights);
    if (!needs_slots(info, config, section, kind ? &*kind : nullptr))
        return std::nullopt;
    number = how_many(number, section.servers.size());
    if (kind) {
        const auto options = options_as_written(*kind->last_line);
        if (!options)
            return std::nullopt;
        return slots_after(config, kind->last_line->text, *options, kind->server.address.port != 0,
                           number);
    }
    const auto end = end_of(section);
    if (!section.servers.empty() || !end)
        return std::nullopt;
    return slots_after(config, *end, " disabled", true, number);
}

std::string with_insertions(const std::string& text, const std::vector<Insertion>& insertions) {
    std::string result;
    std::size_t copied = 0;
    for (const Insertion& insertion : insertions) {
        const auto at = static_cast<std::size_t>(insertion.after.data() - text.data());
        const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
        result.append(text, copied, end - copied);
        if (!result.ends_with('\n'))
            result += '\n';
        result += insertion.text;
        copied = end;
    }
    return result.append(text, copied);
}

} // namespace

std::string slot_name(int number) {
    return fmt::format("{}{}", slot_prefix, number);
}

bool is_slot(std::string_view name) {
    return name.size() > slot_prefix.size() && name.starts_with(slot_prefix) &&
           name.find_first_not_of("0123456789", slot_prefix.size()) == std::string_view::npos;
}

std::string why_reserved(std::string_view name) {
    if (is_slot(name))
        return fmt::format("the name '{}' is reserved for spare servers (-slots of hitlessd), so "
                           "give the server another name",
                           name);
    const std::string_view original = stood_in_for(name);
    if (original.empty())
        return {};
    return fmt::format("the name '{}' is reserved for the server that stands in for '{}' while "
                       "that is replaced, so give the server another name",
                       name, original);
}

Config with_slots(const Config& config, const haproxy::Info& info, int number) {
    if (number <= 0)
        return config;
    const haproxy::Info haproxy = known(info);
    std::vector<Insertion> insertions;
    for (const Section& section : config.sections()) {
        const bool taken = std::ranges::any_of(section.servers, is_slot, &ServerLine::name);
        if (!section.has_servers() || taken)
            continue;
        if (auto insertion = slots_of(haproxy, config, section, number))
            insertions.push_back(std::move(*insertion));
    }
    if (insertions.empty())
        return config;
    auto made = Config::parse(with_insertions(config.text(), insertions));
    return made ? *made : config;
}

Config without_slots(const Config& config) {
    std::string kept;
    std::string_view rest = config.text();
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
        std::string_view words = rest.substr(0, end);
        const bool remark = base::trim(words) == comment;
        if (!remark &&
            (haproxy::take_word(words) != "server" || !is_slot(haproxy::take_word(words))))
            kept += rest.substr(0, end);
        rest.remove_prefix(end);
    }
    auto made = Config::parse(std::move(kept));
    return made ? *made : config;
}

namespace {

/// The slots of one backend that are in use for nobody knows whom, by their addresses.
std::multimap<std::string, haproxy::RunningServer*>
unknown_slots(haproxy::RunningBackend& servers) {
    std::multimap<std::string, haproxy::RunningServer*> found;
    for (auto slot = servers.lower_bound(slot_prefix); slot != servers.end(); ++slot) {
        if (!slot->first.starts_with(slot_prefix))
            break;
        haproxy::RunningServer& server = slot->second;
        if (is_slot(slot->first) && server.serves.empty() && !server.in_maintenance())
            found.emplace(fmt::format("{} {}", server.address, server.port), &server);
    }
    return found;
}

} // namespace

void recognize_slots(haproxy::Running& running, const Config& wanted, const Names& names) {
    for (const Section& section : wanted.sections()) {
        const auto backend = running.find(section.name);
        if (!section.has_servers() || backend == running.end())
            continue;
        auto slots = unknown_slots(backend->second);
        if (slots.empty())
            continue;
        const haproxy::BackendServers servers(wanted, section);
        const SlotBook book(&backend->second);
        for (const ServerLine& line : section.servers) {
            if (backend->second.contains(line.name) || book.serving(line.name) != nullptr)
                continue;
            const auto server = servers.get(line);
            const auto address = server ? resolve(names, *server) : std::nullopt;
            if (!address)
                continue;
            const auto slot = slots.find(fmt::format("{} {}", address->host, address->port));
            if (slot == slots.end())
                continue;
            slot->second->serves = server->name;
            // HAProxy doesn't tell the limit: it was set when the slot was filled.
            if (const auto& options = slot->second->options)
                slot->second->options = std::make_shared<const haproxy::ServerOptions>(
                    with_limits_of(*server, *options));
            slots.erase(slot);
        }
    }
}

void guess_slots(haproxy::Running& running, const Config& wanted) {
    for (const Section& section : wanted.sections()) {
        const auto backend = running.find(section.name);
        if (!section.has_servers() || backend == running.end())
            continue;
        const auto slots = unknown_slots(backend->second);
        if (slots.size() != 1)
            continue;
        const SlotBook book(&backend->second);
        std::vector<std::string_view> nowhere;
        for (const ServerLine& line : section.servers) {
            if (!backend->second.contains(line.name) && book.serving(line.name) == nullptr)
                nowhere.push_back(line.name);
        }
        if (nowhere.size() == 1)
            slots.begin()->second->serves = nowhere.front();
    }
}

} // namespace hitless::plan
