#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/server.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Runtime API commands, one line each (management.txt, 9.3 "Unix Socket commands").
namespace hitless::haproxy::command {

/// Words joined into one command line, with blanks, `;` and `\` in them escaped. A control
/// character is an error, since it could end the line and begin another command.
Result<std::string> line(const std::vector<std::string>& words);

/// `add server BACKEND/NAME ADDRESS options…`, with what only means something at start left out.
/// `address` is the server's, with its name resolved.
Result<std::string> add_server(std::string_view backend, const Server& server,
                               const Address& address);

[[nodiscard]] std::string del_server(std::string_view backend, std::string_view server);
[[nodiscard]] std::string enable_health(std::string_view backend, std::string_view server);
[[nodiscard]] std::string enable_agent(std::string_view backend, std::string_view server);
/// Ends the sessions that the server has.
[[nodiscard]] std::string shutdown_sessions(std::string_view backend, std::string_view server);
/// `state` is ready, drain or maint.
[[nodiscard]] std::string set_state(std::string_view backend, std::string_view server,
                                    std::string_view state);
[[nodiscard]] std::string set_weight(std::string_view backend, std::string_view server, int weight);
[[nodiscard]] std::string set_address(std::string_view backend, std::string_view server,
                                      const Address& address);

/// What HAProxy said against the command, or nullopt when `answer` is one of success.
[[nodiscard]] std::optional<std::string> refusal(std::string_view command, std::string_view answer);

} // namespace hitless::haproxy::command
