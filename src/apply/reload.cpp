#include "hitless/apply/reload.hpp"

#include "hitless/base/file.hpp"
#include "hitless/confd/commands.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/runtime_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <fcntl.h>
#include <optional>
#include <system_error>
#include <unistd.h>

namespace hitless::apply {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::minutes longest_command{1};
constexpr std::chrono::seconds longest_start{15};
constexpr std::chrono::milliseconds between_looks{10};

/// The pid of the process that answers on a new connection, unless it is on its way out.
asio::awaitable<std::optional<long>> listening_pid(const std::string& socket) {
    haproxy::RuntimeClient client(co_await asio::this_coro::executor, socket);
    const auto answer = co_await client.run("show info");
    if (!answer)
        co_return std::nullopt;
    const auto info = haproxy::parse_info(*answer);
    if (!info || info->stopping)
        co_return std::nullopt;
    co_return info->pid;
}

} // namespace

ReloadNote::ReloadNote(const std::string& dest)
    : path_(base::companion_path(dest, "reload-owed")) {}

Result<void> ReloadNote::set() const {
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail("can't write {}: {}", path_, std::generic_category().message(errno));
    ::fsync(file);
    ::close(file);
    return {};
}

void ReloadNote::clear() const {
    ::unlink(path_.c_str());
}

bool ReloadNote::is_set() const {
    return ::access(path_.c_str(), F_OK) == 0;
}

asio::awaitable<Result<void>> reload(const confd::Resource& resource, std::string socket,
                                     long old_pid) {
    if (auto done = co_await confd::reload(resource, longest_command); !done)
        co_return done.error();
    if (socket.empty() || old_pid == 0)
        co_return Result<void>{};
    const auto limit = std::chrono::steady_clock::now() + longest_start;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        const auto pid = co_await listening_pid(socket);
        if (pid && *pid != old_pid)
            co_return Result<void>{};
        if (std::chrono::steady_clock::now() > limit)
            co_return fail(
                "reload_cmd ({}) succeeded, but {} s later the process with pid {} still "
                "answers at {}; does the command reload this HAProxy?",
                resource.reload_cmd, longest_start.count(), old_pid, socket);
        timer.expires_after(between_looks);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

} // namespace hitless::apply
