#include "ctl/channel.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <utility>

namespace hitless::ctl {
namespace asio = boost::asio;

Channel::Channel(Target target, std::chrono::milliseconds limit)
    : connection_(context_.get_executor(), std::move(target), limit) {}

template <class T>
T Channel::wait_for(asio::awaitable<T> work) {
    context_.restart();
    auto result = asio::co_spawn(context_, std::move(work), asio::use_future);
    context_.run();
    return result.get();
}

Result<std::vector<std::string>> Channel::run(const std::vector<std::string>& commands) {
    return wait_for(connection_.run(commands));
}

Result<std::string> Channel::run(const std::string& command) {
    auto answers = run(std::vector<std::string>(1, command));
    if (!answers)
        return answers.error();
    return std::move(answers->front());
}

Result<RawAnswer> Channel::run_raw(const std::string& text) {
    return wait_for(connection_.run_raw(text));
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

Result<Snapshot> Channel::snapshot() {
    const auto answers = run(snapshot_commands());
    if (!answers)
        return answers.error();
    return parse_snapshot(*answers);
}

} // namespace hitless::ctl
