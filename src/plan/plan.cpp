#include "hitless/plan/plan.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"
#include "hitless/plan/names.hpp"
#include "hitless/plan/server_index.hpp"

#include "plan/option_changes.hpp"
#include "plan/planner.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

namespace hitless::plan {

using haproxy::Section;

namespace {

constexpr std::string_view stand_in_suffix = ":next";

} // namespace

Plan make_plan(const Situation& situation, std::span<const ServerId> servers) {
    Planner planner(situation, servers.size());
    std::vector<std::pair<int, const ServerId*>> in_order;
    for (const ServerId& server : servers)
        in_order.emplace_back(planner.line_of(server), &server);
    std::ranges::stable_sort(in_order, {}, &std::pair<int, const ServerId*>::first);
    for (const auto& [line, server] : in_order)
        planner.plan(*server);
    return std::move(planner).result();
}

void add(Plan& all, Plan more) {
    const auto append = [](auto& to, auto& from) {
        to.insert(to.end(), std::make_move_iterator(from.begin()),
                  std::make_move_iterator(from.end()));
    };
    append(all.steps, more.steps);
    append(all.problems, more.problems);
    append(all.next, more.next);
    append(all.waiting, more.waiting);
    append(all.doubts, more.doubts);
    all.obstacles.add(more.obstacles);
    all.differences.merge(more.differences);
}

std::string stand_in_name(std::string_view server) {
    return fmt::format("{}{}", server, stand_in_suffix);
}

std::string_view stood_in_for(std::string_view name) {
    if (!name.ends_with(stand_in_suffix))
        return {};
    return name.substr(0, name.size() - stand_in_suffix.size());
}

std::vector<NamedServer> servers_with_names(const haproxy::Config& wanted,
                                            std::span<const ServerId> servers) {
    const ServerIndex index(wanted, servers.size());
    std::vector<NamedServer> named;
    for (const ServerId& change : servers) {
        const auto found = index.find(change);
        if (found.line == nullptr)
            continue;
        // Options are looked at for the few lines that have a name.
        const auto words = haproxy::split_words(found.line->text);
        if (!words || words->size() < 3)
            continue;
        auto address = haproxy::parse_address((*words)[2]);
        if (!address || address->kind != haproxy::Address::Kind::name)
            continue;
        const auto server = haproxy::effective_server(wanted, *found.section, *found.line);
        if (server && !server->options.has("resolvers")) // else HAProxy resolves it
            named.push_back({change, std::move(address->host)});
    }
    return named;
}

std::vector<std::string> names_to_resolve(const haproxy::Config& wanted,
                                          std::span<const ServerId> servers) {
    std::vector<std::string> names;
    for (NamedServer& server : servers_with_names(wanted, servers))
        names.push_back(std::move(server.name));
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

namespace {

using OptionsPointer = std::shared_ptr<const haproxy::ServerOptions>;

/// Options that no line has: the server is to be replaced.
OptionsPointer unlike_any() {
    haproxy::ServerOptions options;
    const std::array<std::string, 1> words = {std::string(options_not_known)};
    (void)options.merge(words); // can't fail: it has no argument
    return std::make_shared<const haproxy::ServerOptions>(std::move(options));
}

void adopt(haproxy::RunningServer& running, const haproxy::Server& server, OptionsPointer options) {
    running.options = std::move(options);
    running.address_text = server.address.text;
    running.disabled = server.disabled;
    running.of_file = true;
}

} // namespace

const ManualState* by_hand(const Situation& situation, const std::string& backend,
                           const std::string& server) {
    if (situation.by_hand == nullptr || situation.by_hand->empty())
        return nullptr;
    const auto found = situation.by_hand->find({backend, server});
    return found == situation.by_hand->end() ? nullptr : &found->second;
}

void adopt_options(haproxy::Running& running, const haproxy::Config& config,
                   const std::set<ServerId>& in_doubt) {
    const auto not_known = unlike_any();
    for (const Section& section : config.sections()) {
        const auto found = running.find(section.name);
        if (!section.has_servers() || found == running.end())
            continue;
        auto& servers = found->second;
        for (auto& [name, server] : servers)
            server.options = not_known;
        const haproxy::BackendServers lines(config, section);
        OptionsPointer options; // most servers of a backend have the same, and share them
        for (const haproxy::ServerLine& line : section.servers) {
            const auto server = servers.find(line.name);
            const auto wanted = lines.get(line);
            if (!wanted)
                continue;
            if (!options || *options != wanted->options)
                options = std::make_shared<const haproxy::ServerOptions>(wanted->options);
            const bool doubted =
                in_doubt.contains(ServerId{std::string(section.name), wanted->name});
            // With a stand-in beside it, it is the one that is being replaced.
            const auto stand_in = servers.find(stand_in_name(line.name));
            const bool is_replaced = stand_in != servers.end();
            if (is_replaced)
                adopt(stand_in->second, *wanted, doubted ? not_known : options);
            if (server != servers.end())
                adopt(server->second, *wanted, is_replaced || doubted ? not_known : options);
        }
    }
}

std::string in_words(const Remark& remark) {
    return fmt::format("{}: {}", base::printable(to_string(remark.object)), remark.what);
}

std::vector<std::string> in_words(std::span<const Remark> remarks) {
    std::vector<std::string> texts;
    for (const Remark& remark : remarks)
        texts.push_back(in_words(remark));
    return texts;
}

std::vector<std::string> describe(const Plan& plan) {
    std::vector<std::string> lines;
    for (const Step& step : plan.steps)
        lines.push_back(
            fmt::format("{}: {} {}", to_string(step.object), verb(step.phase), step.detail));
    for (const std::string& reason : in_words(plan.obstacles))
        lines.push_back(fmt::format("reload: {}", reason));
    for (const Remark& problem : plan.problems)
        lines.push_back(fmt::format("problem: {}", in_words(problem)));
    for (const Remark& doubt : plan.doubts)
        lines.push_back(fmt::format("problem: {}", in_words(doubt)));
    for (const Remark& waiting : plan.waiting)
        lines.push_back(fmt::format("waiting: {}", in_words(waiting)));
    for (const Remark& difference : plan.differences)
        lines.push_back(fmt::format("differs from a fresh start: {}", in_words(difference)));
    return lines;
}

} // namespace hitless::plan
