#include "ctl/change.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/address.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/server.hpp"
#include "hitless/plan/slots.hpp"

#include "ctl/commands.hpp"
#include "ctl/holds.hpp"
#include "ctl/managed.hpp"
#include "ctl/meant.hpp"
#include "ctl/view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <ostream>
#include <set>
#include <utility>

/// The commands that change servers that are there: ready, drain, maint, weight, maxconn, addr.
namespace hitless::ctl {
namespace {

namespace command = haproxy::command;
using haproxy::RunningServer;
using Json = nlohmann::ordered_json;
using Kind = Column::Kind;
using Held = plan::ManualState::Kind;

/// What shows the effect of a command: "ready, up, weight 5, 10.0.0.1:80".
std::string summary(const RunningServer* server) {
    if (server == nullptr)
        return "gone";
    return fmt::format("{}, weight {}, {}:{}", admin_word(*server), server->weight,
                       base::printable(server->address), server->port);
}

std::string text_of(const plan::ServerId& server) {
    return fmt::format("{}/{}", base::printable(server.backend), base::printable(server.server));
}

/// A number as `set weight` or `set maxconn` takes it.
Result<int> parse_number(const std::string& text, int most, const char* what) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > most)
        return fail("'{}' is no {}: a number from 0 to {}", base::printable(text), what, most);
    return number;
}

/// Sends each server its commands, reads it back and says what it is now.
class Change {
  public:
    using Make = std::function<std::string(const Name& name, const RunningServer& server)>;

    Change(Context& context, std::vector<std::string> patterns, Make make)
        : context_(context), patterns_(std::move(patterns)), make_(std::move(make)) {
        table_.columns = {{"haproxy", "HAPROXY", Kind::text, 3},
                          {"backend", "BACKEND"},
                          {"server", "SERVER"},
                          {"command", "COMMAND", Kind::text, 2},
                          {"before", "BEFORE", Kind::text, 1},
                          {"after", "AFTER"},
                          {"answer", "ANSWER"}};
    }

    /// What -for is to hold of a server.
    using HeldState =
        std::function<plan::ManualState(const Name& name, const RunningServer& server)>;
    Change& holds(HeldState held) {
        held_ = std::move(held);
        return *this;
    }
    /// Sets the weight, a number or as "50%" a part of that in the file, which HAProxy takes for a
    /// part of what it was at the start.
    Change& weighs(const std::string& value) {
        make_ = [this, value](const Name& name, const RunningServer& server) {
            const int weight = weight_of(meant_, value, name, server);
            const bool is_none_meant = value.find_first_not_of("0%") == std::string::npos;
            if (weight == 0 && value.ends_with('%') && !is_none_meant)
                warn_of_no_weight(value, name, server);
            return command::set_weight(name.first, name.second, weight);
        };
        return holds([this, value](const Name& name, const RunningServer& server) {
            return plan::ManualState{Held::weight, weight_of(meant_, value, name, server)};
        });
    }
    /// A spare server (-slots) in maintenance counts as free: nobody could tell any more in whose
    /// place it was. So it only drains.
    Change& takes_out() {
        make_ = [this](const Name& name, const RunningServer&) {
            const bool drains = plan::is_slot(name.second) && meant_.served.contains(name);
            if (drains)
                warn_of_drain(name);
            return command::set_state(name.first, name.second, drains ? "drain" : "maint");
        };
        return holds([](const Name&, const RunningServer&) {
            return plan::ManualState{Held::maint, 0};
        });
    }
    /// Holds of the servers are lifted.
    Change& lifts() {
        lifts_ = true;
        return *this;
    }

    ExitCode run() {
        if (context_.options.hold.count() == 0 && !context_.options.because.empty())
            return context_.complain("-because says why a server is held: give -for, too", usage);
        for (const std::string& pattern : patterns_) {
            if (pattern.find('/') == std::string::npos)
                return context_.complain(
                    fmt::format("name servers as BACKEND/SERVER; all of the backend are '{}/*'",
                                base::printable(pattern)),
                    usage);
        }
        auto channels = context_.channels();
        if (channels.empty())
            return failed;
        ExitCode code = done;
        std::size_t found = 0;
        for (Channel& channel : channels) {
            const auto ran = run(channel);
            if (!ran) {
                code = context_.complain(ran.error().message,
                                         std::exchange(not_noted_, false) ? failed : unreachable);
                continue;
            }
            found += *ran;
        }
        if (channels.size() == 1)
            table_.columns.erase(table_.columns.begin());
        if (found == 0 && code == done)
            return context_.complain(why_nothing(), nothing);
        return finish(code);
    }

