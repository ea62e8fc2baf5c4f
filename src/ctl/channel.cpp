#include "ctl/channel.hpp"

#include "hitless/base/text.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <utility>

namespace hitless::ctl {
namespace {

namespace asio = boost::asio;

Result<void> check_permission(const Target& target, const std::string& command,
                              const std::string& answer) {
    if (base::trim(answer) != "Permission denied")
        return {};
    return fail("{} may not '{}': give its stats socket `level admin` in the global section, or "
                "use one that has it",
                target.name(), base::printable(command, 60));
}

} // namespace

Channel::Channel(Target target, std::chrono::milliseconds limit)
    : target_(std::move(target)),
      limit_(limit),
      client_(context_.get_executor(), target_.address) {}

template <class T>
T Channel::wait_for(asio::awaitable<T> work) {
    context_.restart();
    auto result = asio::co_spawn(context_, std::move(work), asio::use_future);
    context_.run();
    return result.get();
}

Result<std::vector<std::string>> Channel::run(const std::vector<std::string>& commands) {
    std::vector<std::string> answers;
    if (target_.worker.empty()) {
        auto ran = wait_for(client_.run(commands, limit_));
        if (!ran)
            return ran.error();
        answers = std::move(*ran);
    }
    for (std::size_t i = answers.size(); i < commands.size(); ++i) {
        auto answer = run_raw(commands[i]);
        if (!answer)
            return answer.error();
        answers.emplace_back(base::trim(*answer));
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (auto allowed = check_permission(target_, commands[i], answers[i]); !allowed)
            return allowed.error();
    }
    return answers;
}

Result<std::string> Channel::run(const std::string& command) {
    auto answers = run(std::vector<std::string>(1, command));
    if (!answers)
        return answers.error();
    return std::move(answers->front());
}

Result<std::string> Channel::run_raw(const std::string& text) {
    const std::string command = target_.worker.empty() ? text : target_.worker + " " + text;
    return wait_for(haproxy::ask_once(target_.address, command, limit_));
}

Result<haproxy::Info> Channel::info() {
    const auto answer = run("show info");
    if (!answer)
        return answer.error();
    return haproxy::parse_info(*answer);
}

Result<haproxy::Running> Channel::servers() {
    const auto answer = run("show servers state");
    if (!answer)
        return answer.error();
    return haproxy::parse_servers_state(*answer);
}

Result<std::vector<haproxy::StatRow>> Channel::stat() {
    const auto answer = run("show stat");
    if (!answer)
        return answer.error();
    return haproxy::parse_stat(*answer);
}

} // namespace hitless::ctl
