#include "hitless/base/subprocess.hpp"

#include "hitless/base/service_manager.hpp"
#include "hitless/base/text.hpp"

#include "base/file_descriptor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <vector>

namespace hitless::base {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

constexpr std::size_t most_output = 65'536;

/// A shell that was started. Shared by the coroutine and its callbacks, since these may still be in
/// the event loop's queue when the coroutine has ended.
struct Shell {
    pid_t pid;
    stream_descriptor pipe; ///< what it prints; not blocking
    std::string output;
    bool reaped = false;
    bool timed_out = false;

    Shell(pid_t child, const asio::any_io_executor& executor, FileDescriptor& output_end)
        : pid(child), pipe(executor, output_end.release()) {}

    /// Kills its whole process group. Not after the shell was reaped: the id may be another's then.
    void kill() const {
        if (!reaped)
            ::kill(-pid, SIGKILL);
    }

    /// Its exit status, as waitpid gives it. Waits for its end.
    int reap() {
        int status = 0;
        while (!reaped && ::waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        reaped = true;
        return status;
    }

    /// Takes what the pipe holds. False at its end.
    bool read_output() {
        std::array<char, 16'384> buffer;
        // Something left in the background may print without end: no more than a pipe holds at a
        // time.
        for (std::size_t total = 0; total < most_output;) {
            const auto size = ::read(pipe.native_handle(), buffer.data(), buffer.size());
            if (size <= 0)
                return size < 0 && (errno == EAGAIN || errno == EINTR);
            total += static_cast<std::size_t>(size);
            const std::size_t room = most_output - output.size();
            output.append(buffer.data(), std::min(room, static_cast<std::size_t>(size)));
        }
        return true;
    }
};

/// Reads until the pipe ends or is closed. The data is read when the wait is over, not by the wait,
/// so that none is lost in a callback that comes too late.
void keep_reading(std::shared_ptr<Shell> shell) {
    auto& pipe = shell->pipe;
    pipe.async_wait(stream_descriptor::wait_read,
                    [shell = std::move(shell)](const auto& error) mutable {
                        if (!error && !shell->reaped && shell->read_output())
                            keep_reading(std::move(shell));
                    });
}

/// Kills the shell when the coroutine ends early: by cancellation or by an exception.
struct Guard {
    std::shared_ptr<Shell> shell;

    explicit Guard(std::shared_ptr<Shell> started) : shell(std::move(started)) {}
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() {
        if (!shell->reaped) {
            shell->kill();
            shell->reap();
        }
        boost::system::error_code ignored;
        shell->pipe.close(ignored);
    }
};

/// Attributes and file actions of posix_spawn.
class SpawnSettings {
  public:
    explicit SpawnSettings(int output) {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
        // Asio's sockets are not close-on-exec; what a reload starts must not keep them open.
        ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
        ::posix_spawnattr_init(&attributes);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        sigset_t signals;
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes, &signals);
        ::sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes, &signals);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }

    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
};

/// Exit statuses can't be had while SIGCHLD is ignored, as it may be since before we were started.
void keep_exit_statuses() {
    struct sigaction action {};
    if (::sigaction(SIGCHLD, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
        ::signal(SIGCHLD, SIG_DFL);
}

/// This process's environment without what is for itself alone, and these variables, as posix_spawn
/// takes it.
std::vector<char*> with_own(std::vector<std::string>& environment) {
    std::vector<char*> all;
    all.reserve(environment.size());
    for (std::string& variable : environment) // before the others: the first of a name counts
        all.push_back(variable.data());
    for (char** own = environ; *own != nullptr; ++own) {
        if (!service_manager::is_for_us_alone(*own))
            all.push_back(*own);
    }
    all.push_back(nullptr);
    return all;
}

Result<std::shared_ptr<Shell>> start(std::string& command, std::vector<std::string>& environment,
                                     const asio::any_io_executor& executor) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return system_error("can't make a pipe for a command");
    FileDescriptor output(ends[0]);
    const FileDescriptor input(ends[1]);
    if (::fcntl(output.get(), F_SETFL, O_NONBLOCK) != 0)
        return system_error("can't set up a pipe for a command");
    keep_exit_statuses();
    const SpawnSettings settings(input.get());
    std::string shell = "sh";
    std::string option = "-c";
    const std::array<char*, 4> arguments{shell.data(), option.data(), command.data(), nullptr};
    pid_t pid = -1;
    errno = ::posix_spawn(&pid, "/bin/sh", &settings.actions, &settings.attributes,
                          arguments.data(), with_own(environment).data());
    if (errno != 0)
        return system_error("can't start /bin/sh");
    return std::make_shared<Shell>(pid, executor, output);
}

} // namespace

// The end is noticed through a pidfd: it belongs to this child alone, where SIGCHLD would be one
// handler for the whole process, shared with whoever else has children.
asio::awaitable<Result<Exit>> run_shell(std::string command, std::chrono::milliseconds limit,
                                        Priority priority, std::vector<std::string> environment) {
    const auto executor = co_await asio::this_coro::executor;
    auto started = start(command, environment, executor);
    if (!started)
        co_return started.error();
    const Guard guard(*started);
    const auto& shell = guard.shell;
    constexpr int nice = 10;
    if (priority == Priority::low && ::getpriority(PRIO_PROCESS, 0) < nice)
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(shell->pid), nice);
    // glibc 2.36's <sys/pidfd.h> can't be used from C++.
    FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, shell->pid, 0)));
    if (!pidfd.is_open())
        co_return system_error("can't watch a command's process (pidfd_open)");
    stream_descriptor process(executor, pidfd.release());

    keep_reading(shell);
    asio::steady_timer timer(executor, limit);
    timer.async_wait([shell](const auto& error) {
        if (error || shell->reaped)
            return;
        shell->timed_out = true;
        shell->kill();
    });
    const auto [error] = co_await process.async_wait(stream_descriptor::wait_read,
                                                     asio::as_tuple(asio::use_awaitable));
    if (error)
        co_return fail("'{}' was stopped: {}", printable(command, 100), error.message());
    const int status = shell->reap();
    shell->read_output();
    if (shell->timed_out)
        co_return fail("'{}' did not end within {} s and was killed", printable(command, 100),
                       static_cast<double>(limit.count()) / 1000);
    Exit result;
    result.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    result.output = std::move(shell->output);
    co_return result;
}

} // namespace hitless::base
