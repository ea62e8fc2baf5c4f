#include "hitless/haproxy/command.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace hitless::haproxy::command {

Result<std::string> line(const std::vector<std::string>& words) {
    if (words.size() > most_words)
        return fail("a runtime command has {} words at most, '{}' has {}", most_words,
                    base::printable(fmt::format("{}", fmt::join(words, " ")), 80), words.size());
    std::string text;
    for (const std::string& word : words) {
        if (word.empty() || word.find('\t') != std::string::npos || base::has_control(word))
            return fail("'{}' can't be part of a runtime command", base::printable(word, 80));
        if (!text.empty())
            text += ' ';
        for (const char c : word) {
            if (c == ' ' || c == ';' || c == '\\' || c == '<')
                text += '\\';
            text += c;
        }
    }
    return text;
}

namespace {

/// False for what HAProxy has no use for at runtime: `init-addr`, or `resolvers` where there is no
/// name to resolve.
bool belongs_in_add(const ServerOption& option, const Server& server) {
    const auto* const keyword = find_server_keyword(option.keyword);
    if (keyword == nullptr)
        return true;
    return !keyword->start_only &&
           !(keyword->name == "resolvers" && server.address.kind != Address::Kind::name);
}

} // namespace

Result<std::string> add_server(std::string_view backend, std::string_view name,
                               const Server& server, const Address& address, int weight) {
    std::vector<std::string> words = {"add", "server", fmt::format("{}/{}", backend, name),
                                      to_string(address)};
    for (const ServerOption& option : server.options.all()) {
        if (!belongs_in_add(option, server))
            continue;
        words.push_back(option.keyword);
        words.insert(words.end(), option.arguments.begin(), option.arguments.end());
    }
    if (weight != 1) {
        words.emplace_back("weight");
        words.push_back(std::to_string(weight));
    }
    return line(words);
}

Result<std::string> add_server(std::string_view backend, const Server& server,
                               const Address& address) {
    return add_server(backend, server.name, server, address, server.weight);
}

std::string del_server(std::string_view backend, std::string_view server) {
    return fmt::format("del server {}/{}", backend, server);
}

std::string enable_health(std::string_view backend, std::string_view server) {
    return fmt::format("enable health {}/{}", backend, server);
}

std::string disable_health(std::string_view backend, std::string_view server) {
    return fmt::format("disable health {}/{}", backend, server);
}

std::string disable_agent(std::string_view backend, std::string_view server) {
    return fmt::format("disable agent {}/{}", backend, server);
}

std::string enable_agent(std::string_view backend, std::string_view server) {
    return fmt::format("enable agent {}/{}", backend, server);
}

std::string shutdown_sessions(std::string_view backend, std::string_view server) {
    return fmt::format("shutdown sessions server {}/{}", backend, server);
}

std::string set_state(std::string_view backend, std::string_view server, std::string_view state) {
    return fmt::format("set server {}/{} state {}", backend, server, state);
}

std::string set_weight(std::string_view backend, std::string_view server, int weight) {
    return fmt::format("set server {}/{} weight {}", backend, server, weight);
}

std::string set_health(std::string_view backend, std::string_view server, std::string_view health) {
    return fmt::format("set server {}/{} health {}", backend, server, health);
}

std::string set_agent(std::string_view backend, std::string_view server, std::string_view health) {
    return fmt::format("set server {}/{} agent {}", backend, server, health);
}

std::string enable_dynamic_cookie(std::string_view backend) {
    return fmt::format("enable dynamic-cookie backend {}", backend);
}

std::string set_maxconn(std::string_view backend, std::string_view server, long limit) {
    return fmt::format("set maxconn server {}/{} {}", backend, server, limit);
}

std::string set_global_maxconn(long limit) {
    return fmt::format("set maxconn global {}", limit);
}

std::string set_rate_limit(std::string_view what, long limit) {
    return fmt::format("set rate-limit {} global {}", what, limit);
}

std::string set_frontend_maxconn(std::string_view frontend, long limit) {
    return fmt::format("set maxconn frontend {} {}", frontend, limit);
}

std::string set_address(std::string_view backend, std::string_view server, const Address& address) {
    if (address.port == 0)
        return fmt::format("set server {}/{} addr {}", backend, server, address.host);
    return fmt::format("set server {}/{} addr {} port {}", backend, server, address.host,
                       address.port);
}

std::string set_fqdn(std::string_view backend, std::string_view server, std::string_view name) {
    return fmt::format("set server {}/{} fqdn {}", backend, server, name);
}

namespace {

/// The severity that a message begins with, and what is behind it: "[3]: No such server."
std::optional<std::pair<int, std::string_view>> take_severity(std::string_view line) {
    constexpr std::size_t length = 5; // "[3]: "
    if (line.size() < length || line[0] != '[' || line[1] < '0' || line[1] > '7' ||
        line.substr(2, 3) != "]: ")
        return std::nullopt;
    return std::pair(line[1] - '0', line.substr(length));
}

/// Calls `see` with the severity, or nullopt, and the text of each line. A message begins an
/// answer, and behind each answer is an empty line.
template <class See>
void see_lines(std::string_view answer, See see) {
    bool begins = true;
    for (std::string_view line : base::split(answer, '\n')) {
        std::optional<int> severity;
        const auto marked = begins ? take_severity(line) : std::nullopt;
        if (marked)
            std::tie(severity, line) = *marked;
        see(severity, line);
        begins = line.empty();
    }
}

/// How HAProxy begins what it says against a command, where it tells no severity.
constexpr std::array<std::string_view, 9> against = {
    "Unknown ", "Permission denied", "No such ", "Can't ",   "Missing ",
    "Invalid ", "Malformed ",        "Require",  "Expects ",
};

/// nullopt: the words don't tell.
std::optional<bool> succeeds_in_words(const Success& success, std::string_view answer) {
    if (success.kind != Success::Kind::words)
        return std::nullopt;
    const auto has = [&](std::string_view part) {
        return !part.empty() && answer.find(part) != std::string_view::npos;
    };
    return std::ranges::any_of(success.said, has) && std::ranges::none_of(success.unless, has);
}

/// Where HAProxy tells no severity.
bool is_success(const Success& success, std::string_view answer) {
    if (success.kind == Success::Kind::silence)
        return answer.empty();
    return std::ranges::none_of(against,
                                [&](std::string_view begin) { return answer.starts_with(begin); });
}

} // namespace

std::string without_severity(std::string_view answer) {
    std::string text;
    see_lines(answer, [&](std::optional<int> /*severity*/, std::string_view line) {
        text.append(line).append("\n");
    });
    text.pop_back(); // the last line had no break
    return text;
}

std::optional<std::string> refusal(const Command& command, std::string_view answer) {
    constexpr int error = 3;
    constexpr std::string_view unknown = "Unknown command"; // told as information
    bool is_marked = false;
    bool is_refused = false;
    see_lines(answer, [&](std::optional<int> severity, std::string_view line) {
        is_marked = is_marked || severity;
        is_refused = is_refused || (severity && (*severity <= error || line.starts_with(unknown)));
    });
    const std::string text = is_marked ? without_severity(answer) : std::string(answer);
    const auto in_words = succeeds_in_words(command.success, text);
    const bool succeeds = in_words ? *in_words : is_marked || is_success(command.success, text);
    if (succeeds && !is_refused)
        return std::nullopt;
    return text.empty() ? "no answer" : base::printable(text);
}

} // namespace hitless::haproxy::command
