#include "ctl/connection.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"

#include <fmt/format.h>

#include <utility>

namespace hitless::ctl {
namespace {

namespace asio = boost::asio;
namespace command = haproxy::command;

Result<void> check_permission(const Target& target, const haproxy::Command& command,
                              const std::string& answer) {
    if (base::trim(answer) != "Permission denied")
        return {};
    return fail("{} may not '{}': give its stats socket `level admin` in the global section, or "
                "use one that has it",
                target.name(), base::printable(command.line, 60));
}

} // namespace

Connection::Connection(asio::any_io_executor executor, Target target,
                       std::chrono::milliseconds limit)
    : target_(std::move(target)), limit_(limit), client_(std::move(executor), target_.address) {}

asio::awaitable<Result<std::vector<std::string>>>
Connection::run(std::vector<haproxy::Command> commands) {
    Result<std::vector<std::string>> answers = std::vector<std::string>();
    if (target_.worker.empty())
        answers = co_await client_.run(commands, limit_);
    else
        answers = co_await run_one_by_one(commands);
    if (!answers)
        co_return with_hint(answers.error());
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (auto allowed = check_permission(target_, commands[i], (*answers)[i]); !allowed)
            co_return allowed.error();
    }
    co_return answers;
}

/// Whoever has named no socket may not know which one it is; and a master has another one.
Error Connection::with_hint(Error error) const {
    if (!target_.worker.empty() && error.message.starts_with("can't connect"))
        error.message = fmt::format("{} (-master names the CLI of a master, which HAProxy has only "
                                    "where it is started with -W -S {})",
                                    error.message, target_.address);
    if (!target_.named_by.empty())
        error.message += fmt::format(" ({})", target_.named_by);
    return error;
}

asio::awaitable<Result<std::vector<std::string>>>
Connection::run_one_by_one(std::vector<haproxy::Command> commands) {
    std::vector<std::string> answers;
    for (const haproxy::Command& command : commands) {
        std::vector<haproxy::Command> alone(1, command);
        auto answer = co_await ask(std::move(alone));
        if (!answer)
            co_return answer.error();
        answers.emplace_back(base::trim(*answer));
    }
    co_return answers;
}

/// In one line, on a connection of its own. Behind a master each command names the worker.
asio::awaitable<Result<std::string>> Connection::ask(std::vector<haproxy::Command> commands) {
    if (!target_.worker.empty()) {
        for (haproxy::Command& command : commands)
            command.line = fmt::format("{} {}", target_.worker, command.line);
    }
    auto answer = co_await haproxy::ask_once(target_.address, std::move(commands), limit_);
    co_return answer;
}

// A master passes each command on by itself, so that HAProxy can't be asked for severities there;
// and who asks for them wants to see them.
asio::awaitable<Result<RawAnswer>> Connection::run_raw(std::vector<haproxy::Command> commands) {
    const haproxy::Command whole(haproxy::in_one_line(commands));
    const bool marked =
        target_.worker.empty() && whole.line.find("severity-output") == std::string::npos;
    if (marked)
        commands.insert(commands.begin(), haproxy::Command(command::mark_severity));
    auto answer = co_await ask(std::move(commands));
    if (!answer)
        co_return with_hint(answer.error());
    if (marked && answer->starts_with('\n')) // its answer
        answer->erase(0, 1);
    const bool refused = command::refusal(whole, base::trim(*answer)).has_value();
    co_return RawAnswer{marked ? command::without_severity(*answer) : std::move(*answer), refused};
}

} // namespace hitless::ctl
