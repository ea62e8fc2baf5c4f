#include "hitless/haproxy/server.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <climits>

#include <algorithm>
#include <charconv>
#include <span>

namespace hitless::haproxy {
namespace {

/// Merges the `default-server` lines of a section that stand before `line_number`.
Result<void> merge_defaults(ServerOptions& options, const Section& section, int line_number) {
    for (const Line& line : section.settings) {
        if (line.number > line_number)
            break;
        if (first_word(line.text) != "default-server")
            continue;
        const auto words = split_words(line.text);
        if (!words)
            return fail("line {}: {}", line.number, words.error().message);
        if (auto merged = options.merge(std::span(*words).subspan(1)); !merged)
            return fail("line {}: {}", line.number, merged.error().message);
    }
    return {};
}

Result<void> check_name(std::string_view name) {
    if (name.size() > max_server_name)
        return fail("the server's name has {} characters, {} at most are taken", name.size(),
                    max_server_name);
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == ':' || c == '_' || c == '-';
    };
    const auto bad = std::ranges::find_if_not(name, allowed);
    if (bad != name.end())
        return fail(
            "'{}' is not permitted in a server's name, only letters, digits and . : _ - are",
            base::printable(name.substr(static_cast<std::size_t>(bad - name.begin())), 1));
    return {};
}

/// Moves weight, disabled and enabled from the options to their own members.
Result<void> lift_state(Server& server) {
    if (server.options.has("weight")) {
        const std::string_view text = server.options.argument("weight");
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), server.weight);
        if (error != std::errc{} || end != text.data() + text.size() || server.weight < 0 ||
            server.weight > 256)
            return fail("weight '{}' is not a number from 0 to 256", base::printable(text, 40));
    }
    server.disabled = server.options.has("disabled");
    for (const std::string_view keyword : {"weight", "disabled", "enabled"})
        server.options.erase(keyword);
    return {};
}

} // namespace

Result<Server> effective_server(const Config& config, const Section& backend,
                                const ServerLine& line) {
    const auto words = split_words(line.text);
    if (!words)
        return words.error();
    if (words->size() < 2)
        return Error{"the server has no name; write 'server NAME ADDRESS:PORT'"};
    Server server;
    server.name = (*words)[1];
    if (auto named = check_name(server.name); !named)
        return named.error();
    if (words->size() < 3)
        return Error{"the server has no address; write 'server NAME ADDRESS:PORT'"};
    auto address = parse_address((*words)[2]);
    if (!address)
        return address.error();
    server.address = std::move(*address);
    if (const Section* const defaults = config.defaults_of(backend)) {
        if (auto merged = merge_defaults(server.options, *defaults, INT_MAX); !merged)
            return merged.error();
    }
    if (auto merged = merge_defaults(server.options, backend, line.number); !merged)
        return merged.error();
    if (auto merged = server.options.merge(std::span(*words).subspan(3)); !merged)
        return merged.error();
    if (auto lifted = lift_state(server); !lifted)
        return lifted.error();
    return server;
}

std::vector<std::string> unknown_options(const Server& server) {
    std::vector<std::string> unknown;
    for (const ServerOption& option : server.options.all()) {
        const std::string_view keyword = option.keyword;
        if (find_server_keyword(keyword.substr(0, keyword.find('('))) == nullptr)
            unknown.push_back(option.keyword);
    }
    return unknown;
}

} // namespace hitless::haproxy
