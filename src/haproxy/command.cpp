#include "hitless/haproxy/command.hpp"

#include "hitless/base/text.hpp"

namespace hitless::haproxy::command {

Result<std::string> line(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (word.empty() || word.find('\t') != std::string::npos || base::has_control(word))
            return fail("'{}' can't be part of a runtime command", base::printable(word, 80));
        if (!text.empty())
            text += ' ';
        for (const char c : word) {
            if (c == ' ' || c == ';' || c == '\\')
                text += '\\';
            text += c;
        }
    }
    return text;
}

Result<std::string> add_server(std::string_view backend, const Server& server,
                               const Address& address) {
    std::vector<std::string> words = {"add", "server", fmt::format("{}/{}", backend, server.name),
                                      to_string(address)};
    for (const ServerOption& option : server.options.all()) {
        const auto* const keyword = find_server_keyword(option.keyword);
        if (keyword != nullptr && keyword->start_only)
            continue;
        words.push_back(option.keyword);
        words.insert(words.end(), option.arguments.begin(), option.arguments.end());
    }
    if (server.weight != 1) {
        words.emplace_back("weight");
        words.push_back(std::to_string(server.weight));
    }
    return line(words);
}

std::string del_server(std::string_view backend, std::string_view server) {
    return fmt::format("del server {}/{}", backend, server);
}

std::string enable_health(std::string_view backend, std::string_view server) {
    return fmt::format("enable health {}/{}", backend, server);
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

std::string set_address(std::string_view backend, std::string_view server, const Address& address) {
    return fmt::format("set server {}/{} addr {} port {}", backend, server, address.host,
                       address.port);
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
        success = has("changed from") || has("no need to change");
    if (success)
        return std::nullopt;
    return answer.empty() ? "no answer" : base::printable(answer);
}

} // namespace hitless::haproxy::command
