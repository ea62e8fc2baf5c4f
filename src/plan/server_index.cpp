#include "plan/server_index.hpp"

#include "hitless/haproxy/words.hpp"
#include "hitless/plan/plan.hpp"
#include "hitless/plan/slots.hpp"

#include "plan/template_names.hpp"

#include <algorithm>
#include <unordered_set>

namespace hitless::plan {
namespace {

constexpr std::size_t worth_an_index = 16;

} // namespace

ServerIndex::ServerIndex(const haproxy::Config& config, std::size_t lookups) : config_(config) {
    if (lookups < worth_an_index)
        return;
    indexed_ = true;
    for (const haproxy::Section& section : config.sections()) {
        if (!section.has_servers())
            continue;
        auto& [where, lines] = backends_[section.name];
        where = &section;
        for (const haproxy::ServerLine& line : section.servers)
            lines.emplace(line.name, &line);
    }
}

ServerIndex::Found ServerIndex::find(const ServerChange& change) const {
    if (indexed_) {
        const auto backend = backends_.find(change.backend);
        if (backend == backends_.end())
            return {};
        const auto& [section, lines] = backend->second;
        const auto line = lines.find(change.server);
        return {section, line == lines.end() ? nullptr : line->second};
    }
    const haproxy::Section* const section = config_.find_backend(change.backend);
    if (section == nullptr)
        return {};
    return {section, section->find_server(change.server)};
}

namespace {

using Names = std::unordered_set<std::string_view>;

/// Adds what a slot is in use for, unless that is among the others.
void push_slot(const haproxy::Section& section, const haproxy::RunningBackend& running,
               const Names& lines, const std::string& name, const haproxy::RunningServer& slot,
               std::vector<ServerChange>& servers) {
    const std::string& server = slot.serves;
    if (server.empty() && !slot.in_maintenance())
        servers.push_back({std::string(section.name), name});
    else if (!server.empty() && !lines.contains(server) && !running.contains(server))
        servers.push_back({std::string(section.name), server});
}

} // namespace

std::vector<ServerChange> every_server(const haproxy::Config& wanted,
                                       const haproxy::Running& running) {
    std::vector<ServerChange> servers = all_servers(wanted);
    for (const haproxy::Section& section : wanted.sections()) {
        const auto backend = running.find(section.name);
        if (!section.has_servers() || backend == running.end())
            continue;
        std::unordered_set<std::string_view> lines;
        for (const haproxy::ServerLine& line : section.servers)
            lines.insert(line.name);
        for (const haproxy::Line& line : section.settings) { // within `.if`
            std::string_view rest = line.text;
            if (haproxy::take_word(rest) == "server")
                lines.insert(haproxy::take_word(rest));
        }
        const auto templates = template_names(section);
        for (const auto& item : backend->second) {
            const std::string& name = item.first;
            if (is_slot(name) && !lines.contains(name)) {
                push_slot(section, backend->second, lines, name, item.second, servers);
                continue;
            }
            const bool made = std::ranges::any_of(
                templates, [&](const TemplateNames& names) { return names.contains(name); });
            if (!made && !lines.contains(name))
                servers.push_back({std::string(section.name), name});
        }
    }
    return servers;
}

} // namespace hitless::plan
