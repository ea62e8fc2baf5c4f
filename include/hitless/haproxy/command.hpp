#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/certificate.hpp"
#include "hitless/haproxy/pattern_file.hpp"
#include "hitless/haproxy/server.hpp"
#include "hitless/haproxy/uses.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Runtime API commands (management.txt, 9.3 "Unix Socket commands").
namespace hitless::haproxy {

/// How HAProxy answers a command that it has carried out.
struct Success {
    enum class Kind {
        silence, ///< with nothing
        words,   ///< with one of `said` in its answer, and none of `unless`
        any,     ///< with anything that isn't known as a refusal
    };
    using Words = std::array<std::string_view, 3>; ///< empty ones don't count

    Kind kind = Kind::any;
    Words said = {};
    Words unless = {};
};

/// How HAProxy answers commands that begin like `line` when it has carried them out.
[[nodiscard]] Success success_of(std::string_view line);

/// One runtime command: a line, perhaps with a payload, and what counts as its success. Whoever
/// sends it sends to_wire() of it, so that it never becomes two.
struct Command {
    // A line is a command: so they aren't explicit.
    Command(std::string text) : line(std::move(text)), success(success_of(line)) {} // NOLINT
    Command(std::string_view text) : Command(std::string(text)) {}                  // NOLINT
    Command(const char* text) : Command(std::string(text)) {}                       // NOLINT

    /// `payload`: its lines, none of them empty; `line` must end in " <<".
    static Command with_payload(std::string line, std::string payload);

    std::string line; ///< without the line break at its end
    /// Not to be logged: it may hold a private key.
    std::optional<std::string> payload = std::nullopt;
    Success success;

    friend bool operator==(const Command& one, const Command& other) {
        return one.line == other.line && one.payload == other.payload;
    }
};

/// The bytes that say the command to HAProxy, with a line break at their end. An Error where
/// HAProxy would take it for anything else than this one command: the line could be two, it
/// announces a payload and there is none (or the other way), the payload could end early, or the
/// whole is longer than HAProxy's buffer. Nothing goes to a stats socket that hasn't passed here.
Result<std::string> to_wire(const Command& command);

/// The same for commands that stand in one line, with `;` between them. Only the last one can have
/// a payload.
Result<std::string> to_wire(std::span<const Command> commands);

/// The lines of the commands as somebody would type them: "show info;show stat".
[[nodiscard]] std::string in_one_line(std::span<const Command> commands);
/// Without payloads.
[[nodiscard]] std::vector<std::string> lines_of(std::span<const Command> commands);

} // namespace hitless::haproxy

/// Shows the line only.
template <>
struct fmt::formatter<hitless::haproxy::Command> : fmt::formatter<std::string_view> {
    template <class Context>
    auto format(const hitless::haproxy::Command& command, Context& context) const {
        return fmt::formatter<std::string_view>::format(command.line, context);
    }
};

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
/// Of the whole process: not more than it was started for.
[[nodiscard]] std::string set_global_maxconn(long limit);
/// Of the whole process, a second. `what`: "connections", "sessions", "ssl-sessions" or
/// "http-compression" (in kilobytes). `limit` 0: none.
[[nodiscard]] std::string set_rate_limit(std::string_view what, long limit);
/// Of a frontend or listen.
[[nodiscard]] std::string set_frontend_maxconn(std::string_view frontend, long limit);
/// The port is left alone when `address` has none.
[[nodiscard]] std::string set_address(std::string_view backend, std::string_view server,
                                      const Address& address);
/// For a server with `resolvers`: the name to resolve from now on.
[[nodiscard]] std::string set_fqdn(std::string_view backend, std::string_view server,
                                   std::string_view name);

/// A map file or an ACL file, as the configuration names it.
struct PatternFileName {
    FileUse::Kind kind = FileUse::Kind::map; ///< map or acl
    std::string name;
};
/// `version`: "@3", or new_version; empty: the one that counts. An Error where a word of the
/// command line can't say the entry, see line().
Result<std::string> add_entry(const PatternFileName& file, std::string_view version,
                              const PatternEntry& entry);
/// All entries with that key.
Result<std::string> set_entry(const PatternFileName& file, const PatternEntry& entry);
Result<std::string> delete_entry(const PatternFileName& file, std::string_view key);
/// `add map @VERSION FILE <<`, for a payload of map_line()s. No such command is there for ACLs.
Result<std::string> add_map_lines(const PatternFileName& file, std::string_view version);
/// With a line break. An Error where HAProxy would take it for anything else.
Result<std::string> map_line(const PatternEntry& entry);
/// A new version of all entries, which nobody sees until it is committed.
Result<std::string> prepare_entries(const PatternFileName& file);
Result<std::string> commit_entries(const PatternFileName& file, std::string_view version);
/// Drops the version.
Result<std::string> clear_entries(const PatternFileName& file, std::string_view version);

/// Stands for the version that `prepare` will have named.
inline constexpr std::string_view new_version = "@?";
/// The number that the answer to prepare_entries() names.
Result<std::string> prepared_version(std::string_view answer);
/// The command with that version in place of new_version.
[[nodiscard]] Command with_version(Command command, std::string_view version);

/// `set ssl cert FILE <<`: begins to change what HAProxy has of the file, which nobody sees until
/// commit_certificate(). HAProxy takes no second one until then. An Error where HAProxy's buffer is
/// too small for it.
Result<Command> set_certificate(std::string_view file, const Certificate& certificate);
Result<std::string> commit_certificate(std::string_view file);
/// Also where nothing was begun.
Result<Command> abort_certificate(std::string_view file);
Result<std::string> show_certificate(std::string_view file);

/// HAProxy begins its messages on this connection with their severity from then on: "[3]: No such
/// server." The answer to this command itself is empty.
inline constexpr std::string_view mark_severity = "set severity-output number";

/// `answer`, or some together, without the severities that mark_severity has brought.
[[nodiscard]] std::string without_severity(std::string_view answer);

/// What HAProxy said against the command, or nullopt when `answer` is one of success. A severity in
/// the answer decides; else Command::success, and how HAProxy's refusals begin.
[[nodiscard]] std::optional<std::string> refusal(const Command& command, std::string_view answer);

} // namespace hitless::haproxy::command
