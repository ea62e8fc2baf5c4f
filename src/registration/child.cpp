#include "registration/child.hpp"

#include "hitless/base/text.hpp"
#include "hitless/registration/registration.hpp"

#include "base/file_descriptor.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hitless::registration {
namespace {

/// In the new process: only calls that are safe after a fork. What goes wrong goes to `report`.
[[noreturn]] void become(char* const* arguments, int report, bool own_group, pid_t parent) {
    if (own_group)
        ::setpgid(0, 0);
    for (int number = 1; number <= SIGRTMAX; ++number)
        ::signal(number, SIG_DFL); // NOLINT: some can't be set, which doesn't matter
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() == parent) // otherwise the parent has died meanwhile
        ::execvp(arguments[0], arguments);
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(report, &error, sizeof error);
    ::_exit(not_found);
}

} // namespace

std::optional<Child::Failure> Child::start(const std::vector<std::string>& command) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return Failure{failed, base::system_error("can't make a pipe").message};
    const base::FileDescriptor report(ends[0]);
    base::FileDescriptor child_end(ends[1]);
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    has_group_ = ::isatty(STDIN_FILENO) == 0; // a terminal only lets its foreground group read
    const pid_t parent = ::getpid();
    // Until the new process has set its signals, none may reach it: our handlers would run there.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    pid_ = ::fork();
    if (pid_ != 0)
        ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (pid_ < 0)
        return Failure{failed, base::system_error("can't start a process").message};
    if (pid_ == 0)
        become(arguments.data(), child_end.get(), has_group_, parent);
    if (has_group_)
        ::setpgid(pid_, pid_); // here too: whoever comes first
    child_end = base::FileDescriptor();
    int error = 0;
    ssize_t size = 0;
    do {
        size = ::read(report.get(), &error, sizeof error);
    } while (size < 0 && errno == EINTR);
    if (size != sizeof error) // closed by exec
        return std::nullopt;
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    return Failure{
        error == ENOENT ? not_found : not_executable,
        fmt::format("can't run '{}': {}", base::printable(command.front()), std::strerror(error))};
}

void Child::reap() {
    int status = 0;
    for (pid_t ended = ::waitpid(-1, &status, WNOHANG); ended > 0;
         ended = ::waitpid(-1, &status, WNOHANG)) {
        if (ended == pid_)
            exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
}

void Child::signal(int number) const {
    if (is_running())
        ::kill(pid_, number);
}

void Child::kill() const {
    if (is_running())
        ::kill(has_group_ ? -pid_ : pid_, SIGKILL);
}

} // namespace hitless::registration
