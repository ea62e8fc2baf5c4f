#include "hitless/plan/unresolved.hpp"

#include "hitless/haproxy/server.hpp"
#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace hitless::plan {
namespace {

using haproxy::Address;
using haproxy::Config;

constexpr std::size_t place_of_address = 2; // behind "server" and its name

/// True when the word is that host, perhaps with "ipv4@" before it and a port behind it.
bool is_of_host(std::string_view word, std::string_view name) {
    const std::size_t at = word.find('@');
    if (at != std::string_view::npos)
        word.remove_prefix(at + 1);
    return word.starts_with(name) && (word.size() == name.size() || word[name.size()] == ':');
}

/// The places of the words of the server's line that are that host.
std::vector<std::size_t> places_of(std::string_view line, std::string_view name) {
    std::vector<std::size_t> places;
    const auto words = haproxy::split_words(line);
    for (std::size_t i = place_of_address; words && i < words->size(); ++i) {
        if (is_of_host((*words)[i], name))
            places.push_back(i);
    }
    return places;
}

std::optional<haproxy::Server> server_of(const Config& config, const ServerId& id) {
    const haproxy::Section* const section = config.find_backend(id.backend);
    const haproxy::ServerLine* const line =
        section == nullptr ? nullptr : section->find_server(id.server);
    auto server = line == nullptr ? Result<haproxy::Server>(Error{"there is none"})
                                  : haproxy::BackendServers(config, *section).get(*line);
    return server ? std::optional(std::move(*server)) : std::nullopt;
}

std::string_view line_of(const Config& config, const ServerId& id) {
    const haproxy::ServerLine* const line = config.find_server(id.backend, id.server);
    return line == nullptr ? std::string_view() : std::string_view(line->text);
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

Edit edit_line(const Config& config, const ServerId& id, const UnresolvedServer& unresolved) {
    const std::string_view line = line_of(config, id);
    const auto words = haproxy::parse_words(line);
    if (unresolved.address.empty() || !words || !takes_address(config, id, unresolved.name))
        return cut(config.text(), line);
    const haproxy::Word& word = (*words)[place_of_address];
    Address address; // with brackets where it is an IPv6 address
    address.host = unresolved.address;
    const std::size_t behind = word.text.find(unresolved.name) + unresolved.name.size();
    const std::size_t begin = offset_in(config.text(), word.written);
    return {begin, begin + word.written.size(), to_string(address) + word.text.substr(behind)};
}

} // namespace

bool has_name(const Config& config, const ServerId& server, const std::string& name) {
    return !places_of(line_of(config, server), name).empty();
}

bool takes_address(const Config& config, const ServerId& id, const std::string& name) {
    const auto server = server_of(config, id);
    return server && !server->options.has("resolvers") &&
           places_of(line_of(config, id), name) == std::vector<std::size_t>{place_of_address};
}

std::string written_address(const Config& config, const ServerId& id) {
    const auto server = server_of(config, id);
    const bool is_ip = server && server->address.kind == Address::Kind::ip;
    return is_ip ? server->address.host : std::string();
}

Config without_names(const Config& config, const UnresolvedServers& servers) {
    std::vector<Edit> edits;
    for (const auto& [id, unresolved] : servers) {
        if (has_name(config, id, unresolved.name))
            edits.push_back(edit_line(config, id, unresolved));
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
    const auto address = haproxy::address_now(*found);
    return address ? address->host : std::string();
}

} // namespace hitless::plan
