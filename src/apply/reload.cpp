#include "hitless/apply/reload.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/confd/commands.hpp"
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
#include <utility>

namespace hitless::apply {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::minutes longest_command{1};
constexpr std::chrono::seconds longest_start{15};
constexpr std::chrono::milliseconds between_looks{10};
constexpr std::size_t most_of_an_answer = 2'000;

/// The process that answers on a new connection, unless it is on its way out.
asio::awaitable<std::optional<haproxy::Info>> listening_process(const std::string& socket) {
    haproxy::RuntimeClient client(co_await asio::this_coro::executor, socket);
    const auto answer = co_await client.run("show info");
    if (!answer)
        co_return std::nullopt;
    auto info = haproxy::parse_info(*answer);
    if (!info || info->stopping)
        co_return std::nullopt;
    co_return std::move(*info);
}

/// Waits until another process answers at its socket.
asio::awaitable<bool> is_replaced(const Process& old, std::chrono::steady_clock::time_point limit) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        const auto now = co_await listening_process(old.socket);
        if (now && !old.info.is_same_process(*now))
            co_return true;
        if (std::chrono::steady_clock::now() > limit)
            co_return false;
        timer.expires_after(between_looks);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

/// The master's `reload` answers "Success=1" when the new worker runs; before 2.7 the connection
/// just ends (management.txt, "reload").
asio::awaitable<Result<void>> reload_through(const std::string& master) {
    const auto answer = co_await haproxy::ask_once(master, "reload", longest_command);
    if (!answer)
        co_return fail("can't reload through the master CLI: {}", answer.error().message);
    if (answer->find("Success=0") != std::string::npos)
        co_return fail("the master at {} could not reload: {}", master,
                       base::printable(base::trim(*answer), most_of_an_answer));
    co_return Result<void>{};
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

asio::awaitable<std::vector<std::string>> ask_environment(std::string socket,
                                                          std::set<std::string> names) {
    haproxy::RuntimeClient client(co_await asio::this_coro::executor, std::move(socket));
    std::vector<std::string> commands;
    for (const std::string& name : names)
        commands.push_back("show env " + name);
    std::vector<std::string> found;
    auto answers = co_await client.run(std::move(commands));
    if (!answers)
        co_return found;
    auto name = names.begin();
    for (std::string& answer : *answers) {
        if (answer.starts_with(*name++ + "="))
            found.push_back(std::move(answer));
    }
    co_return found;
}

asio::awaitable<Result<void>> reload(const confd::Resource& resource, std::string master,
                                     std::vector<Process> old,
                                     std::vector<std::string> environment) {
    // No conditional expression: GCC 12 destroys what it awaits twice.
    auto done = Result<void>();
    if (master.empty())
        done = co_await confd::reload(resource, longest_command, std::move(environment));
    else
        done = co_await reload_through(master);
    if (!done)
        co_return done.error();
    const auto limit = std::chrono::steady_clock::now() + longest_start;
    for (const Process& process : old) {
        if (!co_await is_replaced(process, limit))
            co_return fail("{} succeeded, but {} s later the process with pid {} still answers at "
                           "{}; does it reload this HAProxy?",
                           master.empty() ? fmt::format("reload_cmd ({})", resource.reload_cmd)
                                          : fmt::format("the reload through {}", master),
                           longest_start.count(), process.info.pid, process.socket);
    }
    co_return Result<void>{};
}

} // namespace hitless::apply
