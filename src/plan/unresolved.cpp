#include "hitless/plan/unresolved.hpp"

#include "hitless/haproxy/server.hpp"
#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace hitless::plan {
namespace {

using haproxy::Address;
using haproxy::Config;

/// The server as its line says it; nullopt where it has no line, or one without that name.
std::optional<haproxy::Server> find_named(const Config& config, const ServerId& id,
                                          const std::string& name) {
    const haproxy::Section* const section = config.find_backend(id.backend);
    const haproxy::ServerLine* const line =
        section == nullptr ? nullptr : section->find_server(id.server);
    if (line == nullptr)
        return std::nullopt;
    auto server = haproxy::BackendServers(config, *section).get(*line);
    if (!server || server->address.kind != Address::Kind::name || server->address.host != name)
        return std::nullopt;
    return std::move(*server);
}

/// A part of the text that another one takes the place of.
struct Edit {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text;
};

std::size_t offset_in(std::string_view all, std::string_view part) {
    return static_cast<std::size_t>(part.data() - all.data());
}

Edit cut(std::string_view all, std::string_view line) {
    const std::size_t at = offset_in(all, line);
    const std::size_t begin = at == 0 ? 0 : all.rfind('\n', at - 1) + 1; // npos + 1 is 0
    return {begin, std::min(all.find('\n', at), all.size() - 1) + 1, {}};
}

Edit edit_line(const Config& config, const haproxy::Server& server, std::string_view line,
               const std::string& host) {
    constexpr std::size_t place_of_address = 2; // behind "server" and its name
    const auto words = haproxy::parse_words(line);
    if (host.empty() || server.options.has("resolvers") || !words ||
        words->size() <= place_of_address)
        return cut(config.text(), line);
    const std::string_view written = (*words)[place_of_address].written;
    Address address;
    address.host = host;
    address.port = server.address.port;
    const std::size_t begin = offset_in(config.text(), written);
    return {begin, begin + written.size(), to_string(address)};
}

} // namespace

bool has_name(const Config& config, const ServerId& server, const std::string& name) {
    return find_named(config, server, name).has_value();
}

Config without_names(const Config& config, const UnresolvedServers& servers) {
    std::vector<Edit> edits;
    for (const auto& [id, unresolved] : servers) {
        if (const auto server = find_named(config, id, unresolved.name))
            edits.push_back(edit_line(config, *server,
                                      config.find_server(id.backend, id.server)->text,
                                      unresolved.address));
    }
    if (edits.empty())
        return config;
    std::ranges::sort(edits, {}, &Edit::begin);
    std::string text;
    std::size_t copied = 0;
    for (const Edit& edit : edits) {
        text.append(config.text(), copied, edit.begin - copied);
        text += edit.text;
        copied = edit.end;
    }
    text.append(config.text(), copied);
    auto made = Config::parse(std::move(text), config);
    return made ? *made : config;
}

std::string running_address(const haproxy::Running& running, const ServerId& server) {
    const haproxy::RunningServer* found =
        haproxy::find_server(running, server.backend, server.server);
    if (found == nullptr)
        found = haproxy::find_spare_of(running, server.backend, server.server);
    if (found == nullptr || found->leaving)
        return {};
    Address spelt; // with brackets where it is an IPv6 address
    spelt.host = found->address;
    const auto address = haproxy::parse_address(to_string(spelt));
    return address && address->kind == Address::Kind::ip ? address->host : std::string();
}

} // namespace hitless::plan
