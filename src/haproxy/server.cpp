#include "hitless/haproxy/server.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <span>

namespace hitless::haproxy {
namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == ':' || c == '_' || c == '-';
}

std::vector<std::string> texts(std::span<const Word> words) {
    std::vector<std::string> found;
    found.reserve(words.size());
    for (const Word& word : words)
        found.push_back(word.text);
    return found;
}

bool any_environment(std::span<const Word> words) {
    return std::ranges::any_of(words, &Word::environment);
}

Result<void> check_name(std::string_view name) {
    if (name.size() > max_server_name)
        return fail("the server's name has {} characters, {} at most are taken", name.size(),
                    max_server_name);
    if (name.empty())
        return Error{"the server's name is empty"};
    if (!is_name(name))
        return fail("'{}' is not a server's name: it may have letters, digits and . : _ - only",
                    base::printable(name, 60));
    return {};
}

/// Moves weight and disabled from the options to their own members, where their values are known.
Result<void> lift_state(Server& server) {
    if (server.environment)
        return {};
    if (server.options.has("weight")) {
        const std::string_view text = server.options.argument("weight");
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), server.weight);
        if (error != std::errc{} || end != text.data() + text.size() || server.weight < 0 ||
            server.weight > 256)
            return fail("weight '{}' is not a number from 0 to 256", base::printable(text, 40));
    }
    server.disabled = server.options.has("disabled");
    for (const std::string_view keyword : {"weight", "disabled"})
        server.options.erase(keyword);
    return {};
}

/// What HAProxy ignores in a `default-server` line, with an alert (the field `default_ok` of its
/// keywords), or leaves out when it copies one (srv_settings_cpy, all versions from 2.4 to 3.4).
constexpr std::array<std::string_view, 8> not_inherited = {
    "id", "guid", "no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13", "check-proto"};

/// Without a port, an address or a word of its own a check speaks TLS and the PROXY protocol where
/// the server does (init_srv_check). `add server` has to be told.
void inherit_check_transport(ServerOptions& options) {
    const auto say = [&](std::string_view keyword) {
        const std::array<std::string, 1> words = {std::string(keyword)};
        if (!options.has(keyword))
            (void)options.merge(words); // can't fail: it has no argument
    };
    constexpr std::array<std::string_view, 5> proxy = {"send-proxy", "send-proxy-v2",
                                                       "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn",
                                                       "proxy-v2-options"};
    if (options.has("check") && !options.has("port") && !options.has("addr")) {
        if (options.has("ssl") && !options.has("no-check-ssl"))
            say("check-ssl");
        if (std::ranges::any_of(proxy, [&](std::string_view word) { return options.has(word); }))
            say("check-send-proxy");
    }
    options.erase("no-check-ssl");
}

} // namespace

BackendServers::BackendServers(const Config& config, const Section& backend) {
    const auto lineage = config.lineage(backend);
    for (auto section = lineage.rbegin(); section != lineage.rend(); ++section)
        merge(**section, *section == &backend ? 0 : backend.number);
}

/// `number_of_inherited`: 0, or the line at which what the section says is taken over.
void BackendServers::merge(const Section& section, int number_of_inherited) {
    for (const Line& line : section.settings) {
        if (first_word(line.text) != "default-server")
            continue;
        Stage stage = stages_.empty() ? Stage{} : stages_.back();
        stage.line_number = number_of_inherited != 0 ? number_of_inherited : line.number;
        const auto words = parse_words(line.text);
        if (!words) {
            stage.error = fmt::format("line {}: {}", line.number, words.error().message);
        } else {
            const auto options = std::span(*words).subspan(1);
            stage.environment = stage.environment || any_environment(options);
            if (auto merged = stage.options.merge(texts(options)); !merged)
                stage.error = fmt::format("line {}: {}", line.number, merged.error().message);
            for (const std::string_view keyword : not_inherited)
                stage.options.erase(keyword);
        }
        stages_.push_back(std::move(stage));
    }
}

Result<Server> BackendServers::get(const ServerLine& line) const {
    const auto words = parse_words(line.text);
    if (!words)
        return words.error();
    if (words->size() < 2)
        return Error{"the server has no name; write 'server NAME ADDRESS:PORT'"};
    if (words->size() > most_words)
        return fail("the line has {} words, HAProxy takes {}", words->size(), most_words);
    Server server;
    server.name = (*words)[1].text;
    if (auto named = check_name(server.name); !named)
        return named.error();
    if (words->size() < 3)
        return Error{"the server has no address; write 'server NAME ADDRESS:PORT'"};
    auto address = parse_address((*words)[2].text);
    if (!address)
        return address.error();
    server.address = std::move(*address);
    server.environment =
        any_environment(*words) || server.address.text.find('$') != std::string::npos;
    const auto after = std::ranges::upper_bound(stages_, line.number, {}, &Stage::line_number);
    if (after != stages_.begin()) {
        const Stage& stage = *std::prev(after);
        if (!stage.error.empty())
            return Error{stage.error};
        server.options = stage.options;
        server.environment = server.environment || stage.environment;
    }
    if (auto merged = server.options.merge(texts(std::span(*words).subspan(3))); !merged)
        return merged.error();
    if (auto lifted = lift_state(server); !lifted)
        return lifted.error();
    inherit_check_transport(server.options);
    return server;
}

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_name_character);
}

Result<Server> effective_server(const Config& config, const Section& backend,
                                const ServerLine& line) {
    return BackendServers(config, backend).get(line);
}

bool same_at_runtime(const ServerOptions& a, const ServerOptions& b) {
    const auto counts = [](const ServerOption& option) {
        const auto* const keyword = find_server_keyword(option.keyword);
        return keyword == nullptr || !keyword->start_only;
    };
    const auto within = [&](const ServerOptions& some, const ServerOptions& others) {
        return std::ranges::all_of(some.all(), [&](const ServerOption& option) {
            const auto* const other = others.find(option.keyword);
            return !counts(option) || (other != nullptr && *other == option);
        });
    };
    return within(a, b) && within(b, a);
}

Limits limits_of(const ServerOptions& options) {
    const auto number = [&](std::string_view keyword) {
        const std::string_view text = options.argument(keyword);
        long value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    Limits limits{number("minconn"), number("maxconn")};
    if (limits.minconn > limits.maxconn)
        limits.maxconn = limits.minconn;
    else if (limits.minconn == 0)
        limits.minconn = limits.maxconn;
    return limits;
}

std::vector<std::string> unknown_options(const Server& server) {
    std::vector<std::string> unknown;
    for (const ServerOption& option : server.options.all()) {
        if (!is_server_keyword(option.keyword))
            unknown.push_back(option.keyword);
    }
    return unknown;
}

} // namespace hitless::haproxy
