#include "hitless/haproxy/command.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

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

std::string set_address(std::string_view backend, std::string_view server, const Address& address) {
    if (address.port == 0)
        return fmt::format("set server {}/{} addr {}", backend, server, address.host);
    return fmt::format("set server {}/{} addr {} port {}", backend, server, address.host,
                       address.port);
}

std::string set_fqdn(std::string_view backend, std::string_view server, std::string_view name) {
    return fmt::format("set server {}/{} fqdn {}", backend, server, name);
}

std::optional<std::string> refusal(std::string_view command, std::string_view answer) {
    const auto has = [&](std::string_view part) {
        return answer.find(part) != std::string_view::npos;
    };
    bool success = answer.empty();
    if (command.starts_with("add server"))
        success = has("New server registered");
    else if (command.starts_with("del server"))
        success = has("Server deleted");
    else if (command.find(" addr ") != std::string_view::npos)
        // It may take the address and refuse the port, in one sentence.
        success = (has("changed from") || has("no need to change") || has("nothing changed")) &&
                  !has("can't change") && !has("problem converting");
    else if (command.find(" fqdn ") != std::string_view::npos)
        success = has("changed its FQDN");
    if (success)
        return std::nullopt;
    return answer.empty() ? "no answer" : base::printable(answer);
}

} // namespace hitless::haproxy::command
