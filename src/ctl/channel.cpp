#include "ctl/channel.hpp"

#include "hitless/haproxy/present.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <future>
#include <utility>

namespace hitless::ctl {
namespace asio = boost::asio;

Channel::Channel(Target target, std::chrono::milliseconds limit)
    : connection_(context_.get_executor(), std::move(target), limit) {}

template <class T>
T Channel::wait_for(asio::awaitable<T> work) {
    context_.restart();
    asio::cancellation_signal give_up;
    auto result = asio::co_spawn(context_, std::move(work),
                                 asio::bind_cancellation_slot(give_up.slot(), asio::use_future));
    asio::posix::stream_descriptor heeded(context_);
    if (const int file = file_to_heed_ < 0 ? -1 : ::fcntl(file_to_heed_, F_DUPFD_CLOEXEC, 0);
        file >= 0) {
        heeded.assign(file);
        heeded.async_wait(asio::posix::descriptor_base::wait_read, [&](auto error) {
            if (!error)
                give_up.emit(asio::cancellation_type::terminal);
        });
    }
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        context_.run_one();
    heeded.close();
    context_.restart();
    context_.run();
    try {
        return result.get();
    } catch (const boost::system::system_error&) {
        return fail("{} was not waited for", connection_.target().name());
    }
}

Result<std::vector<std::string>> Channel::run(const std::vector<haproxy::Command>& commands) {
    return wait_for(connection_.run(commands));
}

Result<std::string> Channel::run(const haproxy::Command& command) {
    auto answers = run(std::vector<haproxy::Command>(1, command));
    if (!answers)
        return answers.error();
    return std::move(answers->front());
}

Result<RawAnswer> Channel::run_raw(const std::vector<haproxy::Command>& commands) {
    return wait_for(connection_.run_raw(commands));
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

Result<std::set<std::string>> Channel::backends() {
    const auto answer = run(haproxy::show_backends);
    if (!answer)
        return answer.error();
    return haproxy::parse_backend_names(*answer);
}

Result<Snapshot> Channel::snapshot() {
    for (bool again = false;; again = true) {
        const auto answers = run(snapshot_commands());
        if (!answers)
            return answers.error();
        auto snapshot = parse_snapshot(*answers);
        // After a reload, the connection is still to the old process, and keeps it from ending.
        if (!snapshot || !snapshot->info.stopping || again)
            return snapshot;
        connection_.disconnect();
    }
}

} // namespace hitless::ctl