  private:
    [[nodiscard]] std::string why_nothing() const {
        const std::string& pattern = patterns_.front();
        const std::size_t slash = pattern.find('/');
        if (meant_.file && meant_.file->config.find_server(pattern.substr(0, slash),
                                                           pattern.substr(slash + 1)) != nullptr)
            return fmt::format("{0} has a line for {1}, but HAProxy has no such server now, nor a "
                               "spare server in its place; `hitlessctl explain {1}` has more",
                               meant_.file->path, base::printable(pattern));
        return fmt::format("no server is named {}", base::printable(pattern));
    }

    /// How many servers the patterns name.
    Result<std::size_t> run(Channel& channel) {
        const auto before = channel.servers();
        if (!before)
            return before.error();
        meant_ = find_meant(context_, channel, *before, patterns_);
        const auto& names = meant_.names;
        std::vector<std::string> commands;
        commands.reserve(names.size());
        for (const Name& name : names)
            commands.push_back(
                make_(name, *haproxy::find_server(*before, name.first, name.second)));
        if (context_.options.dry_run) {
            for (std::size_t i = 0; i < names.size(); ++i)
                context_.out << command_line(names[i], commands[i]) << '\n';
            return names.size();
        }
        if (const auto noted = note_holds(channel, names, *before); !noted) {
            not_noted_ = true;
            return noted.error();
        }
        const auto answers = channel.run(commands);
        if (!answers)
            return answers.error();
        const auto after = channel.servers();
        if (!after)
            return after.error();
        for (std::size_t i = 0; i < names.size(); ++i)
            note(channel, names[i], commands[i], (*answers)[i], *before, *after);
        if (context_.options.hold.count() > 0)
            return forget_refused(channel, names, commands, *answers);
        if (!names.empty())
            remind_of_manager(context_, channel, names.front(), held_ != nullptr);
        return names.size();
    }

    /// A part of a small weight may be none.
    void warn_of_no_weight(const std::string& value, const Name& name,
                           const RunningServer& server) const {
        const int whole = whole_weight(meant_, name, server);
        if (whole > 0)
            context_.complain(fmt::format("{} of weight {} is 0: {} gets no new requests", value,
                                          whole, text_of(wanted_name(meant_, name))));
    }

    void warn_of_drain(const Name& name) const {
        const std::string wanted = text_of(wanted_name(meant_, name));
        context_.complain(
            fmt::format("{0} runs in the spare server {1}, which would count as free in "
                        "maintenance, so that it is drained instead: it gets no new sessions, "
                        "except those that stick to it. `hitlessctl ready {0}` ends that",
                        wanted, name.second));
    }

    /// Before HAProxy is told, since hitlessd may look at any moment.
    Result<void> note_holds(Channel& channel, const std::vector<Name>& names,
                            const haproxy::Running& before) {
        if (names.empty())
            return {};
        if (lifts_)
            return lift(channel, names);
        if (!held_ || context_.options.hold.count() == 0)
            return {};
        std::vector<std::pair<Name, plan::ManualState>> servers;
        for (const Name& name : names)
            servers.emplace_back(
                name, held_(name, *haproxy::find_server(before, name.first, name.second)));
        return hold_servers(context_, meant_, without_held(servers));
    }

    /// Several HAProxies may use one file, beside which a server is held once.
    using HeldServers = std::vector<std::pair<Name, plan::ManualState>>;
    [[nodiscard]] HeldServers without_held(HeldServers servers) {
        if (meant_.file)
            std::erase_if(servers, [&](const auto& server) {
                return !held_by_us_.emplace(meant_.file->path, wanted_name(meant_, server.first))
                            .second;
            });
        return servers;
    }

    Result<void> lift(Channel& channel, const std::vector<Name>& names) {
        const auto lifted = end_holds(channel, meant_, names);
        if (!lifted)
            return lifted.error();
        for (const apply::ManualHold& hold : *lifted)
            context_.complain(fmt::format("the hold of {}/{} is lifted",
                                          base::printable(hold.server.backend),
                                          base::printable(hold.server.server)));
        return {};
    }

