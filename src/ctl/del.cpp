#include "hitless/base/text.hpp"
#include "hitless/haproxy/address.hpp"
#include "hitless/haproxy/command.hpp"

#include "ctl/change.hpp"
#include "ctl/commands.hpp"
#include "ctl/managed.hpp"
#include "ctl/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <ostream>
#include <thread>
#include <unistd.h>
#include <utility>

/// Takes servers out of the running HAProxy: maintenance, wait for their connections, delete.
namespace hitless::ctl {
namespace {

namespace command = haproxy::command;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

/// Between two looks.
constexpr std::chrono::milliseconds pause{100};
constexpr std::chrono::seconds between_reports{1};

class Removal {
  public:
    Removal(Context& context, Channel& channel) : context_(context), channel_(channel) {
        table_.columns = {{"backend", "BACKEND"}, {"server", "SERVER"}, {"result", "RESULT"}};
    }

    ExitCode run() {
        const auto running = channel_.servers();
        if (!running)
            return context_.complain(running.error().message, unreachable);
        waiting_ = named_servers(*running, context_.operands);
        if (waiting_.empty())
            return context_.complain(
                fmt::format("no server is named {}", base::printable(context_.operands.front())),
                nothing);
        if (context_.options.dry_run) {
            print_commands();
            return done;
        }
        if (const auto begun = channel_.run(begin()); !begun)
            return context_.complain(begun.error().message, unreachable);
        remind_of_manager(context_, channel_, waiting_.front());
        return delete_all();
    }

  private:
    /// Nothing new goes to them from here on.
    [[nodiscard]] std::vector<haproxy::Command> begin() const {
        std::vector<haproxy::Command> commands;
        for (const Name& name : waiting_) {
            for (haproxy::Command& line : begin(name))
                commands.push_back(std::move(line));
        }
        return commands;
    }
    [[nodiscard]] std::vector<haproxy::Command> begin(const Name& name) const {
        std::vector<haproxy::Command> commands{
            command::set_state(name.first, name.second, "maint")};
        if (context_.options.force)
            commands.push_back(command::shutdown_sessions(name.first, name.second));
        return commands;
    }

    void print_commands() const {
        for (const Name& name : waiting_) {
            for (const haproxy::Command& command : begin(name))
                context_.out << command_line(name, command.line) << '\n';
        }
        for (const Name& name : waiting_)
            context_.out << command_line(name, command::del_server(name.first, name.second))
                         << '\n';
    }

    ExitCode delete_all() {
        const auto end = Clock::now() + context_.options.wait;
        auto next_report = Clock::now() + between_reports;
        for (;;) {
            if (auto tried = try_each(); !tried)
                return context_.complain(tried.error().message, unreachable);
            if (waiting_.empty())
                break;
            if (Clock::now() >= end) {
                give_up();
                break;
            }
            if (Clock::now() >= next_report) {
                report_progress();
                next_report += between_reports;
            }
            std::this_thread::sleep_for(pause);
        }
        const ExitCode printed = context_.print(std::move(table_));
        return failed_ ? failed : printed;
    }

    Result<void> try_each() {
        if (auto closed = close_idle_connections(); !closed)
            return closed;
        std::vector<haproxy::Command> commands;
        for (const Name& name : waiting_)
            commands.push_back(command::del_server(name.first, name.second));
        const auto answers = channel_.run(commands);
        if (!answers)
            return answers.error();
        std::vector<Name> rest;
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            const auto refused = command::refusal(commands[i], (*answers)[i]);
            if (refused && refused->find("still has connections") != std::string::npos) {
                rest.push_back(waiting_[i]);
                continue;
            }
            if (refused)
                restore_address(waiting_[i]);
            note(waiting_[i], refused ? "in maintenance, not deleted: " + *refused : "deleted");
            failed_ = failed_ || refused;
        }
        waiting_ = std::move(rest);
        return {};
    }

    /// Of servers that have no session any more; from the third try on, so that connections that
    /// are just ending do so by themselves.
    Result<void> close_idle_connections() {
        constexpr int patient_tries = 2;
        if (tries_++ < patient_tries)
            return {};
        const auto stat = channel_.stat();
        if (!stat)
            return stat.error();
        const auto running = channel_.servers();
        if (!running)
            return running.error();
        std::vector<haproxy::Command> commands;
        for (const haproxy::StatRow& row : *stat) {
            const Name name(row.proxy(), row.name());
            const auto* const server = haproxy::find_server(*running, name.first, name.second);
            if (server == nullptr || row.number("scur") != 0 || parked_.contains(name) ||
                std::ranges::find(waiting_, name) == waiting_.end())
                continue;
            if (const auto parking = haproxy::parking_address(*server)) {
                parked_.emplace(name, *server);
                commands.push_back(command::set_address(name.first, name.second, *parking));
            }
        }
        const auto answers = channel_.run(commands);
        return answers ? Result<void>() : answers.error();
    }

    /// Someone may make it ready again.
    void restore_address(const Name& name) {
        const auto server = parked_.find(name);
        if (server == parked_.end())
            return;
        const auto address = haproxy::address_now(server->second);
        if (!address)
            return;
        if (const auto ran = channel_.run(command::set_address(name.first, name.second, *address));
            !ran)
            context_.complain(ran.error().message);
    }

    void give_up() {
        failed_ = true;
        for (const Name& name : waiting_) {
            restore_address(name);
            note(name, "in maintenance, not deleted: its connections have not ended (--force ends "
                       "them)");
        }
    }

    void note(const Name& name, const std::string& result) {
        Json row;
        row["backend"] = name.first;
        row["server"] = name.second;
        row["result"] = result;
        table_.rows.push_back(std::move(row));
    }

    void report_progress() {
        const auto stat = channel_.stat();
        if (!stat || ::isatty(STDERR_FILENO) == 0)
            return;
        for (const haproxy::StatRow& row : *stat) {
            if (std::ranges::find(waiting_, Name(row.proxy(), row.name())) != waiting_.end())
                context_.err << fmt::format(
                    "{}/{}: waits for {}, {} idle\n", base::printable(row.proxy()),
                    base::printable(row.name()), counted(row.number("scur").value_or(0), "session"),
                    row.number("idle_conn_cur").value_or(0));
        }
    }

    Context& context_;
    Channel& channel_;
    std::vector<Name> waiting_;
    Table table_;
    bool failed_ = false;
    int tries_ = 0;
    std::map<Name, haproxy::RunningServer> parked_; ///< as they were before that
};

} // namespace

std::vector<base::Flag> del_flags(Options& options) {
    auto flags = change_flags(options);
    flags.push_back(
        base::switch_flag("force", "end the sessions of the servers at once", options.force));
    flags.push_back(base::duration_flag("wait",
                                        "how long to wait until the connections have ended; then a "
                                        "server that has some stays in maintenance (default 1m)",
                                        std::chrono::milliseconds(0), options.wait));
    return flags;
}

ExitCode delete_servers(Context& context) {
    for (const std::string& pattern : context.operands) {
        if (pattern.find('/') == std::string::npos)
            return context.complain("name servers as BACKEND/SERVER", usage);
    }
    const auto channel = context.channel();
    return channel ? Removal(context, *channel).run() : failed;
}

} // namespace hitless::ctl
