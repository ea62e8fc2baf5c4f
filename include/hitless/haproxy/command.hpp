#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/server.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Runtime API commands, one line each (management.txt, 9.3 "Unix Socket commands").
namespace hitless::haproxy::command {

/// Words joined into one command line, with blanks, `;`, `\` and `<` in them escaped (a word that
/// begins with or ends in `<<` would announce a payload). A control character is an error, since it
/// could end the line and begin another command; so are an empty word, which ends a command early,
/// and more words than HAProxy takes.
Result<std::string> line(const std::vector<std::string>& words);

/// `add server BACKEND/NAME ADDRESS options…`, with what only means something at start left out.
/// `address` is the server's, with its name resolved; `name` and `weight` stand for the server's
/// own.
Result<std::string> add_server(std::string_view backend, std::string_view name,
                               const Server& server, const Address& address, int weight);
Result<std::string> add_server(std::string_view backend, const Server& server,
                               const Address& address);

[[nodiscard]] std::string del_server(std::string_view backend, std::string_view server);
[[nodiscard]] std::string enable_health(std::string_view backend, std::string_view server);
[[nodiscard]] std::string disable_health(std::string_view backend, std::string_view server);
[[nodiscard]] std::string enable_agent(std::string_view backend, std::string_view server);
/// Ends the sessions that the server has.
[[nodiscard]] std::string shutdown_sessions(std::string_view backend, std::string_view server);
[[nodiscard]] std::string disable_agent(std::string_view backend, std::string_view server);
/// `state` is ready, drain or maint.
[[nodiscard]] std::string set_state(std::string_view backend, std::string_view server,
                                    std::string_view state);
[[nodiscard]] std::string set_weight(std::string_view backend, std::string_view server, int weight);
/// Declares the server up or down until a check says otherwise; `health` is up or down.
[[nodiscard]] std::string set_health(std::string_view backend, std::string_view server,
                                     std::string_view health);
/// The same for its agent.
[[nodiscard]] std::string set_agent(std::string_view backend, std::string_view server,
                                    std::string_view health);
/// Gives the servers that have none the cookies that are made from their addresses.
[[nodiscard]] std::string enable_dynamic_cookie(std::string_view backend);
/// `limit` 0: none.
[[nodiscard]] std::string set_maxconn(std::string_view backend, std::string_view server,
                                      long limit);
/// The port is left alone when `address` has none.
[[nodiscard]] std::string set_address(std::string_view backend, std::string_view server,
                                      const Address& address);
/// For a server with `resolvers`: the name to resolve from now on.
[[nodiscard]] std::string set_fqdn(std::string_view backend, std::string_view server,
                                   std::string_view name);

/// HAProxy begins its messages on this connection with their severity from then on: "[3]: No such
/// server." The answer to this command itself is empty.
inline constexpr std::string_view mark_severity = "set severity-output number";

/// `answer`, or some together, without the severities that mark_severity has brought.
[[nodiscard]] std::string without_severity(std::string_view answer);

/// What HAProxy said against the command, or nullopt when `answer` is one of success. A severity in
/// the answer decides; else what the commands of servers answer, and how HAProxy's refusals of
/// others begin.
[[nodiscard]] std::optional<std::string> refusal(std::string_view command, std::string_view answer);

} // namespace hitless::haproxy::command