    /// What HAProxy has refused is not held.
    Result<std::size_t> forget_refused(Channel& channel, const std::vector<Name>& names,
                                       const std::vector<std::string>& commands,
                                       const std::vector<std::string>& answers) {
        std::vector<Name> refused;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (command::refusal(commands[i], answers[i]))
                refused.push_back(names[i]);
        }
        if (const auto ended = end_holds(channel, meant_, refused); !ended)
            return ended.error();
        return names.size();
    }

    void note(const Channel& channel, const Name& name, const std::string& line,
              const std::string& answer, const haproxy::Running& before,
              const haproxy::Running& after) {
        const auto refused = command::refusal(line, answer);
        refused_ = refused_ || refused;
        Json row;
        row["haproxy"] = channel.target().name();
        row["backend"] = name.first;
        row["server"] = name.second;
        row["command"] = line;
        row["before"] = summary(haproxy::find_server(before, name.first, name.second));
        row["after"] = summary(haproxy::find_server(after, name.first, name.second));
        row["answer"] = refused ? Json(*refused) : Json("done");
        table_.rows.push_back(std::move(row));
    }

    ExitCode finish(ExitCode code) {
        if (context_.options.dry_run || table_.rows.empty())
            return code;
        const ExitCode printed = context_.print(std::move(table_));
        if (code != done || printed != done)
            return std::max(code, printed);
        return refused_ ? failed : done;
    }

    Context& context_;
    std::vector<std::string> patterns_;
    Make make_;
    HeldState held_;
    Meant meant_; ///< at the HAProxy in hand
    bool lifts_ = false;
    std::set<std::pair<std::string, plan::ServerId>> held_by_us_; ///< beside which file
    bool not_noted_ = false;                                      ///< a hold could not be
    Table table_;
    bool refused_ = false;
};

Change set_state(Context& context, const char* state) {
    return {context, context.operands, [state](const Name& name, const RunningServer&) {
                return command::set_state(name.first, name.second, state);
            }};
}

/// The operands but the last, which is the value.
std::vector<std::string> servers_of(const Context& context) {
    return {context.operands.begin(), context.operands.end() - 1};
}

} // namespace

std::vector<Name> named_servers(const haproxy::Running& running,
                                const std::vector<std::string>& patterns) {
    std::vector<Name> names;
    for (const auto& [backend, servers] : running) {
        for (const auto& [server, state] : servers) {
            if (is_named(patterns, backend, server))
                names.emplace_back(backend, server);
        }
    }
    return names;
}

std::string command_line(const Name& server, const std::string& command) {
    const auto& [backend, name] = server;
    if (haproxy::is_name(backend) && haproxy::is_name(name) && !base::has_control(command))
        return command;
    return fmt::format("# left out, since HAProxy has a name that is no name of a server: {}",
                       base::printable(command, 500));
}

std::vector<base::Flag> hold_flags(Options& options) {
    constexpr std::chrono::hours month(24 * 30);
    auto flags = change_flags(options);
    flags.push_back(base::duration_flag(
        "for", "hitlessd leaves it so for this time, as in 30m or 2h; at most 30 days",
        std::chrono::seconds(1), options.hold, month));
    flags.push_back(
        base::text_flag("because", "TEXT", "why it is held, for others to see", options.because));
    return flags;
}

std::vector<base::Flag> change_flags(Options& options) {
    return {
        base::switch_flag("dry-run", "print the runtime commands and send none", options.dry_run)};
}

ExitCode set_ready(Context& context) {
    return set_state(context, "ready").lifts().run();
}
ExitCode set_drain(Context& context) {
    return set_state(context, "drain")
        .holds([](const Name&, const RunningServer&) {
            return plan::ManualState{Held::drain, 0};
        })
        .run();
}
ExitCode set_maint(Context& context) {
    return Change(context, context.operands, {}).takes_out().run();
}

ExitCode set_weight(Context& context) {
    constexpr int most = 256;
    std::string value = context.operands.back();
    const bool is_percent = value.ends_with('%');
    const auto number = parse_number(value.substr(0, value.size() - (is_percent ? 1 : 0)),
                                     is_percent ? 100'000 : most, "weight");
    if (!number)
        return context.complain(number.error().message + "; or a part of the file's, as 50%",
                                usage);
    return Change(context, servers_of(context), {}).weighs(value).run();
}

ExitCode set_maxconn(Context& context) {
    const auto number = parse_number(context.operands.back(), 1'000'000'000, "limit");
    if (!number)
        return context.complain(number.error().message, usage);
    return Change(context, servers_of(context),
                  [limit = *number](const Name& name, const RunningServer&) {
                      return command::set_maxconn(name.first, name.second, limit);
                  })
        .run();
}

ExitCode set_address(Context& context) {
    const auto address = haproxy::parse_address(context.operands.back());
    if (!address)
        return context.complain(address.error().message, usage);
    if (address->kind != haproxy::Address::Kind::ip)
        return context.complain(fmt::format("'{}' is no IP address; HAProxy resolves no name here",
                                            base::printable(context.operands.back())),
                                usage);
    return Change(context, servers_of(context),
                  [address = *address](const Name& name, const RunningServer&) {
                      return command::set_address(name.first, name.second, address);
                  })
        .run();
}

} // namespace hitless::ctl
