#include "hitless/plan/server_index.hpp"

#include "hitless/plan/plan.hpp"
#include "hitless/plan/slots.hpp"

#include "plan/template_names.hpp"

namespace hitless::plan {
ServerIndex::Found ServerIndex::find(const ServerId& server) const {
    const haproxy::Section* const section = config_.find_backend(server.backend);
    if (section == nullptr)
        return {};
    constexpr std::size_t few = 16;
    if (lookups_ < few || section->servers.size() < few)
        return {section, section->find_server(server.server)};
    const auto [backend, is_new] = backends_.try_emplace(section);
    Lines& lines = backend->second;
    if (is_new) {
        for (const haproxy::ServerLine& line : section->servers)
            lines.emplace(line.name, &line);
    }
    const auto line = lines.find(server.server);
    return {section, line == lines.end() ? nullptr : line->second};
}

namespace {

/// Adds what a slot is in use for, unless that is among the others; or the slot, if it is in use
/// for nobody.
void push_slot(const haproxy::Section& section, const haproxy::RunningBackend& running,
               const DeclaredNames& declared, const std::string& name,
               const haproxy::RunningServer& slot, std::vector<ServerId>& servers) {
    const std::string& server = slot.serves;
    if (server.empty())
        servers.push_back({std::string(section.name), name});
    else if (!declared.has_line(server) && !running.contains(server))
        servers.push_back({std::string(section.name), server});
}

} // namespace

std::vector<ServerId> every_server(const haproxy::Config& wanted, const haproxy::Running& running) {
    std::vector<ServerId> servers = all_servers(wanted);
    for (const haproxy::Section& section : wanted.sections()) {
        const auto backend = running.find(section.name);
        if (!section.has_servers() || backend == running.end())
            continue;
        const DeclaredNames declared(section);
        for (const auto& [name, server] : backend->second) {
            if (is_slot(name) && !declared.has_line(name))
                push_slot(section, backend->second, declared, name, server, servers);
            else if (!declared.may_make(name))
                servers.push_back({std::string(section.name), name});
        }
    }
    return servers;
}

} // namespace hitless::plan
