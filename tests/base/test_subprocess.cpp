#include "hitless/base/file.hpp"
#include "hitless/base/subprocess.hpp"
#include "hitless/base/text.hpp"

#include "support/temporary_directory.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sys/resource.h>
#include <sys/wait.h>

namespace hitless::base {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::HasSubstr;

Result<Exit> run(const std::string& command, std::chrono::milliseconds limit = 10s,
                 Priority priority = Priority::normal) {
    asio::io_context context;
    std::optional<Result<Exit>> result;
    co_spawn(context, run_shell(command, limit, priority),
             [&](const std::exception_ptr&, Result<Exit> done) { result = std::move(done); });
    context.run();
    return result.value();
}

bool is_running(pid_t pid) {
    if (::kill(pid, 0) != 0)
        return false;
    // A zombie that init hasn't collected yet has ended too.
    const auto status = read_file(fmt::format("/proc/{}/stat", pid));
    return status && status->find(") Z ") == std::string::npos;
}

/// Waits until the condition holds; false when it takes too long.
template <class Condition>
bool holds_soon(Condition condition) {
    asio::io_context context;
    for (const auto end = std::chrono::steady_clock::now() + 5s; !condition();) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        asio::steady_timer(context, 5ms).wait();
    }
    return true;
}

TEST(RunShell, GivesTheStatusAndTheOutput) {
    struct Case {
        const char* command;
        int code;
        const char* output;
    };
    for (const auto& [command, code, output] : {
             Case{"true", 0, ""},
             Case{"exit 3", 3, ""},
             Case{"echo out; echo err >&2; exit 1", 1, "out\nerr\n"},
             Case{"printf 'a b' | tr a x", 0, "x b"},
             Case{"kill -TERM $$", 128 + SIGTERM, ""},
             Case{"kill -KILL $$", 128 + SIGKILL, ""},
             Case{"cat", 0, ""}, // standard input is empty
             Case{"trap", 0, ""},
         }) {
        const auto result = run(command);
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->code, code) << command;
        EXPECT_EQ(result->output, output) << command;
    }
    EXPECT_EQ(run("no-such-command")->code, 127);
}

TEST(RunShell, HasThePriority) {
    const int own = ::getpriority(PRIO_PROCESS, 0);
    const std::string tell = "cut -d' ' -f19 /proc/$$/stat";
    EXPECT_EQ(std::stoi(run(tell)->output), own);
    const std::string wait = "until [ $(" + tell + ") -ge 10 ]; do sleep 0.01; done; ";
    const auto low = run(wait + tell, 10s, Priority::low);
    ASSERT_TRUE(low) << low.error().message;
    EXPECT_EQ(std::stoi(low->output), std::max(own, 10));
}

TEST(RunShell, KeepsSomeOfMuchOutput) {
    const auto result = run("head -c 3000000 /dev/zero | tr '\\0' x; exit 4");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->code, 4);
    EXPECT_EQ(result->output, std::string(65'536, 'x'));
}

TEST(RunShell, DoesNotWaitForWhatStaysInTheBackground) {
    const auto begin = std::chrono::steady_clock::now();
    const auto result = run("sleep 20 & echo $!");
    ASSERT_TRUE(result);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    const auto pid = static_cast<pid_t>(std::stoi(result->output));
    EXPECT_TRUE(is_running(pid));
    ::kill(pid, SIGKILL);
}

TEST(RunShell, DoesNotReadForEverFromTheBackground) {
    const auto begin = std::chrono::steady_clock::now();
    const auto result = run("yes & echo $!; exit 5");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->code, 5);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST(RunShell, KillsTheGroupAfterTheLimit) {
    const test::TemporaryDirectory directory;
    const auto result = run(
        fmt::format("sleep 21 & echo $! > {0}; trap '' TERM; sleep 22", directory / "pid"), 200ms);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("did not end within 0.2 s and was killed"));
    const auto pid = static_cast<pid_t>(std::stoi(read_file(directory / "pid").value()));
    EXPECT_TRUE(holds_soon([&] { return !is_running(pid); }));
}

