#include "support/process.hpp"

#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace hitless::test {
namespace {

[[noreturn]] void become(char* const* arguments, const char* log_file,
                         const std::vector<std::string>& environment, pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none; // what the test holds back is not held back there
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::getppid() != parent)
        ::_exit(127); // the test died before the line above
    const int out = ::open(log_file, O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int in = ::open("/dev/null", O_RDONLY);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    for (const std::string& entry : environment)
        ::putenv(const_cast<char*>(entry.c_str()));
    ::execvp(arguments[0], arguments);
    std::perror(arguments[0]);
    ::_exit(127);
}

} // namespace

Process::Process(std::vector<std::string> arguments, std::string log_file,
                 const std::vector<std::string>& environment)
    : log_file_(std::move(log_file)) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments)
        pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0)
        throw std::runtime_error(std::string("can't fork: ") + std::strerror(errno));
    if (pid_ == 0)
        become(pointers.data(), log_file_.c_str(), environment, parent);
    ::setpgid(pid_, pid_); // here too: whoever comes first
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      status_(other.status_),
      log_file_(std::move(other.log_file_)) {}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        kill();
        pid_ = std::exchange(other.pid_, -1);
        status_ = other.status_;
        log_file_ = std::move(other.log_file_);
    }
    return *this;
}

Process::~Process() {
    kill();
}

void Process::signal(int number) const {
    if (pid_ <= 0 || status_ || ::kill(pid_, number) != 0 || number != SIGSTOP)
        return;
    // Its threads stop one after the other: until all have, it may still answer somebody.
    siginfo_t ignored{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WSTOPPED | WEXITED | WNOWAIT);
}

std::optional<int> Process::wait_exit(std::chrono::milliseconds limit) {
    if (pid_ <= 0)
        return status_;
    const auto ended = [this] {
        int status = 0;
        if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
            status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return status_.has_value();
    };
    static_cast<void>(wait_until(ended, limit));
    return status_;
}

int Process::stop(std::chrono::milliseconds limit) {
    signal(SIGTERM);
    if (!wait_exit(limit))
        kill();
    return status_.value_or(-1);
}

void Process::kill() {
    if (pid_ <= 0)
        return;
    ::kill(-pid_, SIGKILL); // what it left behind shares its group
    wait_exit();
}

std::string Process::log() const {
    return read_text(log_file_);
}

} // namespace hitless::test