TEST(RunShell, IsKilledWhenTheCoroutineIsCancelled) {
    const test::TemporaryDirectory directory;
    asio::io_context context;
    asio::cancellation_signal cancel;
    bool ended = false;
    co_spawn(
        context,
        run_shell(fmt::format("echo $$ > {0}.new; mv {0}.new {0}; sleep 23", directory / "pid"),
                  1min),
        asio::bind_cancellation_slot(cancel.slot(),
                                     [&](const std::exception_ptr&, const Result<Exit>& result) {
                                         EXPECT_FALSE(result);
                                         ended = true;
                                     }));
    ASSERT_TRUE(holds_soon([&] {
        context.poll();
        return std::filesystem::exists(directory / "pid");
    }));
    EXPECT_FALSE(ended);
    cancel.emit(asio::cancellation_type::terminal);
    context.restart();
    context.run_for(5s);
    EXPECT_TRUE(ended);
    const auto pid = static_cast<pid_t>(std::stoi(read_file(directory / "pid").value()));
    EXPECT_TRUE(holds_soon([&] { return !is_running(pid); }));
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left";
}

TEST(RunShell, IsKilledWhenTheEventLoopGoes) {
    const test::TemporaryDirectory directory;
    {
        asio::io_context context;
        co_spawn(context, run_shell("sleep 24", 1min), [](const auto&...) {});
        context.poll();
    }
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left";
}

TEST(RunShell, GivesTheChildNothingOfOurs) {
    asio::io_context context;
    asio::ip::tcp::acceptor inherited(context, {asio::ip::address_v4::loopback(), 0});
    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const auto old_handler = ::signal(SIGPIPE, SIG_IGN);

    const auto descriptors = run("ls /proc/$$/fd");
    const auto blocked_in_child = run("grep SigBlk /proc/self/status");
    const auto ignored_in_child = run("grep SigIgn /proc/self/status");
    const auto group = run("cut -d ' ' -f 5 /proc/$$/stat; echo $$");

    ::signal(SIGPIPE, old_handler);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    EXPECT_EQ(descriptors->output, "0\n1\n2\n");
    EXPECT_EQ(blocked_in_child->output, "SigBlk:\t0000000000000000\n");
    // Signals 32 and up are glibc's own.
    const auto ignored = std::stoull(ignored_in_child->output.substr(8), nullptr, 16);
    EXPECT_EQ(ignored & 0x7fffffffU, 0U) << ignored_in_child->output;
    const auto ids = split(group->output, '\n');
    EXPECT_EQ(ids.at(0), ids.at(1));
}

TEST(RunShell, GivesTheChildNothingThatTheServiceManagerGaveUs) {
    const char* const names[] = {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
                                 "LISTEN_PID",    "LISTEN_FDS",   "LISTEN_FDNAMES"};
    for (const char* const name : names)
        ::setenv(name, "1", 1);
    ::setenv("NOTIFY_SOCKETS", "1", 1);
    const auto variables = run("env | grep -E '^(NOTIFY|WATCHDOG|LISTEN)_'");
    for (const char* const name : names)
        ::unsetenv(name);
    ::unsetenv("NOTIFY_SOCKETS");
    EXPECT_EQ(variables->output, "NOTIFY_SOCKETS=1\n");
}

TEST(RunShell, WorksWhileChildrenAreIgnored) {
    const auto old_handler = ::signal(SIGCHLD, SIG_IGN);
    EXPECT_EQ(run("exit 6")->code, 6);
    ::signal(SIGCHLD, old_handler);
}

TEST(RunShell, RunsSeveralAtATime) {
    asio::io_context context;
    int sum = 0;
    for (int i = 0; i < 20; ++i)
        co_spawn(context, run_shell(fmt::format("exit {}", i), 10s),
                 [&](const std::exception_ptr&, const Result<Exit>& exit) { sum += exit->code; });
    context.run();
    EXPECT_EQ(sum, 190);
}

} // namespace
} // namespace hitless::base
